//! Durations as users write them (500ms, 30s, 5m, 1h, 14d), and how long to wait.

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

/// The first wait after a failure; it doubles with each further one.
pub const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// How long to wait after so many failures in a row, from 1.
pub fn backoff(failures: u32, most: Duration) -> Duration {
    let wait = FIRST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(16));
    // Half to one and a half of it: what failed together must not come back together.
    wait.min(most).mul_f64(0.5 + fastrand::f64())
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
