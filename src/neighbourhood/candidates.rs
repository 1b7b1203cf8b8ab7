//! Which parameters a radio engineer may turn, by cause. Pure.
//!
//! Names as in the 3GPP specifications: TS 28.541 (`electricalTilt` stands for its remote electrical tilt, after TS 28.662),
//! TS 36.331 / 38.331 (events, offsets, time-to-trigger), TS 36.304 / 38.304 (cell selection and reselection).

use serde::Serialize;

use crate::units::Cause;

/// One parameter and what turning it mends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Candidate {
    pub parameter: &'static str,
    pub mends: &'static str,
}

const fn candidate(parameter: &'static str, mends: &'static str) -> Candidate {
    Candidate { parameter, mends }
}

const COVERAGE: &[Candidate] = &[
    candidate("electricalTilt", "coverage"),
    candidate("referenceSignalPower", "coverage"),
    candidate("q-RxLevMin", "coverage"),
    candidate("cellReselectionPriority", "coverage"),
];
const INTERFERENCE: &[Candidate] = &[
    candidate("electricalTilt", "overlap"),
    candidate("referenceSignalPower", "overlap"),
    candidate("cellReselectionPriority", "interference"),
    candidate("cellIndividualOffset", "overlap"),
];
const CONGESTION: &[Candidate] = &[
    candidate("cellReselectionPriority", "load balance"),
    candidate("cellIndividualOffset", "load balance"),
    candidate("carrierCapacity", "capacity"),
    candidate("capacityLicence", "capacity"),
];
const MOBILITY: &[Candidate] = &[
    candidate("neighbourCellRelation", "missing neighbour"),
    candidate("a3-Offset", "handover too late or too early"),
    candidate("timeToTrigger", "handover too late or too early"),
    candidate("cellIndividualOffset", "handover to the wrong cell"),
];
const OUTAGE: &[Candidate] = &[
    candidate("administrativeState", "locked cell"),
    candidate("operationalState", "failed equipment, power or backhaul"),
];

/// The parameters to look at first for a cause of the network; none for a home's own.
#[must_use]
pub fn candidates(cause: Cause) -> &'static [Candidate] {
    match cause {
        Cause::Coverage => COVERAGE,
        Cause::Interference => INTERFERENCE,
        Cause::Congestion => CONGESTION,
        Cause::Mobility => MOBILITY,
        Cause::Outage => OUTAGE,
        Cause::Building | Cause::Device => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_of_the_network_has_something_to_turn_and_no_other_has() {
        for cause in Cause::ALL {
            assert_eq!(!candidates(*cause).is_empty(), cause.is_network(), "{cause}");
        }
    }
}
