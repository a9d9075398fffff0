//! Times in tables.

/// The unit of a column's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

impl Unit {
    /// A column's name without its unit, and the unit: seconds unless it says otherwise.
    pub(super) fn of(name: &str) -> (&str, Self) {
        let units = [
            ("_ms", Self::Milliseconds),
            ("_msec", Self::Milliseconds),
            ("_milliseconds", Self::Milliseconds),
            ("_s", Self::Seconds),
            ("_sec", Self::Seconds),
            ("_seconds", Self::Seconds),
        ];
        let without = |(end, unit)| Some((name.strip_suffix(end)?, unit));
        units.into_iter().find_map(without).unwrap_or((name, Self::Seconds))
    }
}

/// Seconds, of a number or of hours, minutes and seconds such as `0:01:02.5`.
pub(super) fn seconds(value: &str, unit: Unit) -> Option<f64> {
    let number = |part: &str| part.parse::<f64>().ok().filter(|number| number.is_finite());
    let scale = match unit {
        Unit::Seconds => 1.0,
        Unit::Milliseconds => 1000.0,
    };
    let parts: Vec<f64> = value.split(':').map(number).collect::<Option<_>>()?;
    match parts[..] {
        [time] => Some(time / scale),
        [minutes, seconds] => Some(60.0 * minutes + seconds),
        [hours, minutes, seconds] => Some(3600.0 * hours + 60.0 * minutes + seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_in_several_forms() {
        assert_eq!(Unit::of("start_ms"), ("start", Unit::Milliseconds));
        assert_eq!(Unit::of("start_s"), ("start", Unit::Seconds));
        assert_eq!(Unit::of("start_time"), ("start_time", Unit::Seconds));
        assert_eq!(seconds("1.25", Unit::Seconds), Some(1.25));
        assert_eq!(seconds("1250", Unit::Milliseconds), Some(1.25));
        assert_eq!(seconds("1:02.5", Unit::Seconds), Some(62.5));
        assert_eq!(seconds("1:00:02", Unit::Seconds), Some(3602.0));
        for wrong in ["", "x", "1,5", "nan", "inf", "1:2:3:4"] {
            assert_eq!(seconds(wrong, Unit::Seconds), None, "{wrong}");
        }
    }
}
