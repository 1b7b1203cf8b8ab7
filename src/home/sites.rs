//! The site of a cell that the inventory does not know, read from the cell's own identity. Pure.

use crate::units::{CellId, Rat, SiteId};

/// E-UTRAN cell identities have 28 bits, the upper 20 of which name the eNB (3GPP TS 36.413).
const ECI_BITS: u32 = 28;
const ECI_CELL_BITS: u32 = 8;
/// NR cell identities have 36 bits (3GPP TS 38.413).
const NCI_BITS: u32 = 36;

/// The site by rule. `mcc-mnc-identity` and a bare number: ECI >> 8, or NCI >> (36 − `gnb_bits`) for what has more
/// than 28 bits. `mcc-mnc-lac-ci`: LAC and cell, as one site. Anything else is a site of its own.
///
/// What fits into 28 bits is an ECI whatever the record's `rat` says: a non-standalone 5G phone names its LTE anchor
/// on rows marked `nr`, and one node read in two ways would be two sites, and half a home each. A gNB of so small a
/// number loses nothing: its cells differ in their last bits only, so they stay one site, under another name.
///
/// The name is the plain number, as inventories write it, so that a cell the inventory lacks joins the site it has.
/// A bare number of GSM or UMTS says nothing of its site, since the same cell number repeats in every LAC.
#[must_use]
pub fn site_by_rule(cell_id: &str, rat: Option<Rat>, gnb_bits: u8) -> SiteId {
    let mut parts = cell_id.split('-');
    let site = match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(identity), None, ..) if !matches!(rat, Some(Rat::Gsm | Rat::Umts)) => station(identity, gnb_bits),
        (Some(mcc), Some(mnc), Some(identity), None, _) if is_plmn(mcc, mnc) => station(identity, gnb_bits),
        (Some(mcc), Some(mnc), Some(lac), Some(ci), None) if is_plmn(mcc, mnc) && digits(lac) && digits(ci) => {
            let mut site = SiteId::new(lac);
            site.push('-');
            site.push_str(ci);
            Some(site)
        }
        _ => None,
    };
    site.unwrap_or_else(|| CellId::new(cell_id))
}

fn station(identity: &str, gnb_bits: u8) -> Option<SiteId> {
    if !digits(identity) {
        return None;
    }
    let identity: u64 = identity.parse().ok()?;
    let is_nr = identity >> ECI_BITS != 0;
    let shift = if is_nr { NCI_BITS.checked_sub(u32::from(gnb_bits))? } else { ECI_CELL_BITS };
    (identity >> NCI_BITS == 0).then(|| compact_str::format_compact!("{}", identity >> shift))
}

fn is_plmn(mcc: &str, mnc: &str) -> bool {
    mcc.len() == 3 && (2..=3).contains(&mnc.len()) && digits(mcc) && digits(mnc)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lte_cell_belongs_to_the_upper_20_bits_of_its_identity() {
        assert_eq!(site_by_rule("208-01-4203265", Some(Rat::Lte), 24), "16419");
        assert_eq!(site_by_rule("4203265", None, 24), "16419");
    }

    #[test]
    fn a_5g_cell_belongs_to_the_gnb_bits_of_its_identity() {
        let nci = (1_234_567_u64 << 12) | 5;
        assert_eq!(site_by_rule(&format!("208-01-{nci}"), Some(Rat::Nr), 24), "1234567");
        assert_eq!(site_by_rule(&format!("208-01-{nci}"), None, 24), "1234567", "more than 28 bits can only be NR");
        assert_eq!(site_by_rule(&nci.to_string(), None, 32), (nci >> 4).to_string());
    }

    #[test]
    fn the_lte_anchor_named_on_a_row_of_5g_is_the_same_site_as_on_a_row_of_lte() {
        for rat in [Some(Rat::Lte), Some(Rat::Nr), None] {
            assert_eq!(site_by_rule("208-01-4203265", rat, 24), "16419", "{rat:?}");
        }
        // A gNB number of 16 bits or less is read as an ECI: its cells still are one site.
        let (first, third) = ((16_419_u64 << 12) | 1, (16_419_u64 << 12) | 3);
        let site = |nci: u64| site_by_rule(&format!("208-01-{nci}"), Some(Rat::Nr), 24);
        assert_eq!(site(first), site(third));
    }

    #[test]
    fn a_2g_or_3g_cell_is_told_by_lac_and_cell() {
        assert_eq!(site_by_rule("208-01-1201-34567", Some(Rat::Umts), 24), "1201-34567");
        assert_eq!(site_by_rule("34567", Some(Rat::Gsm), 24), "34567");
    }

    #[test]
    fn what_is_not_understood_is_a_site_of_its_own() {
        for odd in
            ["", "-", "north mast", "208-01-", "208-01-4203265x", "99999999999999999999", "208-1-2-3-4", "é-01-7"]
        {
            assert_eq!(site_by_rule(odd, Some(Rat::Lte), 24), odd);
        }
        assert_eq!(site_by_rule("208-01-68719476736", None, 24), "208-01-68719476736", "37 bits are no identity");
    }
}
