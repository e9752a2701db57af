//! Durations as users write them: 500ms, 30s, 5m, 1h, 14d.

use std::time::Duration;

/// Reads a duration; the CRD's pattern allows nothing else.
pub fn parse(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(millis)?))
}

/// `base`, up to a tenth more or less: so that many objects don't ask at the same moment.
pub fn jitter(base: Duration) -> Duration {
    base.mul_f64(0.9 + 0.2 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        assert_eq!(parse("15m"), Some(Duration::from_secs(900)));
        assert_eq!(parse("250ms"), Some(Duration::from_millis(250)));
        assert_eq!((parse("15"), parse("m"), parse("1w")), (None, None, None));
    }
}
