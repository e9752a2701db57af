//! How this provider behaves: as its document says, or otherwise where that leaves doubts.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::catalogue::{Package, Product};
use super::money::Decimal;
use super::parameters::Parameters;

/// How A2B is played. What of this the original does is not known
/// (docs/providers.md 4.3, 4.4): a client must get along with all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Args)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Other providers' arguments go by the names of their fields, too.
#[group(skip)]
pub struct Behaviour {
    /// A2B has no list of orders (404).
    #[arg(id = "a2b-no-lookup", long)]
    pub no_lookup: bool,
    /// A2B's list of orders holds everything, whatever is searched for.
    #[arg(id = "a2b-ignore-filters", long)]
    pub ignore_filters: bool,
    /// A2B's answer to an order repeats another customerOrderId than was sent.
    #[arg(id = "a2b-other-order-id", long)]
    pub other_order_id: bool,
    /// What A2B charges once for each order, though no package shows it.
    #[arg(id = "a2b-general-setup", long, value_name = "DECIMAL")]
    pub general_setup: Option<Decimal>,
    /// New prices, by the products' codes.
    #[arg(skip)]
    pub tariffs: BTreeMap<String, Decimal>,
    /// The packages that cannot be ordered any more.
    #[arg(skip)]
    pub withdrawn: BTreeSet<String>,
    /// Further parameters, by the packages' codes; one that is there already becomes this.
    #[arg(skip)]
    pub parameters: BTreeMap<String, Parameters>,
}

impl Behaviour {
    /// What it speaks of that isn't there, in words.
    pub fn objection(&self) -> Option<String> {
        let mut packages = self.withdrawn.iter().chain(self.parameters.keys());
        let package = packages.find(|code| Package::find(code).is_none());
        let product = self.tariffs.keys().find(|code| !Product::exists(code));
        let package = package.map(|code| format!("there is no package \"{code}\""));
        package.or_else(|| product.map(|code| format!("there is no product \"{code}\"")))
    }
}
