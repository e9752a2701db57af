//! What is ordered: the JSON of an order, held against its package.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::catalogue::{ONCE, Package, Product, Type};
use super::form::File;
use super::order::Line;
use super::parameters::{OTHER_PARTY, SOURCE, TARGET};
use super::racks::Rack;
use super::settings::Behaviour;
use crate::fields::{Fields, Flaw, Flaws};

/// The longest key of a client's own. A guess.
const MAX_KEY: usize = 64;

const KEY: &str = "customerOrderId";
const PARAMETERS: &str = "parameters";

/// An order that can be placed.
pub struct Wish {
    /// What is ordered.
    pub package: &'static Package,
    /// The client's own key.
    pub customer_order_id: String,
    /// What it is told.
    pub parameters: Map<String, Value>,
    /// What it costs.
    pub lines: Vec<Line>,
    /// The letter, if there is one.
    pub loa: Option<File>,
    to_other_party: bool,
}

impl Wish {
    /// Reads the JSON of an order of that package.
    pub fn read(package: &'static Package, body: &Value, behaviour: &Behaviour) -> Result<Self, Refusal> {
        let fields = Fields::of(body)?;
        let mut flaws = Flaws::default();
        for name in fields.names().filter(|name| ![KEY, PARAMETERS].contains(name)) {
            flaws.note::<()>(Err(fields.refuse(name, "is unknown")));
        }
        let key = flaws.note(read_key(&fields));
        let parameters = flaws.note(fields.object(PARAMETERS));
        let ends = parameters.as_ref().and_then(|parameters| {
            check(parameters, package, behaviour, &mut flaws);
            Ends::read(parameters, package, &mut flaws)
        });
        let (Some(key), Some(parameters), Some(ends), true) = (key, parameters, ends, flaws.0.is_empty()) else {
            return Err(flaws.into());
        };
        Ok(Self {
            package,
            customer_order_id: key.to_owned(),
            parameters: parameters
                .names()
                .filter_map(|it| Some((it.to_owned(), parameters.raw(it)?.clone())))
                .collect(),
            lines: lines(&ends.products, behaviour),
            loa: None,
            to_other_party: ends.target.is_none(),
        })
    }

    /// With the letter that goes with it: for another party there must be one, for a rack none
    /// (docs/providers.md 4.3). That one too many is refused is a guess.
    pub fn with(self, loa: Option<File>) -> Result<Self, Refusal> {
        match (self.to_other_party, &loa) {
            (true, None) => Err(Refusal::invalid("loa is required for another party")),
            (false, Some(_)) => Err(Refusal::invalid("loa is for another party only")),
            _ => Ok(Self { loa, ..self }),
        }
    }
}

fn read_key<'a>(fields: &Fields<'a>) -> Result<&'a str, Flaw> {
    let key = fields.filled(KEY)?;
    if key.chars().count() > MAX_KEY {
        return Err(fields.refuse(KEY, &format!("must be at most {MAX_KEY} characters long")));
    }
    Ok(key)
}

/// Holds the parameters against what the package says of them.
fn check(parameters: &Fields<'_>, package: &Package, behaviour: &Behaviour, flaws: &mut Flaws) {
    let known = package.parameters(behaviour);
    for name in parameters.names() {
        let objection = match (known.get(name), parameters.raw(name)) {
            (Some(parameter), Some(value)) => parameter.objection(value),
            _ => Some("is unknown"),
        };
        flaws.note(objection.map_or(Ok(()), |objection| Err(parameters.refuse(name, objection))));
    }
}

/// Between what the interconnect is.
struct Ends {
    /// The target, unless it is another party's.
    target: Option<&'static Rack>,
    /// What there is to be had between them.
    products: Vec<&'static Product>,
}

impl Ends {
    fn read(parameters: &Fields<'_>, package: &Package, flaws: &mut Flaws) -> Option<Self> {
        let source = flaws.note(rack(parameters, SOURCE));
        let target = match parameters.raw(TARGET).and_then(Value::as_i64) {
            Some(OTHER_PARTY) => Some(None),
            _ => flaws.note(rack(parameters, TARGET)).map(Some),
        };
        let (source, target) = (source?, target?);
        if target.is_some_and(|target| target.id == source.id) {
            return flaws.note(Err(parameters.refuse(TARGET, "must be another rack")));
        }
        let site = target.map(|target| target.site);
        let mut products: Vec<_> = package.products.iter().filter(|it| it.sites.connect(source.site, site)).collect();
        if products.is_empty() {
            let end = if target.is_some() { TARGET } else { SOURCE };
            return flaws.note(Err(parameters.refuse(end, "is at a site that the package doesn't reach")));
        }
        products.sort_by_key(|product| product.type_);
        Some(Self { target, products })
    }
}

fn rack(parameters: &Fields<'_>, name: &str) -> Result<&'static Rack, Flaw> {
    let rack = parameters.required(name)?.as_i64().and_then(Rack::find);
    rack.ok_or_else(|| parameters.refuse(name, "must be an active rack"))
}

/// What is paid for, in the order of the provider's sample. There, what is charged beyond the package comes
/// under the code of the setup, too.
fn lines(products: &[&Product], behaviour: &Behaviour) -> Vec<Line> {
    let mut lines = Vec::new();
    for product in products {
        let line = Line {
            code: product.code.to_owned(),
            name: product.description.to_owned(),
            charge: product.type_.charge().to_owned(),
            tariff: product.tariff(behaviour).to_owned(),
        };
        lines.push(line.clone());
        if let Some(general) = behaviour.general_setup.as_ref().filter(|_| product.type_ == Type::Setup) {
            let (name, charge) = ("General setup".to_owned(), ONCE.to_owned());
            lines.push(Line { name, charge, tariff: general.as_str().to_owned(), ..line });
        }
    }
    lines
}
