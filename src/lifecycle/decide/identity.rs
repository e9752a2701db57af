//! Whose upstream object it is (S5).

use super::facts::{Facts, Sent};
use crate::api::ids::{ExternalId, Uid};

/// What the object's id rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// No id is known.
    None,
    /// An upstream object that this object ordered, or that a person imported.
    Held {
        /// Its id.
        id: ExternalId,
        /// This object ordered it.
        ordered: bool,
    },
    /// An upstream object that another object ordered.
    Foreign {
        /// Its id.
        id: ExternalId,
        /// That other object's uid.
        owner: Uid,
    },
    /// Annotation and status name different upstream objects.
    Conflict {
        /// What the annotation says.
        marked: ExternalId,
        /// What the status says.
        recorded: ExternalId,
    },
}

impl Facts {
    /// Whose id is it (S5).
    pub fn identity(&self) -> Identity {
        let answered = match &self.memory.create {
            Some(Sent::Done { id }) => id.as_ref(),
            _ => None,
        };
        match (&self.annotations.external_id, self.recorded.external_id.as_ref().or(answered)) {
            (Some(marked), Some(recorded)) if marked != recorded => {
                Identity::Conflict { marked: marked.clone(), recorded: recorded.clone() }
            }
            (Some(id), _) => match &self.annotations.owner {
                Some(owner) if *owner == self.uid => Identity::Held { id: id.clone(), ordered: true },
                Some(owner) => Identity::Foreign { id: id.clone(), owner: owner.clone() },
                // Named by a person: an import, or the answer to what became of this object's order.
                None => Identity::Held { id: id.clone(), ordered: self.ordered_by_this() },
            },
            (None, Some(id)) if self.recorded.external_id.is_some() => {
                Identity::Held { id: id.clone(), ordered: self.ordered_by_this() }
            }
            (None, _) => Identity::None,
        }
    }

    /// Whether the status, which a copy does not carry, says that this very object ordered.
    fn ordered_by_this(&self) -> bool {
        let creation = self.recorded.creation.as_ref();
        creation.is_some_and(|creation| creation.started_at.is_some() && creation.key == self.key)
    }
}
