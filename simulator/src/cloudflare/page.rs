//! Lists by the page.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};

/// How many items a page has unless asked otherwise.
pub const DEFAULT_LIMIT: usize = 50;
/// How many items a page has at most; who asks for more gets these.
pub const MAX_LIMIT: usize = 100;

/// Which page is asked for.
pub struct Page {
    cursor: u64,
    limit: usize,
}

impl Page {
    /// Reads `cursor` and `limit`; both may be empty, as good as absent.
    pub fn of(query: &HashMap<String, String>) -> Result<Self, Refusal> {
        let number = |name: &str| match query.get(name).map(String::as_str) {
            None | Some("") => Ok(0),
            Some(text) => text
                .parse::<i32>()
                .ok()
                .and_then(|number| u64::try_from(number).ok())
                .ok_or_else(|| Refusal::property(name, "must be an integer from 0")),
        };
        let limit = match number("limit")? as usize {
            0 => DEFAULT_LIMIT,
            limit => limit.min(MAX_LIMIT),
        };
        Ok(Self { cursor: number("cursor")?, limit })
    }

    /// The first place that this page looks at.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Fills the page from items that come with their places, in order, from
    /// the cursor on. `next` is the place of the first that did not fit.
    pub fn fill(&self, items: impl Iterator<Item = (u64, Value)>) -> Answer {
        let mut items = items.peekable();
        let shown: Vec<Value> = items.by_ref().take(self.limit).map(|(_, item)| item).collect();
        let next = items.peek().map(|(place, _)| *place);
        Answer::Json(json!({"items": shown, "next": next}))
    }
}
