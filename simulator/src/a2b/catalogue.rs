//! Packages and their products: what can be ordered between which sites, and what it costs.

use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::parameters::{self, Parameters};
use super::settings::Behaviour;
use super::store::A2b;
use crate::answer::Answer;
use crate::site::Site;

/// Where a product is to be had.
#[derive(Debug)]
pub enum Sites {
    /// Within one.
    One(u32),
    /// Between two.
    Two(u32, u32),
}

impl Sites {
    /// Whether it leads from one site to another, in either direction; with no target, to wherever it goes.
    pub fn connect(&self, source: u32, target: Option<u32>) -> bool {
        match *self {
            Self::One(site) => site == source && target.is_none_or(|target| target == site),
            Self::Two(a, z) => {
                let leads = |a, z| a == source && target.is_none_or(|target| target == z);
                leads(a, z) || leads(z, a)
            }
        }
    }

    fn shown(&self) -> Value {
        match self {
            Self::One(site) => json!({"site_id": site}),
            Self::Two(a, z) => json!({"a_site_id": a, "z_site_id": z}),
        }
    }
}

/// What is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// That it is made, once.
    Setup,
    /// That it is there, each month.
    Connection,
}

impl Type {
    fn word(self) -> &'static str {
        match self {
            Self::Setup => "SETUP",
            Self::Connection => "CONNECTION",
        }
    }

    /// The provider's word for how often it is paid.
    pub fn charge(self) -> &'static str {
        match self {
            Self::Setup => ONCE,
            Self::Connection => "MRC",
        }
    }
}

/// The provider's word for what is paid once.
pub const ONCE: &str = "NRC";

/// A product.
#[derive(Debug)]
pub struct Product {
    id: u32,
    /// What it is ordered by.
    pub code: &'static str,
    /// What it is, in words.
    pub description: &'static str,
    /// What is paid for.
    pub type_: Type,
    mandatory: bool,
    tariff: &'static str,
    /// Where it is to be had.
    pub sites: Sites,
}

/// A package.
#[derive(Debug)]
pub struct Package {
    id: u32,
    /// What it is ordered by.
    pub code: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// The products of all sites.
    pub products: &'static [Product],
}

/// As in the provider's samples: within a site the connection isn't called mandatory, though each order has it.
const fn connection(
    id: u32,
    code: &'static str,
    description: &'static str,
    tariff: &'static str,
    site: u32,
) -> Product {
    let sites = Sites::One(site);
    Product { id, code, description, type_: Type::Connection, mandatory: false, tariff, sites }
}

const fn setup(id: u32, code: &'static str, description: &'static str, tariff: &'static str, site: u32) -> Product {
    let sites = Sites::One(site);
    Product { id, code, description, type_: Type::Setup, mandatory: true, tariff, sites }
}

/// The packages of the provider's sample. Its tariffs are all 12.34; here they differ beyond the first site,
/// so that none is taken for another's.
pub static PACKAGES: [Package; 2] = [
    Package {
        id: 52,
        code: "CROSS-CONNECT",
        name: "Cross Connect",
        products: &[
            connection(400, "1186", "Cross Connect - SiteA", "12.34", 20),
            setup(404, "1189", "Setup Fee - Cross Connect - SiteA - One Time", "12.34", 20),
            connection(405, "1187", "Cross Connect - SiteB", "23.45", 10),
            setup(406, "1190", "Setup Fee - Cross Connect - SiteB - One Time", "150.00", 10),
            connection(407, "1188", "Cross Connect - NRC OUM01", "34.56", 22),
            setup(408, "1191", "Setup Fee - Cross Connect - NRC OUM01 - One Time", "175.50", 22),
        ],
    },
    Package {
        id: 53,
        code: "METRO-CONNECT",
        name: "Metro Connect",
        products: &[
            Product { sites: Sites::Two(20, 10), ..setup(418, "1195", "Setup fee - Metro Connect", "250.00", 20) },
            Product {
                mandatory: true,
                sites: Sites::Two(20, 10),
                ..connection(419, "1194", "SiteA - SiteB - Metro Connect", "199.95", 20)
            },
        ],
    },
];

impl Product {
    /// Whether there is a product of that code.
    pub fn exists(code: &str) -> bool {
        PACKAGES.iter().flat_map(|package| package.products).any(|product| product.code == code)
    }

    /// What it costs at present.
    pub fn tariff<'a>(&self, behaviour: &'a Behaviour) -> &'a str {
        behaviour.tariffs.get(self.code).map_or(self.tariff, |tariff| tariff.as_str())
    }

    fn shown(&self, behaviour: &Behaviour) -> Value {
        json!({
            // A float, as in the original.
            "id": f64::from(self.id),
            "code": self.code,
            "description": self.description,
            "mandatory": self.mandatory,
            "type": self.type_.word(),
            "chargeType": self.type_.charge(),
            "tariff": self.tariff(behaviour),
            "meta": self.sites.shown(),
        })
    }
}

impl Package {
    /// The package of that code, even if it was withdrawn.
    pub fn find(code: &str) -> Option<&'static Self> {
        PACKAGES.iter().find(|package| package.code == code)
    }

    /// What an order of it can be told at present.
    pub fn parameters(&self, behaviour: &Behaviour) -> Parameters {
        let mut all = parameters::common();
        all.extend(behaviour.parameters.get(self.code).cloned().unwrap_or_default());
        all
    }

    /// The package as answers show it.
    pub fn shown(&self, behaviour: &Behaviour) -> Value {
        json!({
            "id": self.id,
            "code": self.code,
            "name": self.name,
            "products": self.products.iter().map(|product| product.shown(behaviour)).collect::<Value>(),
            "parameters": self.parameters(behaviour),
        })
    }
}

/// GET packages.
pub fn list(site: &Site<A2b>, _: &Call) -> Result<Answer, Refusal> {
    let behaviour = &site.store.behaviour;
    let there = PACKAGES.iter().filter(|package| !behaviour.withdrawn.contains(package.code));
    Ok(Answer::ok(there.map(|package| package.shown(behaviour)).collect()))
}
