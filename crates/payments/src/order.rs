//! An order: what a merchant asks to be paid, once. Each payment is an attempt under it; at most one attempt
//! whose outcome is open holds the order at a time.

use crate::SourceKind;
use makegood_base::{MerchantId, OrderId, PaymentId, Timestamp};
use makegood_money::Money;

/// What closed an order, or that nothing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// It can be paid.
    Open,
    /// It is paid.
    Paid {
        /// By which payment.
        payment: PaymentId,
        /// When.
        at: Timestamp,
    },
    /// The merchant took it back.
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// Nobody paid it in time.
    Expired {
        /// When it was closed.
        at: Timestamp,
    },
}

/// Why an order cannot be paid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPayable {
    /// It is paid already.
    #[error("the order is paid by {0}")]
    Paid(PaymentId),
    /// It was cancelled.
    #[error("the order was cancelled")]
    Cancelled,
    /// Its time is over.
    #[error("the order has expired")]
    Expired,
    /// An attempt with an open outcome holds it.
    #[error("{0} is under way")]
    AttemptOpen(PaymentId),
}

/// An order of a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id; the ledger transaction that pays it has an id derived from this one.
    pub id: OrderId,
    /// Who is to be paid.
    pub merchant: MerchantId,
    /// The merchant's own number, unique for ever per merchant.
    pub merchant_order_no: String,
    /// How much.
    pub amount: Money,
    /// What it is for, in the merchant's words.
    pub description: String,
    /// The kinds of source that the merchant accepts for it.
    pub accepts: Vec<SourceKind>,
    /// The merchant's fee when it was made.
    pub fee_basis_points: u32,
    /// What closed it, if anything has.
    pub state: OrderState,
    /// The attempt whose outcome is open.
    pub open_attempt: Option<PaymentId>,
    /// The attempt that was under way when the order was cancelled; the wallet has taken it over.
    pub reversing: Option<PaymentId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it cannot be paid.
    pub expires_at: Timestamp,
}

impl Order {
    /// Whether a new attempt may start now.
    pub fn check_payable(&self, now: Timestamp) -> Result<(), NotPayable> {
        match (self.state, self.open_attempt) {
            (OrderState::Paid { payment, .. }, _) => Err(NotPayable::Paid(payment)),
            (OrderState::Cancelled { .. }, _) => Err(NotPayable::Cancelled),
            (OrderState::Expired { .. }, _) => Err(NotPayable::Expired),
            (OrderState::Open, Some(attempt)) => Err(NotPayable::AttemptOpen(attempt)),
            (OrderState::Open, None) if now >= self.expires_at => Err(NotPayable::Expired),
            (OrderState::Open, None) => Ok(()),
        }
    }

    /// Locks the order to an attempt.
    pub fn begin_attempt(&mut self, payment: PaymentId, now: Timestamp) -> Result<(), NotPayable> {
        self.check_payable(now)?;
        self.open_attempt = Some(payment);
        Ok(())
    }

    /// The order is paid by this attempt. Refused when it is closed or held by another one.
    pub fn pay(&mut self, payment: PaymentId, now: Timestamp) -> Result<(), NotPayable> {
        match (self.state, self.open_attempt) {
            (OrderState::Open, Some(attempt)) if attempt == payment => {}
            _ => self.check_payable(now)?,
        }
        self.open_attempt = None;
        self.state = OrderState::Paid { payment, at: now };
        Ok(())
    }

    /// An attempt ended without paying: the order is free again if it was held by this one.
    pub fn end_attempt(&mut self, payment: PaymentId) {
        if self.open_attempt == Some(payment) {
            self.open_attempt = None;
        }
    }

    /// The merchant takes the order back. An attempt that holds it is handed over to be reversed.
    pub fn cancel(&mut self, now: Timestamp) -> Result<Option<PaymentId>, NotPayable> {
        match self.state {
            OrderState::Paid { payment, .. } => Err(NotPayable::Paid(payment)),
            OrderState::Cancelled { .. } => Ok(None),
            OrderState::Expired { .. } => Err(NotPayable::Expired),
            OrderState::Open => {
                self.state = OrderState::Cancelled { at: now };
                self.reversing = self.open_attempt.take();
                Ok(self.reversing)
            }
        }
    }

    /// Closes an order whose time is over; false when there is nothing to close.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let due = self.next_deadline().is_some_and(|deadline| deadline <= now);
        if due {
            self.state = OrderState::Expired { at: now };
        }
        due
    }

    /// When the order has to be looked at by itself: at its expiry, unless an attempt holds it.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        (self.state == OrderState::Open && self.open_attempt.is_none()).then_some(self.expires_at)
    }

    /// The one word that tells a client where the order stands.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.state, self.open_attempt) {
            (OrderState::Paid { .. }, _) => "paid",
            (OrderState::Cancelled { .. }, _) => "cancelled",
            (OrderState::Expired { .. }, _) => "expired",
            (OrderState::Open, Some(_)) => "processing",
            (OrderState::Open, None) => "created",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_money::Currency;

    fn order() -> Order {
        Order {
            id: OrderId::from_raw([1; 16]),
            merchant: MerchantId::from_raw([2; 16]),
            merchant_order_no: "A-1".into(),
            amount: Money::new(10_000, Currency::CNY),
            description: String::new(),
            accepts: SourceKind::ALL.to_vec(),
            fee_basis_points: 60,
            state: OrderState::Open,
            open_attempt: None,
            reversing: None,
            created_at: at(0),
            expires_at: at(100),
        }
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn payment(number: u8) -> PaymentId {
        PaymentId::from_raw([number; 16])
    }

    #[test]
    fn one_attempt_holds_an_order_until_it_ends() {
        let mut order = order();
        order.begin_attempt(payment(1), at(1)).unwrap();
        assert_eq!(order.status(), "processing");
        assert_eq!(order.begin_attempt(payment(2), at(2)), Err(NotPayable::AttemptOpen(payment(1))));
        assert_eq!(order.next_deadline(), None);
        assert!(!order.expire(at(200)), "an order with an open attempt never expires under it");
        order.end_attempt(payment(2));
        assert_eq!(order.open_attempt, Some(payment(1)));
        order.end_attempt(payment(1));
        assert!(order.expire(at(200)));
        assert_eq!(order.begin_attempt(payment(2), at(201)), Err(NotPayable::Expired));
    }

    #[test]
    fn an_order_is_paid_once() {
        let mut order = order();
        order.begin_attempt(payment(1), at(1)).unwrap();
        assert_eq!(order.pay(payment(2), at(2)), Err(NotPayable::AttemptOpen(payment(1))));
        order.pay(payment(1), at(500)).unwrap();
        assert_eq!(order.pay(payment(1), at(501)), Err(NotPayable::Paid(payment(1))));
        assert_eq!(order.cancel(at(502)), Err(NotPayable::Paid(payment(1))));
        assert_eq!(order.next_deadline(), None);
    }

    #[test]
    fn cancelling_hands_the_open_attempt_over() {
        let mut order = order();
        order.begin_attempt(payment(1), at(1)).unwrap();
        assert_eq!(order.cancel(at(2)), Ok(Some(payment(1))));
        assert_eq!(order.cancel(at(3)), Ok(None));
        assert_eq!(order.pay(payment(1), at(4)), Err(NotPayable::Cancelled));
        assert_eq!(order.status(), "cancelled");
    }

    #[test]
    fn expiry_is_exclusive() {
        let order = order();
        assert_eq!(order.check_payable(at(99)), Ok(()));
        assert_eq!(order.check_payable(at(100)), Err(NotPayable::Expired));
    }
}
