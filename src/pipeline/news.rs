//! Whether a probe is news: whether the customer must be looked at in the next minute of the grid. Pure.
//!
//! Most probes say that a home that was fine is fine. They are counted and change no answer: nobody is degraded by a good
//! sample. Only the home, its panes and its area can be moved by them, and where they are, it is news. What such probes
//! shift slowly (the mean position, the day that a pane leaves) is seen at the nightly look, which every home has.

use super::customer::Track;
use crate::home::{Presence, Sighted};
use crate::ingest::{Probe, ProbeKind};
use crate::qos::{Grade, Rules};
use crate::units::Day;

impl Track {
    /// Called when the probe is folded.
    pub(super) fn is_news(
        &self,
        probe: &Probe,
        grade: Option<Grade>,
        day: Day,
        sighted: Sighted,
        rules: &Rules,
    ) -> bool {
        if sighted.judged || sighted.panes != Sighted::UNMOVED || !self.is_settled() {
            return true;
        }
        match sighted.presence {
            Presence::Home { slot } if slot == self.home_slot => {
                !probe.is_good(grade, rules) || self.is_turning(day, rules)
            }
            // What is measured elsewhere is only asked for where something is wrong at home.
            _ => false,
        }
    }

    /// Nothing is wrong, nothing is being decided, and tonight's look is set.
    fn is_settled(&self) -> bool {
        let fine = self.contribution.as_ref().is_some_and(|c| c.cause.is_none() && !c.no_service && c.contacts == 0);
        fine && self.counted.suffering.is_none()
            && !self.counted.felt
            && self.decisions.is_none()
            && self.episode.is_over()
            && self.due.get().is_some()
    }

    /// The day has seen something bad and is about to have the samples that make it count; or it is not today's pane.
    fn is_turning(&self, day: Day, rules: &Rules) -> bool {
        let panes = &self.panes[usize::from(self.home_slot)];
        panes.newest() != Some(day)
            || panes.pane(day).is_none_or(|pane| !pane.is_clean() && u32::from(pane.samples) <= rules.day_samples_min)
    }
}

impl Probe {
    /// Whether nothing that was measured could lower a score that is at its target.
    fn is_good(&self, grade: Option<Grade>, rules: &Rules) -> bool {
        if grade.is_some_and(Grade::is_poor) {
            return false;
        }
        match self.kind {
            ProbeKind::Measurement => true,
            ProbeKind::DataSession => {
                self.dl_kbps.is_none_or(|kbps| kbps >= rules.scores.throughput_p10_mbps.good * 1000.0)
            }
            ProbeKind::CallSetup => self.setup_ok != Some(false) && self.setup_time_ms.is_none(),
            ProbeKind::CallEnd => self.loss_pct.is_none() || self.latency_ms.is_none(),
            ProbeKind::CallDrop | ProbeKind::NoService | ProbeKind::Rlf | ProbeKind::HandoverFailure => false,
        }
    }
}
