//! Nights, places, and what the home is called. Pure.

use super::*;
use crate::home::HomeStatus;

const HOME: &str = "208-01-25601";
const WORK: &str = "208-01-51201";

#[test]
fn an_ordinary_life_is_confirmed_after_a_week() {
    let mut s = Story::new();
    s.ordinary(0..6, HOME, WORK);
    assert_eq!(s.home().status, HomeStatus::Unknown, "six nights are no week");
    assert_eq!(s.home().site, None);
    assert_eq!(s.home().pane_slot, Some(0), "but its panes are kept already");
    s.ordinary(6..8, HOME, WORK);
    let home = s.home();
    assert_eq!((home.status, s.site().as_deref()), (HomeStatus::Confirmed, Some("100")));
    assert_eq!(home.since, Some(s.monday));
    assert_eq!(home.nights, 8);
}
