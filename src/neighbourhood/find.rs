//! Where the share of degraded homes is too high. Pure.
//!
//! Each cause is tested for the site, for each cell and, if it can sit in one spot, for each hexagon; then all network
//! causes together, since one fault is diagnosed differently in different homes. The narrowest scope that
//! explains a share is found: a site whose other cells are healthy is a cell's matter.

use super::causes::CauseSet;
use super::homes::Homes;
use super::pooled::{pooled, symptoms};
use super::rules::Rules;
use super::scope::Scope;
use super::totals::Totals;
use crate::units::{Cause, Day, wilson};

/// One scope that suffers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub scope: Scope,
    pub cause: Cause,
    /// Causes whose homes this fault explains.
    pub covers: CauseSet,
    /// Whether `cause` exceeds the share on its own.
    pub alone: bool,
    pub footing: Footing,
}

/// What a finding stands on: it settles the sooner the firmer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Footing {
    /// It holds without the homes that are degraded only by a running episode.
    Lasting,
    /// The homes in fresh trouble are too many for chance, and all in trouble not yet.
    Forming,
    /// Only with the homes that are degraded by a running episode.
    Transient,
}

/// Whether `hits` of these homes are too many, by a bound of `z` standard deviations.
fn too_many(homes: u32, hits: u32, z: f64, rules: &Rules) -> bool {
    homes >= rules.k && wilson::lower_bound(hits, homes, z) > rules.min_share
}

/// Whether so many homes came into trouble lately that it is no chance.
pub(super) fn newly_degraded(homes: &Homes, causes: CauseSet, rules: &Rules) -> bool {
    let fresh = homes.fresh(causes);
    fresh >= rules.k && wilson::lower_bound(fresh, homes.homes, rules.z) > rules.healthy_share()
}

/// Whether the homes of a scope suffer, by a bound of `z` standard deviations where it is old trouble.
fn suffers(homes: &Homes, causes: CauseSet, z: f64, rules: &Rules) -> bool {
    too_many(homes.homes, homes.of(causes), z, rules) || newly_degraded(homes, causes, rules)
}

/// Whether a cell or a hexagon suffers.
fn part_suffers(homes: &Homes, causes: CauseSet, rules: &Rules) -> bool {
    suffers(homes, causes, rules.z_parts, rules)
}

/// Whether the parts explain the whole: what is left of it is enough to judge, and healthy.
fn explained(whole: &Homes, parts: &[Homes], causes: CauseSet, rules: &Rules) -> bool {
    let rest = parts.iter().fold(*whole, Homes::minus);
    !parts.is_empty() && rest.homes >= rules.k && rest.share(causes) < rules.healthy_share()
}

/// The scopes that suffer of `causes`, the narrowest that explain it.
fn scopes(totals: &Totals, causes: CauseSet, rules: &Rules) -> Vec<Scope> {
    // Most causes of most sites: no scope need be looked at where no home suffers of them.
    if totals.site.of(causes) == 0 && totals.site.of(causes.in_one_spot()) == 0 {
        return Vec::new();
    }
    let cells: Vec<_> = totals.cells.iter().filter(|(_, homes)| part_suffers(homes, causes, rules)).collect();
    let spot_causes = causes.in_one_spot();
    let spots: Vec<_> = totals
        .spots()
        .map(|hex| (hex, totals.homes(&Scope::Hexagon(hex))))
        .filter(|(_, homes)| part_suffers(homes, spot_causes, rules))
        .collect();
    let cell_homes: Vec<Homes> = cells.iter().map(|(_, homes)| **homes).collect();
    let spot_homes: Vec<Homes> = spots.iter().map(|(_, homes)| *homes).collect();
    let in_parts =
        explained(&totals.site, &cell_homes, causes, rules) || explained(&totals.site, &spot_homes, causes, rules);
    let whole_site = suffers(&totals.site, causes, rules.z, rules);
    if whole_site && !in_parts {
        return vec![Scope::Site];
    }
    let mut found = Vec::new();
    for (cell, homes) in cells {
        let in_it = |hex| totals.by_cell(hex).filter(|(c, _)| *c == Some(cell)).map(|(_, homes)| *homes);
        let parts: Vec<Homes> = spots.iter().flat_map(|(hex, _)| in_it(*hex)).collect();
        if !explained(homes, &parts, causes, rules) {
            found.push(Scope::Cell(cell.clone()));
        }
    }
    for (hex, homes) in spots {
        let taken = |cell: Option<&crate::units::CellId>| {
            found.iter().any(|f| matches!(f, Scope::Cell(id) if Some(id) == cell))
        };
        let others =
            totals.by_cell(hex).filter(|(cell, _)| taken(*cell)).fold(homes, |rest, (_, part)| rest.minus(part));
        if part_suffers(&others, spot_causes, rules) {
            found.push(Scope::Hexagon(hex));
        }
    }
    if found.is_empty() && whole_site {
        found.push(Scope::Site);
    }
    found
}

/// The causes to count in a scope when `causes` are tested.
pub(super) fn counted(scope: &Scope, causes: CauseSet) -> CauseSet {
    if matches!(scope, Scope::Hexagon(_)) { causes.in_one_spot() } else { causes }
}

fn explains(wide: &Finding, narrow: &Finding, totals: &Totals, rules: &Rules) -> bool {
    wide.covers.contains(narrow.cause) && lies_in(&narrow.scope, &wide.scope, narrow.covers, totals, rules)
}

/// Whether a wider scope already tells of a narrower one. A hexagon lies in a cell if, without the cell's homes, it
/// would not suffer.
pub(super) fn lies_in(narrow: &Scope, wide: &Scope, causes: CauseSet, totals: &Totals, rules: &Rules) -> bool {
    match (wide, narrow) {
        (Scope::Site, Scope::Cell(_) | Scope::Hexagon(_)) => true,
        (Scope::Cell(id), Scope::Hexagon(hex)) => {
            let others = totals.by_cell(*hex).filter(|(cell, _)| *cell != Some(id));
            let others = others.fold(Homes::default(), |sum, (_, homes)| sum.plus(homes));
            !part_suffers(&others, causes, rules)
        }
        _ => false,
    }
}

/// Everything that is too high in an area, widest scopes first, then by cause; nothing that a wider one explains.
#[must_use]
pub(super) fn find(totals: &Totals, today: Day, rules: &Rules) -> Vec<Finding> {
    let footing = |scope: &Scope, causes: CauseSet| {
        let homes = totals.homes(scope);
        if too_many(homes.homes, homes.lasting(causes), rules.z_of(scope), rules) {
            Footing::Lasting
        } else if newly_degraded(&homes, causes, rules) {
            Footing::Forming
        } else {
            Footing::Transient
        }
    };
    let mut found: Vec<Finding> = Vec::new();
    for cause in CauseSet::network().iter() {
        for scope in scopes(totals, CauseSet::one(cause), rules) {
            let covers = counted(&scope, CauseSet::one(cause));
            let footing = footing(&scope, covers);
            found.push(Finding { scope, cause, covers, alone: true, footing });
        }
    }
    for scope in scopes(totals, CauseSet::network(), rules) {
        let all = counted(&scope, CauseSet::network());
        let alone: CauseSet = found.iter().filter(|f| f.scope == scope).map(|f| f.cause).collect();
        let Some(cause) = totals.homes(&scope).leading(all) else { continue };
        let covers = all.without(alone).with(cause);
        let spot = covers.contains(Cause::Coverage);
        let covers = if spot { covers } else { covers.without(CauseSet::one(Cause::Building)) };
        let footing = footing(&scope, all);
        found.retain(|f| f.scope != scope || f.cause != cause);
        found.push(Finding { scope, cause, covers, alone: alone.contains(cause), footing });
    }
    if let Some(cause) = pooled(totals, today, rules) {
        found.retain(|f| !symptoms(cause).contains(f.cause));
        let others: CauseSet = found.iter().filter(|f| f.scope == Scope::Site && f.alone).map(|f| f.cause).collect();
        let covers = CauseSet::network().without(others).with(cause);
        found.push(Finding { scope: Scope::Site, cause, covers, alone: true, footing: Footing::Lasting });
    }
    let kept: Vec<Finding> =
        found.iter().filter(|f| !found.iter().any(|wide| explains(wide, f, totals, rules))).cloned().collect();
    found = kept;
    found.sort_by(|a, b| (&a.scope, a.cause).cmp(&(&b.scope, b.cause)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbourhood::Hexagon;
    use crate::units::LatLon;

    fn homes(n: u32, degraded: &[(Cause, u32)]) -> Homes {
        let mut homes = Homes { homes: n, ..Homes::default() };
        for (cause, count) in degraded {
            homes.degraded[cause.index()] = *count;
        }
        homes
    }

    fn area(cells: &[(&str, Homes)]) -> Totals {
        let mut totals = Totals::default();
        for (id, homes) in cells {
            totals.site = totals.site.plus(homes);
            totals.cells.insert((*id).into(), *homes);
        }
        totals
    }

    fn found(totals: &Totals) -> Vec<(String, Cause)> {
        find(totals, Day(0), &Rules::default()).into_iter().map(|f| (f.scope.text(), f.cause)).collect()
    }

    #[test]
    fn thirty_seven_of_sixty_homes_with_interference_are_the_sites_matter() {
        let bad = |n, d| homes(n, &[(Cause::Interference, d)]);
        assert_eq!(found(&area(&[("a", bad(40, 25)), ("b", bad(20, 12))])), [("site".into(), Cause::Interference)]);
    }

    #[test]
    fn three_of_five_homes_prove_nothing_and_four_of_four_are_too_few() {
        assert!(found(&area(&[("a", homes(5, &[(Cause::Coverage, 3)]))])).is_empty());
        assert!(found(&area(&[("a", homes(4, &[(Cause::Coverage, 4)]))])).is_empty());
        assert_eq!(found(&area(&[("a", homes(5, &[(Cause::Coverage, 5)]))])), [("site".into(), Cause::Coverage)]);
    }

    #[test]
    fn a_bad_cell_of_a_site_whose_other_cells_are_healthy_is_named_alone() {
        // 36 of 60 homes: the site's share is .60, but cells b and c are well.
        let bad = homes(40, &[(Cause::Congestion, 36)]);
        let totals = area(&[("a", bad), ("b", homes(10, &[])), ("c", homes(10, &[(Cause::Coverage, 1)]))]);
        assert_eq!(found(&totals), [("cell:a".into(), Cause::Congestion)]);
    }

    #[test]
    fn a_hole_of_eight_homes_is_found_in_a_healthy_cell_of_five_hundred() {
        let hole = Hexagon::at(LatLon::new(45.76, 4.84).unwrap()).unwrap();
        let beside = Hexagon::at(LatLon::new(45.77, 4.84).unwrap()).unwrap();
        // Each seemed the only poor home of its large cell, so most were diagnosed `building`.
        let poor = homes(8, &[(Cause::Building, 6), (Cause::Coverage, 1)]);
        let mut totals = area(&[("a", homes(500, &[(Cause::Building, 20), (Cause::Coverage, 2)]))]);
        totals.hexagons.insert((hole, Some("a".into())), poor);
        totals.hexagons.insert((beside, Some("a".into())), homes(60, &[(Cause::Building, 4)]));
        assert_eq!(found(&totals), [(format!("hexagon:{hole}"), Cause::Coverage)]);
    }

    #[test]
    fn homes_that_are_alone_in_their_trouble_make_no_site_suffer() {
        assert!(found(&area(&[("a", homes(20, &[(Cause::Building, 10), (Cause::Device, 10)]))])).is_empty());
    }

    #[test]
    fn one_fault_diagnosed_in_three_ways_is_one_finding_that_covers_them_all() {
        let mixed = homes(60, &[(Cause::Coverage, 12), (Cause::Interference, 14), (Cause::Mobility, 6)]);
        let findings = find(&area(&[("a", mixed)]), Day(0), &Rules::default());
        assert_eq!(findings.len(), 1);
        let finding = &findings[0];
        assert_eq!((finding.cause, finding.alone), (Cause::Interference, false));
        assert!(finding.covers.contains(Cause::Coverage) && finding.covers.contains(Cause::Mobility));
        assert!(!finding.covers.contains(Cause::Building));
    }

    #[test]
    fn two_faults_that_each_stand_alone_are_two_findings() {
        let both = homes(100, &[(Cause::Coverage, 45), (Cause::Congestion, 44)]);
        assert_eq!(
            found(&area(&[("a", both)])),
            [("site".into(), Cause::Coverage), ("site".into(), Cause::Congestion)]
        );
    }

    #[test]
    fn a_bad_evening_alone_is_not_lasting() {
        let mut evening = homes(60, &[(Cause::Congestion, 40)]);
        evening.transient[Cause::Congestion.index()] = 38;
        assert_eq!(find(&area(&[("a", evening)]), Day(0), &Rules::default())[0].footing, Footing::Transient);
    }

    #[test]
    fn a_few_homes_that_came_into_trouble_together_are_found_where_as_many_old_ones_are_not() {
        let old = homes(30, &[(Cause::Coverage, 10)]);
        let mut new = old;
        new.fresh[Cause::Coverage.index()] = 10;
        let well = homes(60, &[]);
        assert!(found(&area(&[("a", old), ("b", well)])).is_empty());
        let totals = area(&[("a", new), ("b", well)]);
        assert_eq!(found(&totals), [("cell:a".into(), Cause::Coverage)]);
        assert_eq!(find(&totals, Day(0), &Rules::default())[0].footing, Footing::Forming);
    }

    #[test]
    fn four_homes_in_fresh_trouble_are_too_few() {
        let mut few = homes(8, &[(Cause::Coverage, 4)]);
        few.fresh = few.degraded;
        assert!(found(&area(&[("a", few)])).is_empty());
    }
}
