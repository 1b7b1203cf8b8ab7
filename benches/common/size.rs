//! Sizes of a bench, which its environment may change.

/// The number in the variable `name`, or the default where there is none.
pub fn size(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
