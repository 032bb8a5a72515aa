//! Decisions: what each action does to the facts, and what it answers. One module per domain.

mod bank;
mod cards;
pub(crate) mod cases;
mod delays;
pub(crate) mod ids;
mod merchants;
mod messages;
mod notices;
mod outgoing;
mod payments;
mod payouts;
mod people;
mod refunds;
mod returns;
pub(crate) mod settlements;
mod transfers;
mod webhook_turns;
mod webhooks;
mod withdrawals;

pub use bank::{BankAlert, ClaimedTransfer, Heard};
pub(crate) use notices::window_key;
pub use webhook_turns::ClaimedEndpoint;

use crate::postings::{Account, Kind, Movement, Purse};
use crate::tables::{Event, EventId, Lookup, LookupKey, LookupKind, MerchantId, StaffId, UserId};
use crate::texts::{Language, Role};
use crate::view::PaymentView;
use crate::{Action, Actor, Code, Command, Facts, Reply, Settings, Stop};
use makegood_base::{Ids, RawId, Timestamp};
use makegood_ledger::{Rejection, RowKey, TransactionId};

/// The language of every event: whoever caused it need not share one with whoever reads it.
pub(crate) const EVENT_LANGUAGE: Language = Language::English;

/// What a decision works with: the facts, and everything that it may depend on beside them.
pub(crate) struct Context<'a> {
    pub(crate) facts: &'a mut Facts,
    pub(crate) settings: &'a Settings,
    pub(crate) command: &'a Command,
    pub(crate) actor: Actor,
    pub(crate) now: Timestamp,
    pub(crate) ids: Ids,
}

/// Decides an action.
pub(crate) fn decide(context: &mut Context<'_>) -> Result<Reply, Stop> {
    let command = context.command;
    match &command.action {
        Action::RegisterUser { login, display_name, password_hash } => {
            people::register(context, login, display_name, password_hash)
        }
        Action::AddStaff { login, password_hash, role } => {
            people::add_staff(context, login, password_hash, *role)
        }
        Action::OpenSession { session, principal, password_hash, secret_hash, user_agent } => {
            let opened =
                people::Opened { session: *session, principal: *principal, secret_hash: *secret_hash };
            people::open_session(context, opened, password_hash, user_agent.clone())
        }
        Action::RevokeSession { session } => people::revoke_session(context, *session),
        Action::CreateMerchant { name, api_key, secret_hash } => {
            merchants::create(context, name, *api_key, *secret_hash)
        }
        Action::LinkBankCard { bank, agreement, last4, holder_check } => {
            cards::link(context, bank, agreement, last4, *holder_check)
        }
        Action::ActivateBankCard { bank_card } => cards::activate(context, *bank_card),
        Action::RefuseBankCard { bank_card, refusal } => cards::refuse(context, *bank_card, *refusal),
        Action::UnlinkBankCard { bank_card } => cards::unlink(context, *bank_card),
        Action::TopUp { amount, bank_card, client_ref } => {
            cards::top_up(context, *amount, *bank_card, client_ref.as_deref())
        }
        Action::Transfer { to, amount, note, expect, client_ref } => {
            let asked = transfers::Asked { to, amount: *amount, note: note.clone(), expect: *expect };
            transfers::transfer(context, asked, client_ref.as_deref())
        }
        Action::Withdraw(new) => withdrawals::create(context, new),
        Action::CancelWithdrawal { withdrawal } => withdrawals::cancel(context, *withdrawal),
        Action::PayOut { merchant, new } => payouts::create(context, *merchant, new),
        Action::CancelPayout { payout } => payouts::cancel(context, *payout),
        Action::CreateOrder(new) => merchants::create_order(context, new),
        Action::CancelOrder { order } => merchants::cancel_order(context, *order),
        Action::CreatePayment(new) => payments::create(context, new),
        Action::ConfirmPayment { payment, expect } => payments::confirm(context, *payment, *expect),
        Action::CancelPayment { payment } => payments::cancel(context, *payment),
        Action::Refund { payment, amount, reason, merchant_refund_no } => {
            refunds::refund(context, *payment, *amount, reason, merchant_refund_no.as_deref())
        }
        Action::ClaimBankTransfer { bank_transfer } => bank::claim(context, *bank_transfer),
        Action::RecordBankAnswer { bank_transfer, generation, answer } => {
            bank::record(context, *bank_transfer, *generation, answer.clone())
        }
        Action::RecordBankCallback { bank, told } => bank::callback(context, bank, told.clone()),
        Action::PostponeBankTransfer { bank_transfer, until } => {
            delays::postpone(context, *bank_transfer, *until)
        }
        Action::RecallBankTransfer { bank_transfer, reason } => {
            returns::recall(context, *bank_transfer, reason)
        }
        Action::RecordMaintenance { bank, windows, known } => {
            notices::record_maintenance(context, bank, windows, known)
        }
        Action::SetMaintenance { bank, starts_at, ends_at, description } => {
            notices::set_maintenance(context, bank, (*starts_at, *ends_at), description)
        }
        Action::EndMaintenance { window } => notices::end_maintenance(context, *window),
        Action::OpenIncident { bank, description, expected_by } => {
            notices::open_incident(context, bank, description, *expected_by)
        }
        Action::EndIncident { incident } => notices::end_incident(context, *incident),
        Action::ExpireOrder { order } => merchants::expire_order(context, *order),
        Action::ClosePayment { payment } => payments::close(context, *payment),
        Action::ForgetKeys { keys } => people::forget_keys(context, keys),
        Action::CloseDay { account, cut_off, paid_minor } => {
            settlements::close_day(context, *account, *cut_off, *paid_minor)
        }
        Action::Settle { settlement } => settlements::settle(context, *settlement),
        Action::CloseCase { case, note } => cases::close(context, *case, note),
        Action::CreateWebhookEndpoint { merchant, url, events } => {
            webhooks::create(context, *merchant, url, events.clone())
        }
        Action::UpdateWebhookEndpoint { endpoint, change } => webhooks::update(context, *endpoint, change),
        Action::DeleteWebhookEndpoint { endpoint } => webhooks::delete(context, *endpoint),
        Action::RotateWebhookSecret { endpoint } => webhooks::rotate_secret(context, *endpoint),
        Action::TestWebhookEndpoint { endpoint } => webhooks::test(context, *endpoint),
        Action::ReplayWebhooks { endpoint, event } => webhooks::replay(context, *endpoint, event.as_ref()),
        Action::WakeWebhookEndpoints { merchant, endpoints } => {
            webhook_turns::wake(context, *merchant, endpoints)
        }
        Action::ClaimWebhookTurn { endpoint } => webhook_turns::claim(context, *endpoint),
        Action::EndWebhookTurn(turn) => webhook_turns::end(context, turn),
        Action::ForgetWebhookDeliveries { endpoint, events } => {
            webhook_turns::forget(context, *endpoint, events)
        }
    }
}

impl Context<'_> {
    pub(crate) fn language(&self) -> Language {
        self.command.language
    }

    /// Posts a movement whose transaction was loaded, or is known to be absent.
    pub(crate) fn post(
        &mut self,
        movement: Movement,
        id: TransactionId,
        reference: RawId,
    ) -> Result<(), Declined> {
        let book = &self.facts.book;
        let is_open = |account: &Account| book.account(&account.id()).is_some();
        // The first payment of a merchant in a currency opens the account that its days are of. What is taken from
        // it later is summed up there, whoever takes it.
        let is_pending = |account: &&Account| account.kind == Kind::MerchantPending;
        let pending = movement.accounts.iter().find(is_pending).copied();
        let is_opened = pending.is_some_and(|account| !is_open(&account));
        let taken_minor = pending.map_or(0, |account| movement.taken_minor(&account));
        let transaction = movement.transaction(id, reference, is_open);
        let posted = makegood_ledger::apply(&mut self.facts.book, &transaction, self.now)
            .map_err(Declined::from_rejection)?;
        match pending {
            Some(pending) if is_opened => settlements::begin(self, pending).map_err(Declined::Stop),
            Some(pending) if taken_minor > 0 && !posted.already => {
                settlements::taken(self, pending, taken_minor).map_err(Declined::Stop)
            }
            _ => Ok(()),
        }
    }

    /// What an account can give up now; nothing where it was never opened, or gives nothing up.
    pub(crate) fn available(&self, account: &crate::postings::Account) -> Result<i64, Stop> {
        let key = RowKey::Account(account.id());
        if !self.facts.book.is_known(&key) {
            let mut needs = crate::Needs::default();
            needs.ledger.insert(key);
            return Err(Stop::NotLoaded(Box::new(needs)));
        }
        let row = self.facts.book.account(&account.id());
        let open = row.filter(|row| row.status == makegood_ledger::AccountStatus::Open);
        Ok(open.map_or(0, |row| row.available()))
    }

    /// Whether the ledger has a transaction.
    pub(crate) fn has_posted(&self, id: TransactionId) -> Result<bool, Stop> {
        let key = RowKey::Transaction(id);
        if !self.facts.book.is_known(&key) {
            let mut needs = crate::Needs::default();
            needs.ledger.insert(key);
            return Err(Stop::NotLoaded(Box::new(needs)));
        }
        Ok(self.facts.book.transaction(&id).is_some())
    }

    /// Posts a movement whose transaction has an id that derives from an object made by this very command.
    pub(crate) fn post_new(
        &mut self,
        movement: Movement,
        id: TransactionId,
        reference: RawId,
    ) -> Result<(), Declined> {
        self.facts.book.put_absent(RowKey::Transaction(id));
        self.post(movement, id, reference)
    }

    /// Finds what a caller's own reference leads to: nothing yet, or the object that has it. Another content
    /// under the same reference is a conflict.
    pub(crate) fn referenced<I: From<RawId>>(
        &self,
        kind: LookupKind,
        owner: RawId,
        name: Option<&str>,
    ) -> Result<Option<I>, Stop> {
        let Some(name) = name else { return Ok(None) };
        let key = LookupKey { kind, owner, name: name.to_owned() };
        match self.facts.lookups.get(&key)? {
            None => Ok(None),
            Some(row) if row.fingerprint == self.command.fingerprint => Ok(Some(row.target.into())),
            Some(_) => Err(Code::ReferenceConflict.into()),
        }
    }

    /// Takes a reference for an object, for ever.
    pub(crate) fn take_reference(
        &mut self,
        kind: LookupKind,
        owner: RawId,
        name: Option<&str>,
        target: RawId,
    ) -> Result<(), Stop> {
        let Some(name) = name else { return Ok(()) };
        let id = LookupKey { kind, owner, name: name.to_owned() };
        self.facts.lookups.set(Lookup { id, target, fingerprint: self.command.fingerprint })
    }

    /// Tells an owner what happened to an object. A merchant's event gets its number here, under the lock of the
    /// journal's head: numbers are in the order of commits.
    pub(crate) fn tell(
        &mut self,
        owner: impl Into<Owner>,
        kind: &str,
        object: String,
        data: &impl serde::Serialize,
    ) -> Result<(), Stop> {
        let owner = owner.into();
        let sequence = owner.merchant().map_or(Ok(None), |merchant| self.next_sequence(merchant))?;
        self.tell_numbered(owner.raw(), (kind, sequence), object, data).map(|_| ())
    }

    /// The number of a merchant's next event; none where nobody listens, or where the owner is no merchant.
    fn next_sequence(&mut self, merchant: MerchantId) -> Result<Option<i64>, Stop> {
        let row = self.facts.merchants.get(&merchant)?;
        let Some(row) = row.filter(|row| row.feed.endpoints > 0) else { return Ok(None) };
        let mut row = row.clone();
        let sequence = row.feed.next(self.now);
        self.facts.merchants.set(row)?;
        Ok(sequence)
    }

    /// Tells an owner of something, under this number of theirs.
    fn tell_numbered(
        &mut self,
        owner: RawId,
        (kind, sequence): (&str, Option<i64>),
        object: String,
        data: &impl serde::Serialize,
    ) -> Result<EventId, Stop> {
        let id: EventId = self.ids.make();
        let body = EventBody {
            id: String::new(),
            r#type: kind,
            created_at: self.now,
            livemode: self.settings.livemode,
            data,
        };
        let body = EventBody { id: id.to_string(), ..body };
        let body = serde_json::to_string(&body).map_err(|error| Stop::Broken(error.to_string()))?;
        let (kind, at) = (kind.to_owned(), self.now);
        self.facts.events.add(Event { id, kind, owner, object, body, at, sequence })?;
        Ok(id)
    }

    /// A payment as `role` sees it.
    pub(crate) fn payment_view(
        &self,
        payment: &crate::tables::Payment,
        role: Role,
    ) -> Result<PaymentView, Stop> {
        PaymentView::of(payment, self.facts, role, self.settings, self.language())
    }
}

/// To whom an event is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    /// A merchant, whose webhook endpoints get it.
    Merchant(MerchantId),
    /// A user or a member of staff, who have no endpoints.
    Person(RawId),
    /// The service itself: its staff read it.
    Service,
}

impl Owner {
    const fn raw(self) -> RawId {
        match self {
            Self::Merchant(id) => id.raw(),
            Self::Person(raw) => raw,
            Self::Service => [0; 16],
        }
    }

    /// The merchant that it is.
    const fn merchant(self) -> Option<MerchantId> {
        match self {
            Self::Merchant(id) => Some(id),
            Self::Person(_) | Self::Service => None,
        }
    }
}

impl From<MerchantId> for Owner {
    fn from(id: MerchantId) -> Self {
        Self::Merchant(id)
    }
}

impl From<UserId> for Owner {
    fn from(id: UserId) -> Self {
        Self::Person(id.raw())
    }
}

impl From<StaffId> for Owner {
    fn from(id: StaffId) -> Self {
        Self::Person(id.raw())
    }
}

impl From<Purse> for Owner {
    fn from(purse: Purse) -> Self {
        match purse {
            Purse::User(user) => user.into(),
            Purse::Merchant(merchant) => merchant.into(),
        }
    }
}

/// The shape of an event.
#[derive(serde::Serialize)]
struct EventBody<'a, T> {
    id: String,
    r#type: &'a str,
    created_at: Timestamp,
    livemode: bool,
    data: &'a T,
}

/// Why the ledger did not take a movement: a decline that people understand, or something that stops the
/// command.
pub(crate) enum Declined {
    /// What people are told.
    Code(Code),
    /// It is not theirs to know.
    Stop(Stop),
}

impl Declined {
    fn from_rejection(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotLoaded(key) => {
                let mut needs = crate::Needs::default();
                needs.ledger.insert(key);
                Self::Stop(Stop::NotLoaded(Box::new(needs)))
            }
            Rejection::InsufficientFunds { .. } => Self::Code(Code::BalanceInsufficient),
            Rejection::CeilingExceeded { .. } => Self::Code(Code::AccountCeiling),
            Rejection::ReturnExceeded { .. } => Self::Code(Code::RefundExceedsPayment),
            Rejection::AccountFrozen(_) | Rejection::AccountClosed(_) | Rejection::DebitsRefused(_) => {
                Self::Code(Code::AccountFrozen)
            }
            other => Self::Stop(Stop::Broken(format!("the ledger refused a movement: {other}"))),
        }
    }
}

impl From<Declined> for Stop {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Code(code) => code.into(),
            Declined::Stop(stop) => stop,
        }
    }
}
