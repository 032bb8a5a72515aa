//! Reads: the same way as commands, on facts, but nothing is written.

use crate::needs::Asked;
use crate::outgoing::{Out, OutgoingId};
use crate::postings::{Account, Kind, Purse};
use crate::tables::{
    BankCardId, BankTransferId, CaseId, DeliveryKey, EventId, IncidentId, LookupKey, LookupKind,
    MaintenanceId, MerchantId, OrderId, Payment, PaymentId, PayoutId, Refund, RefundId, SettlementId, TopUp,
    TopUpId, TransferId, UserId, WebhookEndpoint, WebhookEndpointId, WithdrawalId,
};
use crate::texts::{Language, Role};
use crate::view::{
    BalanceView, BalancesView, BankCardView, BankTransferView, CaseView, IncidentView, ListView,
    MaintenanceView, MeView, MerchantView, NextSettlementView, OrderView, OutgoingView, PaymentView, Reading,
    RefundView, ResolvedView, SettlementView, TopUpView, TraceView, TransferView, WebhookDeliveryView,
    WebhookEndpointView, order_of,
};
use crate::{Actor, Caller, Code, Facts, Needs, PayeeRef, Reply, Settings, Stop};
use makegood_base::{RequestId, Timestamp};
use makegood_ledger::RowKey;
use makegood_merchants::DAY;
use makegood_money::{Currency, Money};
use makegood_notify::EndpointState;

/// Something that a caller wants to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The caller's profile.
    Me,
    /// The caller's balances, in these currencies.
    Balances(Vec<Currency>),
    /// A merchant.
    Merchant(MerchantId),
    /// A merchant's balances, in these currencies.
    MerchantBalances(MerchantId, Vec<Currency>),
    /// One of the caller's cards.
    BankCard(BankCardId),
    /// Cards of the caller's.
    BankCards(Vec<BankCardId>, Option<String>),
    /// What an order's QR code, or another user's name, stands for.
    ResolveOrder(OrderId),
    /// What another user's login or id stands for.
    ResolveUser(PayeeRef),
    /// An order; `presented` when its QR code came with the question.
    Order {
        /// Which.
        id: OrderId,
        /// Whether the caller showed its QR code.
        presented: bool,
    },
    /// Orders, with the cursor of the next page.
    Orders(Vec<OrderId>, Option<String>),
    /// A payment.
    Payment(PaymentId),
    /// Payments, with the cursor of the next page.
    Payments(Vec<PaymentId>, Option<String>),
    /// The trace of a payment.
    PaymentTrace(PaymentId),
    /// A top-up.
    TopUp(TopUpId),
    /// Top-ups, with the cursor of the next page.
    TopUps(Vec<TopUpId>, Option<String>),
    /// The trace of a top-up.
    TopUpTrace(TopUpId),
    /// A transfer.
    Transfer(TransferId),
    /// Transfers, with the cursor of the next page.
    Transfers(Vec<TransferId>, Option<String>),
    /// The trace of a transfer.
    TransferTrace(TransferId),
    /// A refund.
    Refund(RefundId),
    /// Refunds, with the cursor of the next page.
    Refunds(Vec<RefundId>, Option<String>),
    /// The trace of a refund.
    RefundTrace(RefundId),
    /// A transfer at a bank; for staff.
    BankTransfer(BankTransferId),
    /// A maintenance window; for staff.
    Maintenance(MaintenanceId),
    /// Maintenance windows, with the cursor of the next page; for staff.
    MaintenanceWindows(Vec<MaintenanceId>, Option<String>),
    /// An incident; for staff.
    Incident(IncidentId),
    /// Incidents, with the cursor of the next page; for staff.
    Incidents(Vec<IncidentId>, Option<String>),
    /// Settlements, with the cursor of the next page.
    Settlements(Vec<SettlementId>, Option<String>),
    /// A withdrawal or a payout.
    Outgoing(OutgoingId),
    /// Withdrawals, with the cursor of the next page.
    Withdrawals(Vec<WithdrawalId>, Option<String>),
    /// Payouts, with the cursor of the next page.
    Payouts(Vec<PayoutId>, Option<String>),
    /// The trace of a withdrawal or a payout.
    OutgoingTrace(OutgoingId),
    /// An operations case; for staff.
    Case(CaseId),
    /// Operations cases, with the cursor of the next page; for staff.
    Cases(Vec<CaseId>, Option<String>),
    /// A webhook endpoint.
    WebhookEndpoint(WebhookEndpointId),
    /// Webhook endpoints, with the cursor of the next page.
    WebhookEndpoints(Vec<WebhookEndpointId>, Option<String>),
    /// Events that an endpoint does not have, with the cursor of the next page.
    WebhookDeliveries(WebhookEndpointId, Vec<EventId>, Option<String>),
}

/// The rows that a query touches, given what is known.
#[must_use]
pub fn query_needs(query: &Query, caller: Caller, facts: &Facts) -> Needs {
    let mut asked = Asked { needs: Needs::default(), facts };
    caller.require(&mut asked.needs);
    // What is asked for is loaded together with who asks: some objects lead on through all the rounds there are.
    let actor = asked.actor(caller);
    match query {
        Query::Me => {
            if let Some(Actor::User(user)) = actor {
                asked.needs.users.insert(user);
            }
        }
        Query::Balances(currencies) => {
            if let Some(Actor::User(user)) = actor {
                let accounts = currencies.iter().map(|currency| Account::user(user, *currency).id());
                asked.needs.ledger.extend(accounts.map(RowKey::Account));
            }
        }
        Query::Merchant(id) => drop(asked.needs.merchants.insert(*id)),
        Query::MerchantBalances(id, currencies) => {
            asked.needs.merchants.insert(*id);
            let accounts = merchant_accounts(*id, currencies).map(|(_, account)| account.id());
            asked.needs.ledger.extend(accounts.map(RowKey::Account));
            for currency in currencies {
                let pending = Account::merchant(Kind::MerchantPending, *id, *currency).id();
                asked.needs.settlement_schedules.insert(pending);
                if let Some(schedule) = asked.facts.settlement_schedules.peek(&pending) {
                    asked.needs.settlements.extend(&schedule.open);
                }
            }
        }
        Query::BankCard(id) => drop(asked.needs.bank_cards.insert(*id)),
        Query::BankCards(ids, _) => asked.needs.bank_cards.extend(ids),
        Query::ResolveOrder(id) => asked.order(*id),
        Query::Order { id, .. } => asked.order_shown(*id),
        Query::ResolveUser(to) => {
            let payee = asked.payee(to);
            asked.needs.users.extend(payee);
        }
        Query::Orders(ids, _) => ids.iter().for_each(|id| asked.order_shown(*id)),
        Query::Payment(id) => asked.payment(*id),
        Query::PaymentTrace(id) => {
            asked.payment(*id);
            if let Some(row) = facts.payments.peek(id) {
                let back = row.late_refund.and_then(|id| facts.refunds.peek(&id)?.bank_transfer);
                asked.at_banks([row.bank_transfer, back], actor);
            }
        }
        Query::Payments(ids, _) => ids.iter().for_each(|id| asked.payment(*id)),
        Query::TopUp(id) => asked.top_up(*id),
        Query::TopUpTrace(id) => {
            asked.top_up(*id);
            if let Some(row) = facts.top_ups.peek(id) {
                asked.at_banks([Some(row.bank_transfer), row.late_return], actor);
            }
        }
        Query::TopUps(ids, _) => ids.iter().for_each(|id| asked.top_up(*id)),
        Query::Transfer(id) | Query::TransferTrace(id) => drop(asked.needs.transfers.insert(*id)),
        Query::Transfers(ids, _) => asked.needs.transfers.extend(ids),
        Query::Refund(id) => refund(&mut asked, *id),
        Query::RefundTrace(id) => {
            refund(&mut asked, *id);
            if let Some(row) = facts.refunds.peek(id) {
                asked.needs.payments.insert(row.payment);
                asked.at_banks([row.bank_transfer], actor);
            }
        }
        Query::BankTransfer(id) => drop(asked.needs.bank_transfers.insert(*id)),
        Query::Maintenance(id) => drop(asked.needs.maintenance_windows.insert(*id)),
        Query::MaintenanceWindows(ids, _) => asked.needs.maintenance_windows.extend(ids),
        Query::Incident(id) => drop(asked.needs.incidents.insert(*id)),
        Query::Incidents(ids, _) => asked.needs.incidents.extend(ids),
        Query::Refunds(ids, _) => ids.iter().for_each(|id| refund(&mut asked, *id)),
        Query::Settlements(ids, _) => {
            for id in ids {
                asked.needs.settlements.insert(*id);
                if let Some(row) = asked.facts.settlements.peek(id) {
                    asked.needs.settlement_schedules.insert(row.schedule);
                    asked.needs.merchants.insert(row.merchant);
                }
            }
        }
        Query::Outgoing(id) => asked.outgoing(*id),
        Query::OutgoingTrace(id) => {
            asked.outgoing(*id);
            let transfer = Out::peek(*id, facts).map(|out| out.body.bank_transfer);
            asked.at_banks([transfer], actor);
        }
        Query::Withdrawals(ids, _) => ids.iter().for_each(|id| asked.outgoing(OutgoingId::Withdrawal(*id))),
        Query::Payouts(ids, _) => ids.iter().for_each(|id| asked.outgoing(OutgoingId::Payout(*id))),
        Query::Case(id) => drop(asked.needs.operations_cases.insert(*id)),
        Query::Cases(ids, _) => asked.needs.operations_cases.extend(ids),
        Query::WebhookEndpoint(id) => asked.webhook_endpoint(*id),
        Query::WebhookEndpoints(ids, _) => ids.iter().for_each(|id| asked.webhook_endpoint(*id)),
        Query::WebhookDeliveries(endpoint, events, _) => {
            asked.webhook_endpoint(*endpoint);
            let key = |event: &EventId| DeliveryKey { endpoint: *endpoint, event: *event };
            asked.needs.webhook_deliveries.extend(events.iter().map(key));
        }
    }
    asked.needs
}

fn refund(asked: &mut Asked<'_>, id: RefundId) {
    asked.refund(id);
    if let Some(row) = asked.facts.refunds.peek(&id) {
        asked.needs.merchants.insert(row.merchant);
    }
}

fn merchant_accounts(
    id: MerchantId,
    currencies: &[Currency],
) -> impl Iterator<Item = (&'static str, Account)> {
    const KINDS: [(&str, Kind); 3] = [
        ("pending", Kind::MerchantPending),
        ("available", Kind::MerchantAvailable),
        ("reserve", Kind::MerchantReserve),
    ];
    currencies.iter().flat_map(move |currency| {
        KINDS.iter().map(move |(name, kind)| (*name, Account::merchant(*kind, id, *currency)))
    })
}

/// Who reads, and how.
struct Reader<'a> {
    facts: &'a Facts,
    settings: &'a Settings,
    actor: Actor,
    language: Language,
    now: Timestamp,
}

/// Answers a query from facts. What belongs to somebody else is not found.
pub fn answer(
    query: &Query,
    caller: Caller,
    facts: &Facts,
    now: Timestamp,
    settings: &Settings,
    language: Language,
    request: RequestId,
) -> Result<Reply, Stop> {
    let (outcome, actor) = match Actor::of(caller, facts, now) {
        Ok(actor) => (Reader { facts, settings, actor, language, now }.answer(query), actor),
        Err(stop) => (Err(stop), Actor::Anonymous),
    };
    match outcome {
        Err(Stop::Problem(problem)) => Ok(problem.render(actor.role(), language, request)),
        other => other,
    }
}

impl Reader<'_> {
    fn answer(&self, query: &Query) -> Result<Reply, Stop> {
        if self.actor == Actor::Anonymous
            && !matches!(query, Query::Order { presented: true, .. } | Query::ResolveOrder(_))
        {
            return Err(Code::AuthRequired.into());
        }
        match query {
            Query::Me => self.me(),
            Query::Balances(currencies) => self.balances(currencies),
            Query::Merchant(id) => Reply::json(200, &self.merchant(*id)?),
            Query::MerchantBalances(id, currencies) => self.merchant_balances(*id, currencies),
            Query::BankCard(id) => Reply::json(200, &self.bank_card(*id)?),
            Query::BankCards(ids, next) => list(ids, next, |id| self.bank_card(id)),
            Query::ResolveOrder(id) => {
                let order = order_of(*id, self.facts)?;
                Reply::json(200, &ResolvedView::order(order, self.facts, self.settings, self.language)?)
            }
            Query::ResolveUser(to) => self.resolve_user(to),
            Query::Order { id, presented } => Reply::json(200, &self.order(*id, *presented)?),
            Query::Orders(ids, next) => list(ids, next, |id| self.order(id, false)),
            Query::Payment(id) => Reply::json(200, &self.payment(*id)?),
            Query::Payments(ids, next) => list(ids, next, |id| self.payment(id)),
            Query::PaymentTrace(id) => {
                let (payment, role) = self.payment_row(*id)?;
                Reply::json(200, &TraceView::payment(payment, self.facts, self.reading(role))?)
            }
            Query::TopUp(id) => Reply::json(200, &self.top_up(*id)?),
            Query::TopUps(ids, next) => list(ids, next, |id| self.top_up(id)),
            Query::TopUpTrace(id) => {
                let (top_up, reading) = (self.top_up_row(*id)?, self.reading(self.actor.role()));
                Reply::json(200, &TraceView::top_up(top_up, self.facts, reading)?)
            }
            Query::Transfer(id) => Reply::json(200, &self.transfer(*id)?),
            Query::Transfers(ids, next) => list(ids, next, |id| self.transfer(id)),
            Query::TransferTrace(id) => {
                self.transfer(*id)?;
                let transfer = self.facts.transfers.get(id)?.ok_or(Stop::from(Code::NotFound))?;
                Reply::json(200, &TraceView::transfer(transfer, self.reading(self.actor.role())))
            }
            Query::Refund(id) => Reply::json(200, &self.refund(*id)?),
            Query::Refunds(ids, next) => list(ids, next, |id| self.refund(id)),
            Query::RefundTrace(id) => {
                let (refund, role) = self.refund_row(*id)?;
                Reply::json(200, &TraceView::refund(refund, self.facts, self.reading(role))?)
            }
            Query::BankTransfer(id) => {
                let row = self.for_staff(self.facts.bank_transfers.get(id)?)?;
                Reply::json(200, &BankTransferView::of(row, self.settings.livemode))
            }
            Query::Maintenance(id) => Reply::json(200, &self.maintenance(*id)?),
            Query::MaintenanceWindows(ids, next) => list(ids, next, |id| self.maintenance(id)),
            Query::Incident(id) => Reply::json(200, &self.incident(*id)?),
            Query::Incidents(ids, next) => list(ids, next, |id| self.incident(id)),
            Query::Settlements(ids, next) => list(ids, next, |id| self.settlement(id)),
            Query::Outgoing(id) => Reply::json(200, &self.outgoing(*id)?),
            Query::Withdrawals(ids, next) => list(ids, next, |id| self.outgoing(OutgoingId::Withdrawal(id))),
            Query::Payouts(ids, next) => list(ids, next, |id| self.outgoing(OutgoingId::Payout(id))),
            Query::OutgoingTrace(id) => {
                let (out, role) = self.outgoing_row(*id)?;
                Reply::json(200, &TraceView::outgoing(&out, self.facts, self.reading(role))?)
            }
            Query::Case(id) => Reply::json(200, &self.case(*id)?),
            Query::Cases(ids, next) => list(ids, next, |id| self.case(id)),
            Query::WebhookEndpoint(id) => Reply::json(200, &self.webhook_endpoint(*id)?),
            Query::WebhookEndpoints(ids, next) => list(ids, next, |id| self.webhook_endpoint(id)),
            Query::WebhookDeliveries(endpoint, events, next) => {
                self.webhook_endpoint(*endpoint)?;
                // What was delivered since it was listed is gone.
                let known = |event: &EventId| {
                    let key = DeliveryKey { endpoint: *endpoint, event: *event };
                    self.facts.webhook_deliveries.peek(&key)
                };
                let data = events.iter().filter_map(known).map(WebhookDeliveryView::of).collect();
                Reply::json(200, &ListView { data, next_cursor: next.clone() })
            }
        }
    }

    fn me(&self) -> Result<Reply, Stop> {
        let id = self.actor.user()?;
        let user = self.facts.users.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        Reply::json(200, &MeView::of(user, self.settings.livemode))
    }

    fn balances(&self, currencies: &[Currency]) -> Result<Reply, Stop> {
        let user = self.actor.user()?;
        let accounts = currencies.iter().map(|currency| ("balance", Account::user(user, *currency)));
        self.balances_of(accounts, None)
    }

    fn balances_of(
        &self,
        accounts: impl Iterator<Item = (&'static str, Account)>,
        merchant: Option<&MerchantView>,
    ) -> Result<Reply, Stop> {
        let mut data = Vec::new();
        for (kind, account) in accounts {
            let Some(row) = self.facts.book.account(&account.id()) else { continue };
            let days = merchant.map(|merchant| merchant.settlement_days);
            let next_settlement = match days.filter(|_| account.kind == Kind::MerchantPending) {
                Some(days) => self.next_settlement(row, days)?,
                None => None,
            };
            data.push(BalanceView {
                kind,
                currency: row.currency.code(),
                available: Money::new(row.available(), row.currency).amount(),
                held: Money::new(row.held, row.currency).amount(),
                next_settlement,
            });
        }
        Reply::json(200, &BalancesView { data })
    }

    /// What becomes available next of a pending account: the oldest settlement that is not made yet, or else what
    /// today has brought.
    fn next_settlement(
        &self,
        pending: &makegood_ledger::Account,
        days: u32,
    ) -> Result<Option<NextSettlementView>, Stop> {
        let Some(schedule) = self.facts.settlement_schedules.get(&pending.id)? else { return Ok(None) };
        let oldest = match schedule.open.first() {
            Some(id) => self.facts.settlements.get(id)?,
            None => None,
        };
        let today = schedule.expected_of_today_minor(pending.posted);
        let (minor, due_at) = match oldest {
            Some(settlement) => (schedule.expected_minor(settlement), settlement.due_at),
            None => (today, schedule.cut_off.plus(DAY.saturating_mul(days))),
        };
        let amount = Money::new(minor, pending.currency).amount();
        let view = NextSettlementView { amount, due_at, overdue: self.now > due_at };
        Ok((minor > 0).then_some(view))
    }

    fn settlement(&self, id: SettlementId) -> Result<SettlementView, Stop> {
        let row = self.facts.settlements.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        self.merchant(row.merchant)?;
        let schedule = self.facts.settlement_schedules.get(&row.schedule)?;
        let schedule = schedule.ok_or_else(|| Stop::Broken(format!("{id} has no days")))?;
        Ok(SettlementView::of(row, schedule, self.now, self.settings.livemode, self.language))
    }

    fn merchant(&self, id: MerchantId) -> Result<MerchantView, Stop> {
        let row = self.facts.merchants.get(&id)?;
        let is_staff = self.actor.role() == Role::Staff;
        let row = row.filter(|row| is_staff || self.actor.acts_for(row)).ok_or(Stop::from(Code::NotFound))?;
        Ok(MerchantView::of(row))
    }

    fn merchant_balances(&self, id: MerchantId, currencies: &[Currency]) -> Result<Reply, Stop> {
        let merchant = self.merchant(id)?;
        self.balances_of(merchant_accounts(id, currencies), Some(&merchant))
    }

    fn webhook_endpoint(&self, id: WebhookEndpointId) -> Result<WebhookEndpointView, Stop> {
        let row = self.facts.webhook_endpoints.get(&id)?;
        let is_there = |row: &&WebhookEndpoint| row.state != EndpointState::Deleted;
        let row = row.filter(is_there).ok_or(Stop::from(Code::NotFound))?;
        self.merchant(row.merchant)?;
        let merchant = self.facts.merchants.get(&row.merchant)?.ok_or(Stop::from(Code::NotFound))?;
        Ok(WebhookEndpointView::of(row, merchant, self.now))
    }

    fn bank_card(&self, id: BankCardId) -> Result<BankCardView, Stop> {
        let user = self.actor.user()?;
        let card = self.facts.bank_cards.get(&id)?.filter(|card| card.user == user);
        Ok(BankCardView::of(card.ok_or(Stop::from(Code::NotFound))?, self.settings.livemode))
    }

    fn resolve_user(&self, to: &PayeeRef) -> Result<Reply, Stop> {
        let id: UserId = match to {
            PayeeRef::User(id) => *id,
            PayeeRef::Login(login) => {
                let key = LookupKey { kind: LookupKind::Login, owner: [0; 16], name: login.clone() };
                self.facts.lookups.get(&key)?.ok_or(Stop::from(Code::NotFound))?.target.into()
            }
        };
        let user = self.facts.users.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        Reply::json(200, &ResolvedView::user(user, self.settings))
    }

    /// In which role the caller sees what belongs to a payer and a merchant; nothing when to neither.
    fn role_for(&self, payer: Option<UserId>, merchant: MerchantId) -> Result<Role, Stop> {
        if self.actor.role() == Role::Staff {
            return Ok(Role::Staff);
        }
        if payer.is_some_and(|payer| self.actor == Actor::User(payer)) {
            return Ok(Role::Payer);
        }
        let row = self.facts.merchants.get(&merchant)?;
        if row.is_some_and(|row| self.actor.acts_for(row)) {
            Ok(Role::Merchant)
        } else {
            Err(Code::NotFound.into())
        }
    }

    fn order(&self, id: OrderId, presented: bool) -> Result<OrderView, Stop> {
        let order = order_of(id, self.facts)?;
        if !presented {
            self.role_for(None, order.merchant)?;
        }
        OrderView::of(order, self.facts, self.settings, self.language)
    }

    const fn reading(&self, role: Role) -> Reading<'_> {
        Reading { settings: self.settings, role, language: self.language, now: self.now }
    }

    fn payment_row(&self, id: PaymentId) -> Result<(&Payment, Role), Stop> {
        let payment = self.facts.payments.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        Ok((payment, self.role_for(Some(payment.payer), payment.merchant)?))
    }

    fn payment(&self, id: PaymentId) -> Result<PaymentView, Stop> {
        let (payment, role) = self.payment_row(id)?;
        PaymentView::of(payment, self.facts, role, self.settings, self.language)
    }

    fn top_up_row(&self, id: TopUpId) -> Result<&TopUp, Stop> {
        let is_staff = self.actor.role() == Role::Staff;
        let found =
            self.facts.top_ups.get(&id)?.filter(|row| is_staff || self.actor == Actor::User(row.user));
        found.ok_or(Stop::from(Code::NotFound))
    }

    fn top_up(&self, id: TopUpId) -> Result<TopUpView, Stop> {
        let (role, livemode) = (self.actor.role(), self.settings.livemode);
        TopUpView::of(self.top_up_row(id)?, self.facts, role, livemode, self.language)
    }

    fn transfer(&self, id: TransferId) -> Result<TransferView, Stop> {
        let transfer = self.facts.transfers.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        let livemode = self.settings.livemode;
        match self.actor {
            Actor::User(user) if user == transfer.payer => Ok(TransferView::of(transfer, true, livemode)),
            Actor::User(user) if user == transfer.payee => Ok(TransferView::of(transfer, false, livemode)),
            Actor::Staff(_) => Ok(TransferView::of(transfer, true, livemode)),
            _ => Err(Code::NotFound.into()),
        }
    }

    /// What staff alone may read.
    fn for_staff<'a, R>(&self, row: Option<&'a R>) -> Result<&'a R, Stop> {
        if self.actor.role() == Role::Staff {
            row.ok_or(Code::NotFound.into())
        } else {
            Err(Code::AuthForbidden.into())
        }
    }

    fn maintenance(&self, id: MaintenanceId) -> Result<MaintenanceView, Stop> {
        let row = self.for_staff(self.facts.maintenance_windows.get(&id)?)?;
        Ok(MaintenanceView::of(row, self.now, self.settings.livemode))
    }

    fn incident(&self, id: IncidentId) -> Result<IncidentView, Stop> {
        let row = self.for_staff(self.facts.incidents.get(&id)?)?;
        Ok(IncidentView::of(row, self.settings.livemode))
    }

    /// Its owner reads it as their own business, and staff read it as staff.
    fn outgoing_row(&self, id: OutgoingId) -> Result<(Out, Role), Stop> {
        let out = Out::get(id, self.facts)?.ok_or(Stop::from(Code::NotFound))?;
        if self.actor.role() == Role::Staff {
            return Ok((out, Role::Staff));
        }
        let is_own = match out.purse {
            Purse::User(user) => self.actor == Actor::User(user),
            Purse::Merchant(merchant) => {
                self.facts.merchants.get(&merchant)?.is_some_and(|merchant| self.actor.acts_for(merchant))
            }
        };
        if is_own { Ok((out, Role::Payer)) } else { Err(Code::NotFound.into()) }
    }

    fn outgoing(&self, id: OutgoingId) -> Result<OutgoingView, Stop> {
        let (out, role) = self.outgoing_row(id)?;
        OutgoingView::of(&out, self.facts, role, self.settings.livemode, self.language)
    }

    fn case(&self, id: CaseId) -> Result<CaseView, Stop> {
        if self.actor.role() != Role::Staff {
            return Err(Code::AuthForbidden.into());
        }
        let case = self.facts.operations_cases.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        Ok(CaseView::of(case, self.now, self.settings.livemode, self.language))
    }

    fn refund_row(&self, id: RefundId) -> Result<(&Refund, Role), Stop> {
        let refund = self.facts.refunds.get(&id)?.ok_or(Stop::from(Code::NotFound))?;
        Ok((refund, self.role_for(Some(refund.payer), refund.merchant)?))
    }

    fn refund(&self, id: RefundId) -> Result<RefundView, Stop> {
        let (refund, role) = self.refund_row(id)?;
        let livemode = self.settings.livemode;
        RefundView::of(refund, self.facts, role, self.now, livemode, self.language)
    }
}

fn list<I: Copy, T: serde::Serialize>(
    ids: &[I],
    next_cursor: &Option<String>,
    view: impl Fn(I) -> Result<T, Stop>,
) -> Result<Reply, Stop> {
    let data = ids.iter().map(|id| view(*id)).collect::<Result<Vec<T>, Stop>>()?;
    Reply::json(200, &ListView { data, next_cursor: next_cursor.clone() })
}
