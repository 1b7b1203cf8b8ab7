//! The lane's table of cells. Pure.

use super::*;
use crate::home::CellTable;

#[test]
fn a_cell_has_one_number_and_its_site_is_the_inventorys_or_by_rule() {
    let mut s = Story::new().mast("208-01-4203265", "16419-roof", 100.0);
    let known = s.cells.intern("208-01-4203265", None, &s.inventory).unwrap();
    let unknown = s.cells.intern("208-01-25601", Some(Rat::Lte), &s.inventory).unwrap();
    assert_eq!(s.cells.intern("208-01-4203265", Some(Rat::Lte), &s.inventory), Some(known));
    assert_eq!(s.cells.site_id(s.cells.site(known)), "16419-roof");
    assert_eq!(s.cells.site_id(s.cells.site(unknown)), "100");
    assert_eq!((s.cells.rat(known), s.cells.rat(unknown)), (Some(Rat::Lte), Some(Rat::Lte)));
    assert_eq!((s.cells.cell_pos(known), s.cells.cell_pos(unknown)), (Some(town(100.0)), None));
    assert_eq!(s.cells.find_cell("208-01-25601"), Some(unknown));
}

#[test]
fn a_site_stands_at_the_mean_of_its_cells_in_whatever_order_they_came() {
    let masts = [("1", 0.0), ("2", 300.0), ("3", 600.0)];
    let mut reversed = masts;
    reversed.reverse();
    let mut means = Vec::new();
    for order in [masts, reversed] {
        let mut s = order.iter().fold(Story::new(), |s, (cell, east)| s.mast(cell, "roof", *east));
        for (cell, _) in order {
            s.cells.intern(cell, None, &s.inventory);
        }
        let site = s.cells.find_site("roof").unwrap();
        means.push(s.cells.site_pos(site).unwrap());
    }
    assert!(means[0].metres_to(town(300.0)) <= 1.0);
    assert_eq!(means[0], means[1]);
}

#[test]
fn a_change_of_the_inventory_moves_cells_but_no_number() {
    let mut s = Story::new();
    let cell = s.cells.intern("208-01-25601", None, &s.inventory).unwrap();
    let by_rule = s.cells.site(cell);
    s = s.mast("208-01-25601", "north", 50.0);
    assert_eq!(s.cells.site_id(s.cells.site(cell)), "north");
    assert_eq!(s.cells.site_pos(s.cells.site(cell)), Some(town(50.0)));
    assert_eq!(s.cells.site_id(by_rule), "100", "the old number still has its name");
    s.inventory.apply("208-01-25601", None);
    s.cells.refresh(&s.inventory);
    assert_eq!((s.cells.site(cell), s.cells.cell_pos(cell)), (by_rule, None), "a dropped cell goes back to the rule");
}

#[test]
fn a_home_stays_the_same_when_the_inventory_names_its_site_anew() {
    let mut s = Story::new();
    s.ordinary(0..8, "208-01-25601", "208-01-51201");
    assert_eq!(s.site().as_deref(), Some("100"));
    s = s.mast("208-01-25601", "north", 0.0);
    assert_eq!(s.site().as_deref(), Some("north"));
    assert_eq!(s.see(8, 12 * 60, "208-01-25601", None), Presence::Home { slot: 0 });
}

#[test]
fn a_table_read_from_a_snapshot_has_the_same_numbers_and_after_a_refresh_the_same_places() {
    let mut s = Story::new().mast("208-01-4203265", "16419", 100.0);
    for cell in ["208-01-25601", "208-01-4203265", "odd"] {
        s.cells.intern(cell, None, &s.inventory).unwrap();
    }
    let bytes = postcard::to_stdvec(&s.cells).unwrap();
    let mut read: CellTable = postcard::from_bytes(&bytes).unwrap();
    read.refresh(&s.inventory);
    assert_eq!((read.len(), read.sites()), (3, 3));
    for cell in ["208-01-25601", "208-01-4203265", "odd"] {
        let (a, b) = (s.cells.find_cell(cell).unwrap(), read.find_cell(cell).unwrap());
        assert_eq!((a, s.cells.site(a), s.cells.cell_pos(a)), (b, read.site(b), read.cell_pos(b)));
        assert_eq!(s.cells.site_pos(s.cells.site(a)), read.site_pos(read.site(b)));
    }
    assert_eq!(read.intern("odd", None, &s.inventory), s.cells.find_cell("odd"));
}

#[test]
fn a_full_table_takes_no_further_cell_and_keeps_those_it_has() {
    let mut table = CellTable::default();
    let inventory = Inventory::default();
    let max = crate::limits::CELLS_PER_LANE_MAX;
    for number in 0..max {
        assert!(table.intern(&format!("cell {number}"), None, &inventory).is_some());
    }
    assert_eq!(table.intern("one more", None, &inventory), None);
    assert_eq!(table.len(), max);
    assert!(table.intern("cell 7", None, &inventory).is_some());
}
