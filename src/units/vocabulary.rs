//! Closed vocabularies. Pure. Their `as_str()` is what topics, logs and metric labels carry.

/// Declares an enum of fixed words with `as_str`, `parse` and `ALL`.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The word's value; `None` for any other text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Radio access technology of a probe or a cell.
    Rat { Gsm = "gsm", Umts = "umts", Lte = "lte", Nr = "nr", Wifi = "wifi" }
}

words! {
    /// What is wrong. The order is the order of tables and labels, not of importance.
    Cause {
        /// RSRP is low.
        Coverage = "coverage",
        /// RSRP is fine, RSRQ or SINR is bad: interference or overlap.
        Interference = "interference",
        /// Radio is fine, throughput is bad, worse in the busy hours.
        Congestion = "congestion",
        /// Drops within 10 s of a change of cell, radio link failures, handover failures.
        Mobility = "mobility",
        /// No service.
        Outage = "outage",
        /// Only this home on its cell is poor.
        Building = "building",
        /// The cell's other homes are fine and the customer is poor elsewhere too.
        Device = "device",
    }
}

impl Cause {
    /// Position in [`Cause::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether operations can repair it for a whole neighbourhood.
    #[must_use]
    pub fn is_network(self) -> bool {
        !matches!(self, Self::Building | Self::Device)
    }

    /// A fault that a cell usually has with many of its homes: its load, the interference in it, its handovers, its
    /// absence. A weak signal is as often one home's own.
    #[must_use]
    pub fn is_shared(self) -> bool {
        self.is_network() && self != Self::Coverage
    }
}

/// One figure per cause, indexed by [`Cause::index`].
pub type Causes<T> = [T; Cause::ALL.len()];

words! {
    /// The customer's value segment; it sets the target of quality.
    Segment { Low = "low", Mid = "mid", High = "high" }
}

words! {
    /// What homeqos can do. Cost, effect, eligibility and channel stand in the catalogue.
    ActionKind {
        VowifiActivation = "vowifi_activation",
        Femtocell = "femtocell",
        IndoorRepeater = "indoor_repeater",
        HandsetSwap = "handset_swap",
        SimSwap = "sim_swap",
        CareCallback = "care_callback",
        InformationMessage = "information_message",
        NetworkTicket = "network_ticket",
    }
}
