//! Units that sources use, as factors to ours. Pure.

/// A field's unit is the end of its name. For each: the units a source may name, and how many of ours one is.
const UNITS: [(&str, &[(&str, f64)]); 9] = [
    (
        "_kbps",
        &[
            ("bit/s", 1e-3),
            ("kbit/s", 1.0),
            ("Mbit/s", 1e3),
            ("Gbit/s", 1e6),
            ("B/s", 8e-3),
            ("kB/s", 8.0),
            ("MB/s", 8e3),
        ],
    ),
    ("_kb", &[("B", 1e-3), ("kB", 1.0), ("MB", 1e3), ("GB", 1e6), ("KiB", 1.024), ("MiB", 1_048.576)]),
    ("_ms", &[("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("min", 6e4)]),
    ("_s", &[("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3_600.0)]),
    ("_pct", &[("%", 1.0), ("1", 100.0)]),
    ("_dbm", &[("dBm", 1.0)]),
    ("_db", &[("dB", 1.0)]),
    ("_months", &[("month", 1.0), ("year", 12.0)]),
    ("churn_risk", &[("%", 0.01), ("1", 1.0)]),
];

/// How many of the field's unit one `unit` is, or the units that the field knows.
pub(super) fn factor(field: &str, unit: &str) -> Result<f64, Vec<&'static str>> {
    let known = UNITS.iter().find(|(end, _)| field.ends_with(end)).map_or(&[][..], |(_, units)| units);
    let found = known.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    found.ok_or_else(|| known.iter().map(|(name, _)| *name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_belongs_to_the_end_of_a_fields_name() {
        assert_eq!(factor("dl_kbps", "Mbit/s"), Ok(1e3));
        assert_eq!(factor("setup_time_ms", "s"), Ok(1e3));
        assert_eq!(factor("duration_s", "ms"), Ok(1e-3));
        assert_eq!(factor("volume_kb", "MB"), Ok(1e3));
        assert_eq!(factor("loss_pct", "1"), Ok(100.0));
        assert_eq!(factor("rsrq_db", "dBm"), Err(vec!["dB"]));
        assert_eq!(factor("cqi", "dB"), Err(vec![]));
    }
}
