//! Orders and payments.

use super::standing::PaymentFacts;
use super::{AmountView, DeclineView};
use crate::tables::{Merchant, MerchantId, Order, OrderId, Payment, UserId};
use crate::texts::{Language, Role, Sentence, sentence};
use crate::{Code, Facts, Problem, Settings, Stop};
use makegood_base::Timestamp;
use makegood_money::Money;
use makegood_payments::trace::{Next, NextEvent};
use makegood_payments::{MerchantCode, OrderState, QrTarget, SourceKind};
use serde::Serialize;

/// What is expected next, by when, and who has to act.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextView {
    /// What: `confirmation`, `bank_answer`, `enquiry`, `give_back`, `staff_action`.
    pub event: &'static str,
    /// By when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub by: Timestamp,
    /// Who has to act: `payer`, `bank`, `wallet`, `staff`.
    pub who: &'static str,
    /// The same in a sentence.
    pub text: &'static str,
}

impl NextView {
    pub(crate) fn of(next: Next, language: Language) -> Self {
        let key = match next.event {
            NextEvent::Confirmation => Sentence::NextConfirm,
            NextEvent::BankAnswer => Sentence::NextBankAnswer,
            NextEvent::Enquiry => Sentence::NextEnquiry,
            NextEvent::GiveBack => Sentence::NextGiveBack,
            NextEvent::StaffAction => Sentence::NextStaffAction,
        };
        let (event, who) = (next.event.as_str(), next.who.as_str());
        Self { event, by: next.by, who, text: sentence(key, language) }
    }
}

/// A payee, before and after paying.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PayeeView {
    /// `mch_…` or `usr_…`: what `expect.payee` repeats.
    pub id: String,
    /// A merchant's name; a person's, masked.
    pub display_name: String,
    /// Whether the wallet has checked who it is.
    pub verified: bool,
}

impl PayeeView {
    pub(crate) fn merchant(merchant: &Merchant) -> Self {
        Self { id: merchant.id.to_string(), display_name: merchant.name.clone(), verified: false }
    }
}

/// An order: the authoritative answer to "is it paid?".
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderView {
    /// `ord_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `created`, `processing`, `paid`, `expired` or `cancelled`.
    pub status: &'static str,
    /// Who is to be paid.
    pub payee: PayeeView,
    /// The merchant's own number.
    pub merchant_order_no: String,
    /// How much.
    pub amount: AmountView,
    /// What it is for.
    pub description: String,
    /// The kinds of source that the merchant takes.
    pub accepts: Vec<&'static str>,
    /// The EMVCo merchant-presented payload to show as a QR code.
    pub qr: String,
    /// Where its picture is.
    pub qr_svg: String,
    /// The payment that paid it, that is under way, or that is reversed because the order was cancelled.
    pub payment: Option<String>,
    /// When that payment is expected to be over; for one that is reversed, when the money is back.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expected_by: Option<Timestamp>,
    /// What is expected next of that payment.
    pub next: Option<NextView>,
    /// When it was paid.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub paid_at: Option<Timestamp>,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// From when on it cannot be paid.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
}

impl OrderView {
    pub(crate) fn of(
        order: &Order,
        facts: &Facts,
        settings: &Settings,
        language: Language,
    ) -> Result<Self, Stop> {
        let merchant = merchant_of(order.merchant, facts)?;
        let under_way = match order.open_attempt.or(order.reversing) {
            Some(id) => facts.payments.get(&id)?,
            None => None,
        };
        let next = match under_way {
            Some(payment) => PaymentFacts::of(payment, facts)?.next(payment),
            None => None,
        };
        let (paid_by, paid_at) = match order.state {
            OrderState::Paid { payment, at } => (Some(payment), Some(at)),
            _ => (None, None),
        };
        Ok(Self {
            id: order.id.to_string(),
            livemode: settings.livemode,
            status: order.status(),
            payee: PayeeView::merchant(merchant),
            merchant_order_no: order.merchant_order_no.clone(),
            amount: order.amount.into(),
            description: order.description.clone(),
            accepts: order.accepts.iter().map(|kind| kind.as_str()).collect(),
            qr: qr_payload(order, merchant, settings)?,
            qr_svg: format!("/v1/orders/{}/qr.svg", order.id),
            payment: paid_by.or(order.open_attempt).or(order.reversing).map(|id| id.to_string()),
            expected_by: next.map(|next| next.by),
            next: next.map(|next| NextView::of(next, language)),
            paid_at,
            created_at: order.created_at,
            expires_at: order.expires_at,
        })
    }
}

fn merchant_of(id: MerchantId, facts: &Facts) -> Result<&Merchant, Stop> {
    facts.merchants.get(&id)?.ok_or_else(|| Stop::Broken(format!("{id} is missing")))
}

/// The text of an order's QR code: signed, so that a changed amount is noticed.
fn qr_payload(order: &Order, merchant: &Merchant, settings: &Settings) -> Result<String, Stop> {
    let code = MerchantCode {
        target: QrTarget::Order { id: order.id, amount: order.amount, expires_at: order.expires_at },
        merchant_name: merchant.name.clone(),
    };
    code.encode(&settings.qr_key).map_err(|error| Stop::Broken(error.to_string()))
}

/// What a payer reads before paying.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResolvedView {
    /// Who would be paid.
    pub payee: PayeeView,
    /// The order, where it is one.
    pub order: Option<String>,
    /// Where the order stands.
    pub status: Option<&'static str>,
    /// How much, where it is fixed.
    pub amount: Option<AmountView>,
    /// What it is for.
    pub description: Option<String>,
    /// The kinds of source that can pay it.
    pub accepts: Vec<&'static str>,
    /// What the payer pays on top: nothing, in every case today.
    pub fee: Option<AmountView>,
    /// What the merchant gives back, and for how long.
    pub refund_policy: Option<&'static str>,
    /// From when on it cannot be paid.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expires_at: Option<Timestamp>,
    /// False where money is not real.
    pub livemode: bool,
}

impl ResolvedView {
    pub(crate) fn order(
        order: &Order,
        facts: &Facts,
        settings: &Settings,
        language: Language,
    ) -> Result<Self, Stop> {
        Ok(Self {
            payee: PayeeView::merchant(merchant_of(order.merchant, facts)?),
            order: Some(order.id.to_string()),
            status: Some(order.status()),
            amount: Some(order.amount.into()),
            description: Some(order.description.clone()),
            accepts: order.accepts.iter().map(|kind| kind.as_str()).collect(),
            fee: Some(Money::new(0, order.amount.currency()).into()),
            refund_policy: Some(sentence(Sentence::RefundPolicy, language)),
            expires_at: Some(order.expires_at),
            livemode: settings.livemode,
        })
    }

    pub(crate) fn user(user: &crate::tables::User, settings: &Settings) -> Self {
        let id: UserId = user.id;
        Self {
            payee: PayeeView {
                id: id.to_string(),
                display_name: makegood_auth::masked_name(&user.display_name),
                verified: false,
            },
            order: None,
            status: None,
            amount: None,
            description: None,
            accepts: vec![SourceKind::Balance.as_str()],
            fee: None,
            refund_policy: None,
            expires_at: None,
            livemode: settings.livemode,
        }
    }
}

/// Where a payment's money comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceView {
    /// `balance` or `bank_card`.
    pub r#type: &'static str,
    /// The card; the payer alone sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentView {
    /// `pay_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `requires_confirmation`, `processing`, `unknown`, `succeeded`, `partially_refunded`, `refunded`,
    /// `returned` (the bank took it back later), `failed`, `reversing`, `reversed`, `cancelled` or `closed`.
    pub status: &'static str,
    /// Whether the same thing may be paid again without risk.
    pub safe_to_pay_again: bool,
    /// The order, `ord_…`.
    pub order: String,
    /// How much.
    pub amount: AmountView,
    /// Who is paid.
    pub payee: PayeeView,
    /// Where the money comes from.
    pub source: SourceView,
    /// What the merchant pays of it; the payer does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant_fee: Option<AmountView>,
    /// What has been returned.
    pub refunded: AmountView,
    /// Why it was declined; a merchant sees only that it was.
    pub decline: Option<DeclineView>,
    /// The payer's own reference; the payer alone sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ref: Option<String>,
    /// When it is expected to be over.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expected_by: Option<Timestamp>,
    /// Since when it takes longer than was promised.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub delayed_since: Option<Timestamp>,
    /// What is expected next.
    pub next: Option<NextView>,
    /// Where it stands, in a sentence.
    pub summary: String,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When it came to its end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub final_at: Option<Timestamp>,
}

impl PaymentView {
    pub(crate) fn of(
        payment: &Payment,
        facts: &Facts,
        role: Role,
        settings: &Settings,
        language: Language,
    ) -> Result<Self, Stop> {
        let merchant = merchant_of(payment.merchant, facts)?;
        let known = PaymentFacts::of(payment, facts)?;
        let next = known.next(payment).map(|next| NextView::of(next, language));
        // A bank that says it moved another amount may have money that nothing gives back by itself.
        let mismatch = known.bank.as_ref().is_some_and(|bank| bank.mismatch);
        let currency = payment.amount.currency();
        let is_merchant = role == Role::Merchant;
        let decline = payment.decline.as_deref();
        Ok(Self {
            id: payment.id.to_string(),
            livemode: settings.livemode,
            status: payment.status.as_str(),
            safe_to_pay_again: payment.status.safe_to_pay_again() && !mismatch,
            order: payment.order.to_string(),
            amount: payment.amount.into(),
            payee: PayeeView::merchant(merchant),
            source: SourceView {
                r#type: payment.source.kind().as_str(),
                id: payment.source.bank_card().filter(|_| !is_merchant).map(|id| id.to_string()),
            },
            merchant_fee: (role != Role::Payer).then(|| Money::new(payment.fee_minor, currency).into()),
            refunded: Money::new(payment.refunded_minor, currency).into(),
            decline: decline.and_then(|code| DeclineView::of(code, known.late(), role, language)),
            client_ref: payment.client_ref.clone().filter(|_| !is_merchant),
            expected_by: next.as_ref().map(|next| next.by),
            delayed_since: known.delayed_since(),
            next,
            summary: known.summary(payment, role, language),
            created_at: payment.created_at,
            final_at: payment.final_at,
        })
    }

    /// The decline of this payment as a problem that carries it.
    pub(crate) fn declined(self, code: Code) -> Problem {
        Problem::new(code).with_payment(self)
    }
}

/// The order that an id names, or that there is none.
pub(crate) fn order_of(id: OrderId, facts: &Facts) -> Result<&Order, Stop> {
    facts.orders.get(&id)?.ok_or(Stop::from(Code::NotFound))
}
