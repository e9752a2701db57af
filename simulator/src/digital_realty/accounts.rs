//! The accounts that the client may act for.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::demo::{ACCOUNT, SECOND_ACCOUNT};
use super::store::DigitalRealty;
use crate::answer::Answer;
use crate::fields::{Fields, Flaw};
use crate::site::Site;

/// The state of all accounts.
const STATE: &str = "production";

/// An account.
pub struct Account {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    country: &'static str,
    locality: &'static str,
    postal_code: &'static str,
    street_address: &'static str,
}

static ACCOUNTS: [Account; 2] = [
    Account {
        id: ACCOUNT,
        name: "Demo Networks Ltd",
        country: "GB",
        locality: "London",
        postal_code: "E99 9ZZ",
        street_address: "5 Sample Lane",
    },
    Account {
        id: SECOND_ACCOUNT,
        name: "Demo Networks B.V.",
        country: "NL",
        locality: "Amsterdam",
        postal_code: "1099 ZZ",
        street_address: "Voorbeeldlaan 7",
    },
];

impl Account {
    /// The account as answers show it. Its `status` is null as in the
    /// provider's sample, though the standard has a list there.
    pub fn shown(&self) -> Value {
        let address = json!({
            "country": self.country,
            "locality": self.locality,
            "post_office_box_number": null,
            "postal_code": self.postal_code,
            "region": null,
            "street_address": self.street_address,
        });
        json!({
            "id": self.id,
            "status": null,
            "billing_information": {"address": address, "name": self.name, "vat_number": null},
            "address": address,
            "metro_area_network_presence": [],
            "state": STATE,
            "discoverable": false,
            "external_ref": null,
            "legal_name": self.name,
            "managing_account": self.id,
            "name": self.name,
        })
    }
}

/// The account of that id, even if it was removed.
pub fn find(id: &str) -> Option<&'static Account> {
    ACCOUNTS.iter().find(|account| account.id == id)
}

impl DigitalRealty {
    /// The accounts that are still there.
    pub fn accounts(&self) -> impl Iterator<Item = &'static Account> {
        ACCOUNTS.iter().filter(|account| !self.removed_accounts.contains(account.id))
    }

    /// A property that names an account.
    pub fn wanted_account(&self, fields: &Fields<'_>, name: &str) -> Result<String, Flaw> {
        let id = fields.text(name)?;
        let found = self.accounts().find(|account| account.id == id);
        found.map(|account| account.id.to_owned()).ok_or_else(|| fields.refuse(name, "there is no such account"))
    }
}

/// GET accounts. All of them have an address for bills.
pub fn list(site: &mut Site<DigitalRealty>, call: &Call) -> Result<Answer, Refusal> {
    let wanted = site.store.accounts().filter(|account| {
        call.fits("name", |it| it == account.name)
            && call.fits("state", |it| it == STATE)
            && call.fits("billable", |it| it == "true")
            // None has a reference.
            && call.fits("external_ref", |_| false)
    });
    call.list(wanted.map(Account::shown))
}
