//! How this provider behaves: as its document says, or as servers of other
//! revisions of the standard do.

use std::num::NonZeroU32;

use clap::Args;
use serde::{Deserialize, Serialize};

/// How Digital Realty is played. Which of these the original does is not
/// known (docs/providers.md 3.5 to 3.7): a client must get along with all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Behaviour {
    /// Digital Realty's lists hold everything, whatever they are asked for.
    #[arg(long = "digital-realty-ignore-filters")]
    pub ignore_filters: bool,
    /// Digital Realty knows no PATCH (405).
    #[arg(long = "digital-realty-no-patch")]
    pub no_patch: bool,
    /// Digital Realty's lists come by pages of this size, as from IX-API 2.7 on.
    #[arg(long = "digital-realty-page-size", value_name = "N")]
    pub page_size: Option<NonZeroU32>,
    /// What Digital Realty has decommissioned stays readable.
    #[arg(long = "digital-realty-keep-decommissioned")]
    pub keep_decommissioned: bool,
    /// Digital Realty issues an LOA for a LAG as a whole, too.
    #[arg(long = "digital-realty-lag-loas")]
    pub lag_loas: bool,
}
