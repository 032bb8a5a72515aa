//! Amounts, balances, entries, top-ups, transfers and refunds.

use super::standing::{TopUpFacts, bank_facts, refund_next, refund_summary};
use super::{DeclineView, NextSettlementView, NextView};
use crate::tables::{Refund, TopUp, Transfer};
use crate::texts::{Language, Role};
use crate::{Code, Facts, Stop};
use makegood_base::Timestamp;
use makegood_money::Money;
use makegood_payments::TopUpStatus;
use makegood_payments::trace::BankFacts;
use makegood_refunds::RefundStatus;
use serde::Serialize;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Money))]
pub struct AmountView {
    /// A decimal string with the currency's own number of decimals.
    #[cfg_attr(feature = "openapi", schema(example = "12.34"))]
    pub amount: String,
    /// The ISO 4217 code.
    #[cfg_attr(feature = "openapi", schema(example = "CNY"))]
    pub currency: &'static str,
}

impl From<Money> for AmountView {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency().code() }
    }
}

/// A page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListView<T> {
    /// The rows.
    pub data: Vec<T>,
    /// What to pass as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// What somebody has in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalanceView {
    /// `balance` of a user; `pending`, `available` or `reserve` of a merchant.
    pub kind: &'static str,
    /// The ISO 4217 code.
    pub currency: &'static str,
    /// What can be spent, as a decimal string.
    pub available: String,
    /// What is reserved, as a decimal string.
    pub held: String,
    /// Of what is `pending`: what becomes available next, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_settlement: Option<NextSettlementView>,
}

/// All that somebody has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BalancesView {
    /// One row for each kind and currency.
    pub data: Vec<BalanceView>,
}

/// One line of an account's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryView {
    /// The ledger transaction, `txn_…`.
    pub transaction: String,
    /// What kind of movement it is, such as `payment`.
    pub kind: &'static str,
    /// The object that it belongs to, such as `pay_…`.
    pub reference: String,
    /// By how much the balance changed, with its sign, as a decimal string.
    pub amount: String,
    /// The ISO 4217 code.
    pub currency: &'static str,
    /// The balance after it, as a decimal string.
    pub balance_after: String,
    /// When it was posted.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

/// A top-up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopUpView {
    /// `top_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `processing`, `unknown`, `succeeded`, `failed`, or `returned` where the bank took it back later.
    pub status: &'static str,
    /// How much.
    pub amount: AmountView,
    /// The card it comes from.
    pub bank_card: String,
    /// The user's own reference.
    pub client_ref: Option<String>,
    /// Whether asking the bank again for the same money is free of risk.
    pub safe_to_pay_again: bool,
    /// Why the bank refused it.
    pub decline: Option<DeclineView>,
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

impl TopUpView {
    pub(crate) fn of(
        top_up: &TopUp,
        facts: &Facts,
        role: Role,
        livemode: bool,
        language: Language,
    ) -> Result<Self, Stop> {
        let known = TopUpFacts::of(top_up, facts)?;
        let next = known.next().map(|next| NextView::of(next, language));
        let decline = top_up.failure.as_deref();
        Ok(Self {
            id: top_up.id.to_string(),
            livemode,
            status: top_up.status.as_str(),
            amount: top_up.amount.into(),
            bank_card: top_up.bank_card.to_string(),
            client_ref: top_up.client_ref.clone(),
            // What the bank took after all is on its way back; until then it is missing on the card.
            safe_to_pay_again: top_up.status == TopUpStatus::Failed && next.is_none(),
            decline: decline.and_then(|code| DeclineView::of(code, known.late(), role, language)),
            expected_by: next.as_ref().map(|next| next.by),
            delayed_since: known.delayed_since(),
            next,
            summary: known.summary(top_up, language),
            created_at: top_up.created_at,
            final_at: top_up.final_at,
        })
    }
}

/// A transfer between users.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferView {
    /// `trf_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// Always `succeeded`: a transfer that was refused does not exist.
    pub status: &'static str,
    /// How much.
    pub amount: AmountView,
    /// Who gave, `usr_…`.
    pub payer: String,
    /// Who got it, `usr_…`.
    pub payee: String,
    /// What the payer wrote to it.
    pub note: Option<String>,
    /// The payer's own reference; the payee does not see it.
    pub client_ref: Option<String>,
    /// When it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

impl TransferView {
    pub(crate) fn of(transfer: &Transfer, for_payer: bool, livemode: bool) -> Self {
        Self {
            id: transfer.id.to_string(),
            livemode,
            status: "succeeded",
            amount: transfer.amount.into(),
            payer: transfer.payer.to_string(),
            payee: transfer.payee.to_string(),
            note: transfer.note.clone(),
            client_ref: transfer.client_ref.clone().filter(|_| for_payer),
            created_at: transfer.created_at,
        }
    }
}

/// A refund. Its two questions are answered first: where it stands, and whether that is normal.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefundView {
    /// `rfd_…`
    pub id: String,
    /// False where money is not real.
    pub livemode: bool,
    /// `processing`, `unknown`, `needs_action` or `succeeded`.
    pub status: &'static str,
    /// Whether it goes its normal way, and is within the time that such a refund takes. False from when the
    /// bank has refused it.
    pub within_normal_window: bool,
    /// How far it is: `funded`, `sent` or `arrived`.
    pub stage: &'static str,
    /// The payment, `pay_…`.
    pub payment: String,
    /// How much.
    pub amount: AmountView,
    /// What came back out of the fee; for the merchant alone.
    pub fee_returned: Option<AmountView>,
    /// Why, in the merchant's words.
    pub reason: String,
    /// Who decided it: `merchant`, or `late_success` when a bank moved money for an order that was over.
    pub origin: &'static str,
    /// The merchant's own number.
    pub merchant_refund_no: Option<String>,
    /// Where the money goes: `balance`, or the card's bank and last four digits; a merchant reads `bank_card`.
    pub destination: String,
    /// The bank's own number of it; a merchant does not see it.
    pub bank_reference: Option<String>,
    /// The code of the bank's refusal; a merchant does not see it.
    pub failure: Option<String>,
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

impl RefundView {
    pub(crate) fn of(
        refund: &Refund,
        facts: &Facts,
        role: Role,
        now: Timestamp,
        livemode: bool,
        language: Language,
    ) -> Result<Self, Stop> {
        let bank = refund.bank_transfer.map(|id| bank_facts(facts, id)).transpose()?;
        let next = refund_next(refund, bank.as_ref()).map(|next| NextView::of(next, language));
        // Which card the payer has, and what is wrong with it, is not the merchant's to know.
        let is_merchant = role == Role::Merchant;
        let destination = match refund.bank_transfer {
            None => "balance".to_owned(),
            Some(id) => {
                let transfer = facts.bank_transfers.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
                let card = facts.bank_cards.get(&transfer.bank_card)?.ok_or(Stop::from(Code::NotFound))?;
                match is_merchant {
                    true => "bank_card".to_owned(),
                    false => format!("{} •••• {}", card.bank, card.last4),
                }
            }
        };
        let expected_by = next.as_ref().map(|next| next.by);
        let stage = match refund.status {
            RefundStatus::Succeeded => "arrived",
            RefundStatus::Sent if bank.as_ref().is_some_and(|bank| bank.submitted_at.is_none()) => "funded",
            RefundStatus::NeedsAction => "funded",
            RefundStatus::Sent | RefundStatus::Unknown => "sent",
        };
        let fee_returned = Money::new(refund.fee_back_minor, refund.amount.currency());
        Ok(Self {
            id: refund.id.to_string(),
            livemode,
            status: refund.status.as_str(),
            within_normal_window: refund.status != RefundStatus::NeedsAction
                && expected_by.is_none_or(|by| now <= by),
            stage,
            payment: refund.payment.to_string(),
            amount: refund.amount.into(),
            fee_returned: (role != Role::Payer).then(|| fee_returned.into()),
            reason: refund.reason.clone(),
            origin: refund.origin.as_str(),
            merchant_refund_no: refund.merchant_refund_no.clone().filter(|_| role != Role::Payer),
            destination,
            bank_reference: bank
                .as_ref()
                .and_then(|bank| bank.bank_reference.clone())
                .filter(|_| !is_merchant),
            failure: refund.failure.clone().filter(|_| !is_merchant),
            expected_by,
            delayed_since: bank.as_ref().and_then(BankFacts::delayed_since),
            next,
            summary: refund_summary(refund, bank.as_ref(), role, language),
            created_at: refund.created_at,
            final_at: refund.final_at,
        })
    }
}
