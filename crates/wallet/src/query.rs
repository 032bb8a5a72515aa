//! Reads: the same way as commands, on facts, but nothing is written.

use crate::needs::Asked;
use crate::postings::{Account, Kind};
use crate::tables::{
    BankCardId, DeliveryKey, EventId, LookupKey, LookupKind, MerchantId, OrderId, Payment, PaymentId, Refund,
    RefundId, TopUp, TopUpId, TransferId, UserId, WebhookEndpoint, WebhookEndpointId,
};
use crate::texts::{Language, Role};
use crate::view::{
    BalanceView, BalancesView, BankCardView, ListView, MeView, MerchantView, OrderView, PaymentView, Reading,
    RefundView, ResolvedView, TopUpView, TraceView, TransferView, WebhookDeliveryView, WebhookEndpointView,
    order_of,
};
use crate::{Actor, Caller, Code, Facts, Needs, PayeeRef, Reply, Settings, Stop};
use makegood_base::{RequestId, Timestamp};
use makegood_ledger::RowKey;
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
        Query::Payment(id) | Query::PaymentTrace(id) => asked.payment(*id),
        Query::Payments(ids, _) => ids.iter().for_each(|id| asked.payment(*id)),
        Query::TopUp(id) | Query::TopUpTrace(id) => asked.top_up(*id),
        Query::TopUps(ids, _) => ids.iter().for_each(|id| asked.top_up(*id)),
        Query::Transfer(id) | Query::TransferTrace(id) => drop(asked.needs.transfers.insert(*id)),
        Query::Transfers(ids, _) => asked.needs.transfers.extend(ids),
        Query::Refund(id) => refund(&mut asked, *id),
        Query::RefundTrace(id) => {
            refund(&mut asked, *id);
            if let Some(row) = asked.facts.refunds.peek(id) {
                asked.needs.payments.insert(row.payment);
            }
        }
        Query::Refunds(ids, _) => ids.iter().for_each(|id| refund(&mut asked, *id)),
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
        self.balances_of(accounts)
    }

    fn balances_of(&self, accounts: impl Iterator<Item = (&'static str, Account)>) -> Result<Reply, Stop> {
        let known = accounts.filter_map(|(kind, account)| {
            let row = self.facts.book.account(&account.id())?;
            Some(BalanceView {
                kind,
                currency: row.currency.code(),
                available: Money::new(row.available(), row.currency).amount(),
                held: Money::new(row.held, row.currency).amount(),
            })
        });
        Reply::json(200, &BalancesView { data: known.collect() })
    }

    fn merchant(&self, id: MerchantId) -> Result<MerchantView, Stop> {
        let row = self.facts.merchants.get(&id)?;
        let is_staff = self.actor.role() == Role::Staff;
        let row = row.filter(|row| is_staff || self.actor.acts_for(row)).ok_or(Stop::from(Code::NotFound))?;
        Ok(MerchantView::of(row))
    }

    fn merchant_balances(&self, id: MerchantId, currencies: &[Currency]) -> Result<Reply, Stop> {
        self.merchant(id)?;
        self.balances_of(merchant_accounts(id, currencies))
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
        Reading { settings: self.settings, role, language: self.language }
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
