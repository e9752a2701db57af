//! Search: filters, sorting and pages.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::call::Call;
use super::loa::Loa;
use super::store::Equinix;
use crate::answer::Answer;
use crate::fields::{Fields, Flaw};
use crate::site::Site;

/// How many items a page has unless asked otherwise.
const DEFAULT_LIMIT: usize = 20;
/// How many a page may have at most. That there is a bound is a guess.
const MAX_LIMIT: usize = 100;

const IBX: &str = "/products/zSide/patchPanel/location/ibx";
const CREATED: &str = "/changeLog/createdDateTime";
const EXPIRY: &str = "/expiryDateTime";

const PROPERTIES: [&str; 7] =
    ["/token", IBX, "/state", "/provider/name", "/requestor/name", "/provider/orgIds", "/requestor/orgIds"];
const OPERATORS: [&str; 4] = ["=", "IN", "LIKE", "CONTAINS"];

/// A condition on one property.
struct Criterion<'a> {
    property: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

impl<'a> Criterion<'a> {
    fn read(fields: &Fields<'a>) -> Result<Self, Flaw> {
        let criterion = Self {
            property: fields.choice("property", &PROPERTIES)?,
            operator: fields.choice("operator", &OPERATORS)?,
            values: fields.texts("values")?,
        };
        if criterion.operator == "=" && criterion.values.len() > 1 {
            return Err(fields.refuse("values", "must be one for the operator ="));
        }
        Ok(criterion)
    }

    /// How `LIKE` and `CONTAINS` compare is a guess: both look for a part,
    /// `LIKE` without regard to case and to `%` at the ends.
    fn fits(&self, loa: &Loa, now: Timestamp) -> bool {
        let fits = |present: &str, wanted: &str| match self.operator {
            "LIKE" => present.to_lowercase().contains(&wanted.trim_matches('%').to_lowercase()),
            "CONTAINS" => present.contains(wanted),
            _ => present == wanted,
        };
        let any = |present: &str| self.values.iter().any(|wanted| fits(present, wanted));
        match self.property {
            "/token" => any(&loa.token),
            "/state" => any(loa.state(now).word()),
            "/provider/name" => any(&loa.provider.name),
            "/requestor/name" => any(&loa.requestor.name),
            "/provider/orgIds" => loa.provider.org_ids.iter().any(|id| any(id)),
            "/requestor/orgIds" => loa.requestor.org_ids.iter().any(|id| any(id)),
            _ => loa.products.iter().any(|product| any(&product.ibx)),
        }
    }
}

/// All of the items must fit, and of each item one criterion.
struct Filter<'a> {
    items: Vec<Vec<Criterion<'a>>>,
}

impl<'a> Filter<'a> {
    /// Reads the filter. The key that wraps its items is a guess, and the one
    /// in force the only one that is taken.
    fn read(body: &'a Value, key: &str) -> Result<Self, Flaw> {
        let filter = Fields::of(body)?.object("filter")?;
        if let Some(other) = filter.names().find(|name| *name != key) {
            return Err(filter.refuse(other, "is not a known expression"));
        }
        let items = filter.objects(key)?;
        let read = |item: &Fields<'a>| match item.raw("or") {
            Some(_) => item.objects("or")?.iter().map(Criterion::read).collect(),
            None => Ok(vec![Criterion::read(item)?]),
        };
        Ok(Self { items: items.iter().map(read).collect::<Result<_, Flaw>>()? })
    }

    fn fits(&self, loa: &Loa, now: Timestamp) -> bool {
        self.items.iter().all(|any| any.iter().any(|criterion| criterion.fits(loa, now)))
    }
}

/// What to sort by, and whether backwards.
struct Sort<'a> {
    property: &'a str,
    descending: bool,
}

impl<'a> Sort<'a> {
    fn read(text: &'a str) -> Result<Self, Refusal> {
        let (property, descending) = text.strip_prefix('-').map_or((text, false), |property| (property, true));
        if ![CREATED, EXPIRY, IBX].contains(&property) {
            return Err(Refusal::parameter("sort", "cannot be sorted by", Some(text)));
        }
        Ok(Self { property, descending })
    }

    fn compare(&self, one: &Loa, other: &Loa) -> Ordering {
        let order = match self.property {
            CREATED => one.created.cmp(&other.created),
            EXPIRY => one.expires.cmp(&other.expires),
            _ => ibx(one).cmp(&ibx(other)),
        };
        if self.descending { order.reverse() } else { order }
    }

    fn shown(&self) -> Value {
        json!({"direction": if self.descending { "DESC" } else { "ASC" }, "property": self.property})
    }
}

fn ibx(loa: &Loa) -> Option<&str> {
    loa.products.first().map(|product| product.ibx.as_str())
}

/// Which page is asked for.
struct Page {
    offset: usize,
    limit: usize,
}

impl Page {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let number = |name: &str, default: usize, within: std::ops::RangeInclusive<usize>| {
            let Some(text) = call.parameters(name).next() else {
                return Ok(default);
            };
            let number = text.parse().ok().filter(|number| within.contains(number));
            let problem = format!("must be an integer from {} to {}", within.start(), within.end());
            number.ok_or_else(|| Refusal::parameter(name, &problem, Some(text)))
        };
        Ok(Self {
            offset: number("offset", 0, 0..=i32::MAX as usize)?,
            limit: number("limit", DEFAULT_LIMIT, 1..=MAX_LIMIT)?,
        })
    }

    /// Where this page stands, with links to its neighbours.
    fn shown(&self, total: usize, call: &Call) -> Value {
        let Self { offset, limit } = *self;
        let sort: String = call.parameters("sort").map(|sort| format!("&sort={sort}")).collect();
        let link = |offset| format!("{}/diloa/v1/digitalLoas/search?offset={offset}&limit={limit}{sort}", call.base);
        let mut shown = json!({"offset": offset, "limit": limit, "total": total});
        if offset + limit < total {
            shown["next"] = link(offset + limit).into();
        }
        if offset > 0 {
            shown["previous"] = link(offset.saturating_sub(limit)).into();
        }
        shown
    }
}

/// POST digitalLoas/search. That the newest come first unless asked otherwise
/// is a guess, and the order that is hardest on who pages.
pub fn search(site: &mut Site<Equinix>, call: &Call) -> Result<Answer, Refusal> {
    let now = call.now.simulated;
    let equinix = &*site.store;
    let page = Page::read(call)?;
    let mut sorts = call.parameters("sort").map(Sort::read).collect::<Result<Vec<_>, _>>()?;
    if sorts.is_empty() {
        sorts.push(Sort { property: CREATED, descending: true });
    }
    let filter = Filter::read(&call.body, &equinix.behaviour.filter_key)?;
    let mut found: Vec<&Loa> = equinix.loas().collect();
    found.retain(|loa| loa.concerns(call.caller) && call.sees(loa.created) && filter.fits(loa, now));
    found.sort_by(|one, other| {
        let orders = sorts.iter().map(|sort| sort.compare(one, other));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    let shown = found.iter().skip(page.offset).take(page.limit);
    Ok(Answer::ok(json!({
        "pagination": page.shown(found.len(), call),
        "sort": sorts.iter().map(Sort::shown).collect::<Value>(),
        "data": shown.map(|loa| loa.shown(now, Some(&call.base))).collect::<Value>(),
    })))
}
