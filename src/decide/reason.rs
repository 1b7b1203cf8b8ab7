//! Why something was done or left. Pure. Its words are metric labels, log fields and journal entries.

use crate::units::words;

words! {
    /// The stages of a decision, in the order in which they are asked.
    Stage {
        Mode = "mode",
        Consent = "consent",
        Eligibility = "eligibility",
        Applicability = "applicability",
        Suitability = "suitability",
        ContactPolicy = "contact_policy",
        Neighbourhood = "neighbourhood",
        Gain = "gain",
        Budget = "budget",
        HoldOut = "hold_out",
    }
}

words! {
    /// The one reason that settled a decision.
    Reason {
        /// Emitted: the action with the best expected gain.
        BestGain = "best_gain",
        /// The same act is already offered in this episode.
        AlreadyOffered = "already_offered",
        NoConsent = "no_consent",
        /// The customer does not want his location used: counted in area totals only.
        NoLocationConsent = "no_location_consent",
        HomeNotConfirmed = "home_not_confirmed",
        AreaUnknown = "area_unknown",
        /// Fewer than 20 samples on 3 days, or a churn risk or value that is not known.
        NotEnoughSupport = "not_enough_support",
        /// Today and yesterday are not bad themselves.
        Recovered = "recovered",
        NotEligible = "not_eligible",
        AlreadyInstalled = "already_installed",
        NotForThisCause = "not_for_this_cause",
        /// Satisfaction before upsell: nothing is sold to who suffers without a remedy.
        NotSuitable = "not_suitable",
        Cooldown = "cooldown",
        ContactCap = "contact_cap",
        ChannelCap = "channel_cap",
        QuietHours = "quiet_hours",
        /// A verdict for the whole neighbourhood covers the home.
        Neighbourhood = "neighbourhood",
        NoGain = "no_gain",
        LowerGain = "lower_gain",
        StockExhausted = "stock_exhausted",
        BudgetExhausted = "budget_exhausted",
        HoldOut = "hold_out",
        Shadow = "shadow",
        Backfill = "backfill",
        StaleInputs = "stale_inputs",
        OffersDisabled = "offers_disabled",
        Surge = "surge",
        /// Withdrawn: a ticket for the offer's cause was opened.
        TicketOpened = "ticket_opened",
        /// Withdrawn: the customer took his consent back.
        ConsentWithdrawn = "consent_withdrawn",
        /// Withdrawn: the customer was erased.
        CustomerErased = "customer_erased",
        /// Panes restarted: a ticket that covered the home was resolved.
        TicketResolved = "ticket_resolved",
        /// The cause is one that a cell has with many homes, or the signal was lost from one day to the next; enough homes
        /// are seen without a verdict, and this home's trouble is young: chance, or the street's fault that has only begun.
        NotShared = "not_shared",
        /// It may be repaired: the newest sample at home is not poor, or hours old. Judged again as soon as it is seen.
        NotFresh = "not_fresh",
    }
}
