//! What an order costs, and the most that it may cost (S7): exact decimals.

use rust_decimal::Decimal;

use crate::api::account::Ceilings;

/// What an order costs, in the provider's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Each month (MRC).
    pub monthly: Decimal,
    /// Once (NRC).
    pub once: Decimal,
}

impl Quote {
    /// How it is above these ceilings, if it is. A ceiling that can't be read lets nothing through.
    pub fn above(&self, ceilings: &Ceilings) -> Option<String> {
        let above = |price: Decimal, most: &Option<String>, often: &str| {
            let most = most.as_ref()?;
            let within = most.parse::<Decimal>().is_ok_and(|most| price <= most);
            (!within).then(|| format!("{price} {often}, where {most} is the most"))
        };
        let monthly = above(self.monthly, &ceilings.monthly, "a month");
        let once = above(self.once, &ceilings.once, "once");
        let both: Vec<String> = monthly.into_iter().chain(once).collect();
        (!both.is_empty()).then(|| both.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_the_most_and_not_one_cent_more() {
        let quote = Quote { monthly: "12.34".parse().unwrap(), once: "0.30".parse().unwrap() };
        let above = |monthly: Option<&str>, once: Option<&str>| {
            quote.above(&Ceilings { monthly: monthly.map(Into::into), once: once.map(Into::into) })
        };
        assert_eq!((above(None, None), above(Some("12.34"), Some("0.3"))), (None, None));
        assert!(above(Some("12.33"), None).unwrap().contains("12.34 a month"));
        assert!(above(Some("100"), Some("0.29")).unwrap().contains("0.30 once"));
        assert!(above(Some("a lot"), None).is_some(), "what can't be read lets nothing through");
    }
}
