//! What an order costs by the provider's prices: the products of the sites concerned (docs/providers.md 4.2).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::api::conditions::{Problem, reason};
use crate::api::cross_connect_order::{CrossConnectOrderSpec, QuoteLine, QuoteStatus};
use crate::lifecycle::decide::price::Quote;
use crate::providers::a2b::wire::{Charge, Line, Package, Product, Sites};

/// The package that the order is of.
pub fn package_code(spec: &CrossConnectOrderSpec) -> &'static str {
    if spec.metro_connect.is_some() { "METRO-CONNECT" } else { "CROSS-CONNECT" }
}

/// The package, with its products for the sites concerned. The provider marks some connections as not mandatory and
/// charges them all the same: all that fit the sites count.
pub fn choose<'a>(
    packages: &'a [Package],
    spec: &CrossConnectOrderSpec,
) -> Result<(&'a Package, Vec<&'a Product>), Problem> {
    let code = package_code(spec);
    let Some(package) = packages.iter().find(|package| package.code == code) else {
        let there: Vec<&str> = packages.iter().map(|package| package.code.as_str()).collect();
        let message = format!("A2B offers no {code} to this account now, only: {}", listed(&there));
        return Err(Problem::stalled(reason::NOT_AVAILABLE, message));
    };
    let mut products: Vec<&Product> = package.products.iter().filter(|product| fits(&product.meta, spec)).collect();
    // The same prices in another order are the same plan.
    products.sort_by(|one, other| (&one.code, &one.description).cmp(&(&other.code, &other.description)));
    if products.is_empty() {
        let there: BTreeSet<String> = package.products.iter().filter_map(|product| place(&product.meta)).collect();
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        let message = format!("A2B offers no {code} there; the sites that there are: {}", listed(&there));
        return Err(Problem::stalled(reason::NOT_AVAILABLE, message));
    }
    Ok((package, products))
}

fn listed(there: &[&str]) -> String {
    if there.is_empty() { "none".into() } else { there.join(", ") }
}

fn fits(there: &Sites, spec: &CrossConnectOrderSpec) -> bool {
    if let Some(metro) = &spec.metro_connect {
        let (a, z) = (Some(metro.a_site_id), Some(metro.z_site_id));
        return (there.a_site_id, there.z_site_id) == (a, z) || (there.a_site_id, there.z_site_id) == (z, a);
    }
    spec.cross_connect.as_ref().is_some_and(|cross| there.site_id == Some(cross.site_id))
}

fn place(there: &Sites) -> Option<String> {
    let between = there.a_site_id.zip(there.z_site_id).map(|(a, z)| format!("{a} to {z}"));
    there.site_id.map(|site| site.to_string()).or(between)
}

/// The sums of what is charged. None: it can't be counted.
pub fn sum<'a>(charges: impl IntoIterator<Item = (&'a Charge, Decimal)>) -> Option<Quote> {
    charges.into_iter().try_fold(Quote::default(), |sum, (charge, price)| {
        Some(match charge {
            Charge::Monthly => Quote { monthly: sum.monthly.checked_add(price)?, ..sum },
            Charge::Once => Quote { once: sum.once.checked_add(price)?, ..sum },
            Charge::Other(_) => return None,
        })
    })
}

/// What the products cost together.
pub fn quote(products: &[&Product]) -> Result<(Quote, QuoteStatus), Problem> {
    let sum = sum(products.iter().map(|product| (&product.charge, product.tariff)));
    let sum = sum.ok_or_else(|| {
        let prices: Vec<String> =
            products.iter().map(|product| format!("{} {}", word(&product.charge), product.tariff)).collect();
        let message = format!("A2B's prices can't be summed, so that nothing is ordered: {}", prices.join(", "));
        Problem::stalled(reason::NOT_AVAILABLE, message)
    })?;
    let line = |product: &&Product| QuoteLine {
        code: product.code.clone(),
        description: product.description.clone(),
        charge: word(&product.charge).into(),
        price: product.tariff.to_string(),
    };
    let lines = products.iter().map(line).collect();
    Ok((sum, QuoteStatus { monthly: sum.monthly.to_string(), once: sum.once.to_string(), lines }))
}

/// What the provider charges, as the status shows it.
pub fn charged(lines: &[Line]) -> Vec<QuoteLine> {
    let shown = |line: &Line| QuoteLine {
        code: line.code.clone(),
        description: line.name.clone(),
        charge: word(&line.charge).into(),
        price: line.total_tariff.map(|price| price.to_string()).unwrap_or_default(),
    };
    lines.iter().map(shown).collect()
}

/// How what is charged differs from what was quoted, if it does.
pub fn difference(quoted: &QuoteStatus, lines: &[Line]) -> Option<String> {
    let told: Option<Vec<_>> = lines.iter().map(|line| Some((&line.charge, line.total_tariff?))).collect();
    let Some(charged) = told.and_then(sum) else {
        return Some("A2B charges in a way that can't be compared with the quote: see status.products".into());
    };
    let same = |quoted: &str, charged: Decimal| quoted.parse() == Ok(charged);
    let same = same(&quoted.monthly, charged.monthly) && same(&quoted.once, charged.once);
    (!lines.is_empty() && !same).then(|| {
        format!(
            "A2B charges {} a month and {} once; quoted were {} and {}",
            charged.monthly, charged.once, quoted.monthly, quoted.once
        )
    })
}

fn word(charge: &Charge) -> &str {
    match charge {
        Charge::Monthly => "MRC",
        Charge::Once => "NRC",
        Charge::Other(word) => word,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn packages() -> Vec<Package> {
        let product = |code: &str, charge: &str, tariff: &str, meta: Value| json!({"code": code, "chargeType": charge, "tariff": tariff, "meta": meta});
        serde_json::from_value(json!([
            {"code": "CROSS-CONNECT", "products": [
                product("1", "MRC", "0.10", json!({"site_id": 20})), product("2", "NRC", "0.20", json!({"site_id": 20})),
                product("3", "MRC", "9.99", json!({"site_id": 10})),
            ]},
            {"code": "METRO-CONNECT", "products": [product("4", "MRC", "0.20", json!({"a_site_id": 20, "z_site_id": 10}))]},
        ]))
        .unwrap()
    }

    fn cross(site: i64) -> CrossConnectOrderSpec {
        serde_json::from_value(json!({"accountRef": {"name": "a"}, "crossConnect": {
            "siteId": site, "sourceRackId": 1, "target": {"rackId": 2},
        }}))
        .unwrap()
    }

    fn metro(a: i64, z: i64) -> CrossConnectOrderSpec {
        serde_json::from_value(json!({"accountRef": {"name": "a"}, "metroConnect": {
            "aSiteId": a, "zSiteId": z, "sourceRackId": 1, "target": {"rackId": 7},
        }}))
        .unwrap()
    }

    #[test]
    fn only_products_of_the_sites_concerned_count_in_either_direction() {
        let packages = packages();
        let codes = |spec| {
            let (_, products) = choose(&packages, &spec).unwrap();
            products.iter().map(|product| product.code.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((codes(cross(20)), codes(cross(10))), ("1 2".into(), "3".into()));
        assert_eq!((codes(metro(20, 10)), codes(metro(10, 20))), ("4".into(), "4".into()));
        let nowhere = choose(&packages, &cross(99)).unwrap_err();
        assert!(nowhere.stalled && nowhere.cause.message.contains("10, 20"), "{}", nowhere.cause.message);
        assert!(choose(&packages[..1], &metro(20, 10)).unwrap_err().cause.message.contains("CROSS-CONNECT"));
    }

    #[test]
    fn what_can_t_be_summed_isn_t_quoted() {
        let product = |charge: &str, tariff: &str| {
            serde_json::from_value::<Product>(json!({"code": "1", "chargeType": charge, "tariff": tariff}))
        };
        let strange = product("PER-DAY", "0.10").unwrap();
        assert!(quote(&[&strange]).unwrap_err().cause.message.contains("PER-DAY 0.10"));
        assert!(product("MRC", "a lot").is_err());
    }

    #[test]
    fn what_is_charged_beside_the_quote_is_told() {
        let packages = packages();
        let (_, products) = choose(&packages, &cross(20)).unwrap();
        let (_, quoted) = quote(&products).unwrap();
        let line = |charge: &str, total: &str| json!({"chargeType": charge, "totalTariff": total});
        let lines = |lines: Value| serde_json::from_value::<Vec<Line>>(lines).unwrap();
        assert_eq!(difference(&quoted, &lines(json!([line("MRC", "0.1"), line("NRC", "0.20")]))), None);
        let more = difference(&quoted, &lines(json!([line("MRC", "0.10"), line("NRC", "0.20"), line("NRC", "5")])));
        assert!(more.unwrap().contains("5.20 once"));
        assert_eq!(difference(&quoted, &[]), None, "an answer without lines says nothing");
        assert!(difference(&quoted, &lines(json!([line("PER-DAY", "0.10")]))).unwrap().contains("can't be compared"));
    }
}
