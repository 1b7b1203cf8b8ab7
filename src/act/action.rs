//! One message of the actions topic, ready to be produced. Pure.

use serde::{Deserialize, Serialize};

use crate::units::{ActionKind, words};

words! {
    /// Which of the two action topics a message belongs to (by default one and the same).
    ActionTopic { Offers = "offers", Tickets = "tickets" }
}

words! {
    /// The CloudEvents type of a message.
    EventType {
        OfferMade = "org.homeqos.offer.made.v1",
        OfferWithdrawn = "org.homeqos.offer.withdrawn.v1",
        TicketOpened = "org.homeqos.ticket.opened.v1",
        TicketUpdated = "org.homeqos.ticket.updated.v1",
        TicketResolved = "org.homeqos.ticket.resolved.v1",
        TicketReopened = "org.homeqos.ticket.reopened.v1",
        TicketEscalated = "org.homeqos.ticket.escalated.v1",
        TicketCancelled = "org.homeqos.ticket.cancelled.v1",
    }
}

/// A message: topic, key, headers in their order, JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub topic: ActionTopic,
    pub event: EventType,
    pub kind: ActionKind,
    /// The customer of an offer, the area of a ticket.
    pub key: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}
