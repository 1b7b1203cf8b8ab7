//! What a customer costs in memory: the growth of the resident set by one lane that is filled with customers who have a
//! CRM row, a confirmed home, fourteen used panes and four contacts. The last line is JSON.
//!
//! `HOMEQOS_MEMORY_CUSTOMERS` sets how many there are.

#[path = "common/filled.rs"]
mod filled;

use filled::Filled;
use homeqos::shell::metrics::resident_bytes;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let customers = std::env::var("HOMEQOS_MEMORY_CUSTOMERS").ok().map_or(400_000, |n| n.parse().expect("a number"));
    let mut filled = Filled::empty(customers);
    let empty_bytes = resident_bytes();
    filled.live_two_weeks();
    let folded = (resident_bytes() - empty_bytes) as f64 / f64::from(customers);
    let census = filled.lane.census();
    let counted = census.state_bytes as f64 / census.customers as f64;
    let homes = census.homes.get(&homeqos::home::HomeStatus::Confirmed).copied().unwrap_or(0);
    assert_eq!(homes, u64::from(customers), "everybody has a home");
    println!("{customers} customers, all with a confirmed home, 14 used panes, 4 contacts and a CRM row");
    println!("  {counted:7.0} B a customer by the census (rows and what hangs on them)");
    println!("  {folded:7.0} B a customer resident, with the map, the cells, the areas and the timers");
    println!("{{\"bytes_per_customer\":{folded:.0},\"bytes_counted\":{counted:.0}}}");
}
