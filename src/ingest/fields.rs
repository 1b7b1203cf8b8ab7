//! Our own fields, by input: the names that topics carry and mappings fill. Pure.

use super::Input;

/// What a field holds, so that a mapping knows how to read a source's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Flag,
    Time,
    /// A list of whole numbers.
    Numbers,
    /// A list of texts.
    Texts,
}

/// The fields of one input. A dotted name is a field of a nested object.
pub(super) trait Field: Copy + 'static {
    const ALL: &'static [Self];
    /// Nested objects, by the first part of their fields' names.
    const GROUPS: &'static [&'static str];
    fn name(self) -> &'static str;
    /// Position in `ALL` and in a record's slots.
    fn slot(self) -> usize;
    /// The field of that full name.
    fn find(name: &str) -> Option<Self>;
    fn shape(self) -> Shape;
}

/// Declares the fields of one input: name and shape of each, in the order of their slots.
macro_rules! fields {
    ($(#[$meta:meta])* $name:ident $groups:tt { $($variant:ident: $shape:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant),+ }

        impl Field for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const GROUPS: &'static [&'static str] = &$groups;
            fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            fn slot(self) -> usize {
                self as usize
            }
            fn find(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
            fn shape(self) -> Shape {
                match self { $(Self::$variant => Shape::$shape),+ }
            }
        }
    };
}

fields! {
    ProbeField [] {
        EventId: Text = "event_id",
        CustomerId: Text = "customer_id",
        Ts: Time = "ts",
        Kind: Text = "kind",
        CellId: Text = "cell_id",
        Rat: Text = "rat",
        Lat: Number = "lat",
        Lon: Number = "lon",
        RsrpDbm: Number = "rsrp_dbm",
        RsrqDb: Number = "rsrq_db",
        SinrDb: Number = "sinr_db",
        Cqi: Number = "cqi",
        SignalDbm: Number = "signal_dbm",
        DlKbps: Number = "dl_kbps",
        UlKbps: Number = "ul_kbps",
        VolumeKb: Number = "volume_kb",
        LatencyMs: Number = "latency_ms",
        JitterMs: Number = "jitter_ms",
        LossPct: Number = "loss_pct",
        SetupOk: Flag = "setup_ok",
        SetupTimeMs: Number = "setup_time_ms",
        DurationS: Number = "duration_s",
        Indoor: Flag = "indoor",
    }
}

fields! {
    ContactField [] {
        ContactId: Text = "contact_id",
        CustomerId: Text = "customer_id",
        Ts: Time = "ts",
        Channel: Text = "channel",
        ReasonCode: Text = "reason_code",
        Text: Text = "text",
        Resolved: Flag = "resolved",
    }
}

fields! {
    SurveyField [] {
        CustomerId: Text = "customer_id",
        Ts: Time = "ts",
        Nps: Number = "nps",
        Csat: Number = "csat",
        About: Text = "about",
    }
}

fields! {
    OutcomeField [] {
        ActionId: Text = "action_id",
        Ts: Time = "ts",
        Status: Text = "status",
    }
}

fields! {
    CrmField ["consent", "device"] {
        CustomerId: Text = "customer_id",
        ChurnRisk: Number = "churn_risk",
        ClvEur: Number = "clv_eur",
        ArpuEur: Number = "arpu_eur",
        Segment: Text = "segment",
        TenureMonths: Number = "tenure_months",
        NetworkCare: Flag = "consent.network_care",
        Marketing: Flag = "consent.marketing",
        Location: Flag = "consent.location",
        ChannelPreference: Text = "channel_preference",
        HasFixedBroadband: Flag = "has_fixed_broadband",
        Vowifi: Flag = "device.vowifi",
        Volte: Flag = "device.volte",
        Nr: Flag = "device.nr",
        Bands: Numbers = "device.bands",
        HasFemtocell: Flag = "has_femtocell",
        HomeLat: Number = "home_lat",
        HomeLon: Number = "home_lon",
    }
}

fields! {
    CellField [] {
        CellId: Text = "cell_id",
        SiteId: Text = "site_id",
        Lat: Number = "lat",
        Lon: Number = "lon",
        Rat: Text = "rat",
        AzimuthDeg: Number = "azimuth_deg",
        Band: Number = "band",
        TiltDeg: Number = "tilt_deg",
        PowerDbm: Number = "power_dbm",
        Neighbours: Texts = "neighbours",
    }
}

/// Slots that hold any input's fields.
pub(super) const SLOTS: usize = ProbeField::ALL.len();

const _: () = assert!(
    CrmField::ALL.len() <= SLOTS && CellField::ALL.len() <= SLOTS && ContactField::ALL.len() <= SLOTS,
    "probes have the most fields"
);

/// Name and shape of an input's fields, by slot.
pub(super) fn table(input: Input) -> Vec<(&'static str, Shape)> {
    fn of<F: Field>() -> Vec<(&'static str, Shape)> {
        F::ALL.iter().map(|f| (f.name(), f.shape())).collect()
    }
    match input {
        Input::Probes => of::<ProbeField>(),
        Input::Contacts => of::<ContactField>(),
        Input::Surveys => of::<SurveyField>(),
        Input::Outcomes => of::<OutcomeField>(),
        Input::Crm => of::<CrmField>(),
        Input::Cells => of::<CellField>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_for_people_names_every_field_of_every_input() {
        let docs = include_str!("../../docs/topics.md");
        for input in Input::ALL {
            for (name, _) in table(*input) {
                assert!(docs.contains(&format!("`{name}`")), "docs/topics.md does not name `{name}` of {input}");
            }
        }
    }
}
