//! Which rows a command touches, as far as what is known tells. The engine asks again until nothing is
//! added: a payment leads to its order, the order to its merchant, the merchant to its accounts.

use crate::decide::{ids, settlements, window_key};
use crate::outgoing::{Out, merchant_of, reference_kind};
use crate::postings::{Account, Kind, Outflow, Purse, RefundShares, Stage};
use crate::tables::{
    BankTransferId, IdempotencyKey, LookupKey, LookupKind, OrderId, PaymentId, RefundId, SettlementId,
    TimerKey, TimerKind, TopUpId, UserId,
};
use crate::{
    Action, Actor, Caller, Command, Facts, Needs, NewOutgoing, NewPayment, OutgoingId, PayeeRef, postings,
};
use makegood_auth::Principal;
use makegood_banking::{
    Answer, BankMessageKey, BankTransfer, Direction, PlannedWindow, Purpose, Told, ToldStatus,
};
use makegood_base::RawId;
use makegood_ledger::Action::{Capture, Expire, Hold, Post, PostAgainst, Release};
use makegood_ledger::{AccountId, RowKey, TransactionId};
use makegood_money::Money;
use makegood_payments::{OutgoingStatus, Source};
use postings::Movement;

/// The rows that commands touch, given what is known; what is known already is not among them.
#[must_use]
pub fn needs<'a>(commands: impl IntoIterator<Item = &'a Command>, facts: &Facts) -> Needs {
    let mut asked = Asked { needs: Needs::default(), facts };
    commands.into_iter().for_each(|command| asked.command(command));
    asked.needs.retain_unknown(facts);
    asked.needs
}

/// What was asked for so far, and what is known.
pub(crate) struct Asked<'a> {
    pub(crate) needs: Needs,
    pub(crate) facts: &'a Facts,
}

impl Asked<'_> {
    fn command(&mut self, command: &Command) {
        command.caller.require(&mut self.needs);
        // What does not depend on who asks is loaded together with that: a round less for every command.
        let actor = self.actor(command.caller);
        if let (Some(actor), Some(key)) = (actor, &command.idempotency_key) {
            self.needs.idempotency.insert(IdempotencyKey { caller: actor.raw(), key: key.clone() });
        }
        self.action(&command.action, actor);
    }

    /// Who the caller is, if that is known yet. Whether the token is good is decided later.
    pub(crate) fn actor(&self, caller: Caller) -> Option<Actor> {
        match caller {
            Caller::Anonymous => Some(Actor::Anonymous),
            Caller::System => Some(Actor::System),
            Caller::Operator => Some(Actor::Operator),
            Caller::Session { id, .. } => self.facts.sessions.peek(&id).map(|row| match row.principal {
                Principal::User(user) => Actor::User(user),
                Principal::Staff(staff) => Actor::Staff(staff),
            }),
            Caller::ApiKey { id, .. } => {
                self.facts.api_keys.peek(&id).map(|row| Actor::Merchant(row.merchant))
            }
        }
    }

    fn action(&mut self, action: &Action, actor: Option<Actor>) {
        match action {
            Action::RegisterUser { login, .. } | Action::AddStaff { login, .. } => {
                self.lookup(LookupKind::Login, [0; 16], login);
                self.lookup(LookupKind::StaffLogin, [0; 16], login);
            }
            Action::OpenSession { principal, .. } => match principal {
                Principal::User(user) => drop(self.needs.users.insert(*user)),
                Principal::Staff(staff) => drop(self.needs.staff.insert(*staff)),
            },
            Action::RevokeSession { session } => self.needs.sessions.extend(*session),
            Action::CreateMerchant { .. } | Action::LinkBankCard { .. } => {}
            Action::ActivateBankCard { bank_card } | Action::UnlinkBankCard { bank_card } => {
                self.needs.bank_cards.insert(*bank_card);
            }
            Action::RefuseBankCard { bank_card, .. } => self.needs.bank_cards.extend(*bank_card),
            Action::TopUp { bank_card, client_ref, .. } => {
                self.needs.bank_cards.insert(*bank_card);
                if let Some(target) = self.reference(LookupKind::TopUpRef, actor, client_ref.as_deref()) {
                    self.top_up(target.into());
                }
            }
            Action::Transfer { to, amount, client_ref, .. } => {
                self.transfer(actor, to, *amount, client_ref.as_deref());
            }
            Action::Withdraw(new) => {
                if let Some(Actor::User(user)) = actor {
                    self.create_outgoing(Purse::User(user), new);
                }
                self.needs.bank_cards.insert(new.bank_card);
            }
            Action::CancelWithdrawal { withdrawal } => {
                self.cancel_outgoing(OutgoingId::Withdrawal(*withdrawal));
            }
            Action::PayOut { merchant, new } => {
                self.needs.merchants.insert(*merchant);
                self.create_outgoing(Purse::Merchant(*merchant), new);
            }
            Action::CancelPayout { payout } => self.cancel_outgoing(OutgoingId::Payout(*payout)),
            Action::CreateOrder(new) => self.create_order(new, actor),
            Action::CancelOrder { order } => self.order_with_attempt(*order),
            Action::CreatePayment(new) => self.create_payment(new, actor),
            Action::ConfirmPayment { payment, .. } => self.confirm_payment(*payment, actor),
            Action::CancelPayment { payment } | Action::ClosePayment { payment } => self.payment(*payment),
            Action::Refund { payment, amount, merchant_refund_no, .. } => {
                self.refund_payment(*payment, *amount, merchant_refund_no.as_deref());
            }
            Action::ClaimBankTransfer { bank_transfer }
            | Action::PostponeBankTransfer { bank_transfer, .. } => {
                self.bank_answer(*bank_transfer);
            }
            Action::RecordBankAnswer { bank_transfer, answer, .. } => {
                self.bank_answer(*bank_transfer);
                self.bank_word(
                    *bank_transfer,
                    matches!(answer, Answer::Returned { .. } | Answer::Recall { .. }),
                );
            }
            Action::RecordBankCallback { bank, told } => self.callback(bank, told),
            Action::RecallBankTransfer { bank_transfer, .. } => self.bank_transfer(*bank_transfer),
            Action::RecordMaintenance { bank, windows, known } => self.maintenance(bank, windows, known),
            Action::EndMaintenance { window } => drop(self.needs.maintenance_windows.insert(*window)),
            Action::EndIncident { incident } => drop(self.needs.incidents.insert(*incident)),
            Action::SetMaintenance { .. } | Action::OpenIncident { .. } => {}
            Action::ExpireOrder { order } => self.order(*order),
            Action::ForgetKeys { keys } => self.needs.idempotency.extend(keys.iter().cloned()),
            Action::CloseDay { account, .. } => {
                self.settlement_schedule(*account);
                if let Some(schedule) = self.facts.settlement_schedules.peek(account) {
                    self.needs.merchants.insert(schedule.merchant);
                }
            }
            Action::Settle { settlement } => self.settle(*settlement),
            Action::CloseCase { case, .. } => {
                self.needs.operations_cases.insert(*case);
                if let Some(Actor::Staff(staff)) = actor {
                    self.needs.staff.insert(staff);
                }
            }
        }
    }

    pub(crate) fn lookup(&mut self, kind: LookupKind, owner: RawId, name: &str) {
        self.needs.lookups.insert(LookupKey { kind, owner, name: name.to_owned() });
    }

    /// Needs the object that a caller's own reference leads to, and tells which it is once that is known.
    fn reference(&mut self, kind: LookupKind, actor: Option<Actor>, name: Option<&str>) -> Option<RawId> {
        let key = LookupKey { kind, owner: actor?.raw(), name: name?.to_owned() };
        let target = self.facts.lookups.peek(&key).map(|row| row.target);
        self.needs.lookups.insert(key);
        target
    }

    /// Needs what a movement touches: its accounts, its transaction, and what it returns against.
    pub(crate) fn movement(&mut self, movement: &Movement, id: TransactionId) {
        let ledger = &mut self.needs.ledger;
        ledger.insert(RowKey::Transaction(id));
        ledger.extend(movement.accounts.iter().map(|account| RowKey::Account(account.id())));
        ledger.extend(movement.legs.iter().filter_map(|leg| match leg.action {
            Post | Hold { .. } => None,
            PostAgainst(transfer) => Some(RowKey::Transfer(transfer)),
            Capture(hold) | Release(hold) | Expire(hold) => Some(RowKey::Hold(hold)),
        }));
    }

    /// A withdrawal or a payout, and all that is shown with it.
    pub(crate) fn outgoing(&mut self, id: OutgoingId) {
        match id {
            OutgoingId::Withdrawal(id) => self.needs.withdrawals.insert(id),
            OutgoingId::Payout(id) => self.needs.payouts.insert(id),
        };
        let Some(out) = Out::peek(id, self.facts) else { return };
        self.bank_transfer(out.body.bank_transfer);
        self.needs.bank_cards.insert(out.body.bank_card);
        self.needs.merchants.extend(merchant_of(out.purse));
    }

    fn settlement_schedule(&mut self, account: AccountId) {
        self.needs.require_with_timer(TimerKey { kind: TimerKind::SettlementDay, object: account.raw() });
    }

    fn settle(&mut self, id: SettlementId) {
        self.needs.require_with_timer(TimerKey { kind: TimerKind::Settlement, object: id.raw() });
        let Some(row) = self.facts.settlements.peek(&id) else { return };
        self.settlement_schedule(row.schedule);
        let movement = postings::settlement(row.merchant, Money::new(1, row.currency));
        self.movement(&movement, settlements::transaction(id));
    }

    fn create_outgoing(&mut self, purse: Purse, new: &NewOutgoing) {
        self.needs.bank_cards.insert(new.bank_card);
        let owner = match purse {
            Purse::User(user) => Actor::User(user),
            Purse::Merchant(merchant) => Actor::Merchant(merchant),
        };
        if let Some(raw) = self.reference(reference_kind(purse), Some(owner), new.client_ref.as_deref()) {
            self.outgoing(OutgoingId::of(purse, raw));
        }
        let Some(card) = self.facts.bank_cards.peek(&new.bank_card) else { return };
        // With a fee, so that every account is there that it can touch.
        let flow = Outflow { id: [0; 16], purse, bank: &card.bank, amount: new.amount, fee_minor: 1 };
        let accounts = postings::outgoing(flow, Stage::Held).accounts;
        self.needs.ledger.extend(accounts.iter().map(|account| RowKey::Account(account.id())));
    }

    fn cancel_outgoing(&mut self, id: OutgoingId) {
        self.outgoing(id);
        let Some(out) = Out::peek(id, self.facts) else { return };
        let Some(card) = self.facts.bank_cards.peek(&out.body.bank_card) else { return };
        let (movement, transaction) = out.movement(&card.bank, Stage::Released);
        self.movement(&movement, transaction);
    }

    /// Everything that a bank's word can do to money that goes out.
    fn outgoing_answer(&mut self, id: OutgoingId, bank: &str) {
        self.outgoing(id);
        let Some(out) = Out::peek(id, self.facts) else { return };
        let late = [Stage::PaidLate, Stage::LateReturned];
        let stages: &[Stage] = match out.body.status {
            OutgoingStatus::Held => &[Stage::Sent, Stage::Completed, Stage::Failed],
            OutgoingStatus::Sent | OutgoingStatus::Unknown => &[Stage::Completed, Stage::Failed],
            OutgoingStatus::Completed => &[Stage::Returned],
            OutgoingStatus::Failed | OutgoingStatus::Cancelled => &late,
            OutgoingStatus::Returned => &[],
        };
        for stage in stages {
            let (movement, transaction) = out.movement(bank, *stage);
            self.movement(&movement, transaction);
        }
        // Where the float does not have the fee any more.
        let suspense = Account::bank(Kind::Suspense, bank, out.body.amount.currency());
        self.needs.ledger.insert(RowKey::Account(suspense.id()));
    }

    pub(crate) fn order(&mut self, id: OrderId) {
        self.needs.require_with_timer(TimerKey { kind: TimerKind::Order, object: id.raw() });
        if let Some(order) = self.facts.orders.peek(&id) {
            self.needs.merchants.insert(order.merchant);
        }
    }

    /// An order and all that is shown with it.
    pub(crate) fn order_shown(&mut self, id: OrderId) {
        self.order(id);
        let order = self.facts.orders.peek(&id);
        if let Some(payment) = order.and_then(|order| order.open_attempt.or(order.reversing)) {
            self.payment(payment);
        }
    }

    fn order_with_attempt(&mut self, id: OrderId) {
        self.order_shown(id);
        if let Some(payment) = self.facts.orders.peek(&id).and_then(ids::paid_by) {
            self.payment(payment);
        }
    }

    /// A payment and all that is shown with it.
    pub(crate) fn payment(&mut self, id: PaymentId) {
        self.needs.require_with_timer(TimerKey { kind: TimerKind::Payment, object: id.raw() });
        if let Some(payment) = self.facts.payments.peek(&id) {
            self.order(payment.order);
            if let Some(transfer) = payment.bank_transfer {
                self.bank_transfer(transfer);
            }
            if let Some(refund) = payment.late_refund {
                self.refund(refund);
            }
        }
    }

    pub(crate) fn bank_transfer(&mut self, id: BankTransferId) {
        self.needs.require_with_timer(TimerKey { kind: TimerKind::BankTransfer, object: id.raw() });
    }

    /// A refund and all that is shown with it.
    pub(crate) fn refund(&mut self, id: RefundId) {
        self.needs.refunds.insert(id);
        if let Some(transfer) = self.facts.refunds.peek(&id).and_then(|refund| refund.bank_transfer) {
            self.bank_transfer(transfer);
            if let Some(row) = self.facts.bank_transfers.peek(&transfer) {
                self.needs.bank_cards.insert(row.bank_card);
            }
        }
    }

    /// A top-up and all that is shown with it.
    pub(crate) fn top_up(&mut self, id: TopUpId) {
        self.needs.top_ups.insert(id);
        if let Some(row) = self.facts.top_ups.peek(&id) {
            self.bank_transfer(row.bank_transfer);
            row.late_return.into_iter().for_each(|back| self.bank_transfer(back));
        }
    }

    fn transfer(&mut self, actor: Option<Actor>, to: &PayeeRef, amount: Money, client_ref: Option<&str>) {
        if let Some(target) = self.reference(LookupKind::TransferRef, actor, client_ref) {
            self.needs.transfers.insert(target.into());
        }
        let Some(payee) = self.payee(to) else { return };
        self.needs.users.insert(payee);
        if let Some(Actor::User(payer)) = actor {
            let movement = postings::transfer(payer, payee, amount);
            for account in &movement.accounts {
                self.needs.ledger.insert(RowKey::Account(account.id()));
            }
        }
    }

    /// The user that a payer means, once that is known.
    pub(crate) fn payee(&mut self, to: &PayeeRef) -> Option<UserId> {
        match to {
            PayeeRef::User(user) => Some(*user),
            PayeeRef::Login(login) => {
                self.lookup(LookupKind::Login, [0; 16], login);
                let key = LookupKey { kind: LookupKind::Login, owner: [0; 16], name: login.clone() };
                self.facts.lookups.peek(&key).map(|row| row.target.into())
            }
        }
    }

    fn create_order(&mut self, new: &crate::NewOrder, actor: Option<Actor>) {
        let merchant = match actor {
            Some(Actor::Merchant(id)) => Some(id),
            _ => new.merchant,
        };
        let Some(merchant) = merchant else { return };
        self.needs.merchants.insert(merchant);
        let owner = Some(Actor::Merchant(merchant));
        let number = Some(new.merchant_order_no.as_str());
        if let Some(target) = self.reference(LookupKind::MerchantOrderNo, owner, number) {
            self.order_shown(target.into());
        }
    }

    fn create_payment(&mut self, new: &NewPayment, actor: Option<Actor>) {
        if let Some(target) = self.reference(LookupKind::PaymentRef, actor, new.client_ref.as_deref()) {
            self.payment(target.into());
        }
        self.order_with_attempt(new.order);
        self.pay(new.order, new.source, actor);
    }

    /// Needs what paying an order touches.
    fn pay(&mut self, order: OrderId, source: Source, actor: Option<Actor>) {
        self.needs.bank_cards.extend(source.bank_card());
        let Some(order) = self.facts.orders.peek(&order) else { return };
        let (Source::Balance, Some(Actor::User(payer))) = (source, actor) else { return };
        let fee_minor = ids::fee_minor(order);
        let movement = postings::payment(payer, order.merchant, order.amount, fee_minor);
        self.movement(&movement, ids::payment_transaction(order.id));
    }

    fn confirm_payment(&mut self, id: PaymentId, actor: Option<Actor>) {
        self.payment(id);
        if let Some(payment) = self.facts.payments.peek(&id) {
            self.order_with_attempt(payment.order);
            self.pay(payment.order, payment.source, actor);
        }
    }

    fn refund_payment(&mut self, id: PaymentId, amount: Option<Money>, number: Option<&str>) {
        self.payment(id);
        let Some(payment) = self.facts.payments.peek(&id) else { return };
        self.needs.bank_cards.extend(payment.source.bank_card());
        let owner = Some(Actor::Merchant(payment.merchant));
        if let Some(target) = self.reference(LookupKind::MerchantRefundNo, owner, number) {
            self.refund(target.into());
        }
        let card = payment.source.bank_card().and_then(|id| self.facts.bank_cards.peek(&id));
        let asked = amount.unwrap_or(payment.amount);
        // Every leg that a refund can have: the parts depend on what else is decided in the batch.
        let against = ids::payment_legs(payment);
        let shares = RefundShares { pending_minor: 1, available_minor: 1, fee_back_minor: 1 };
        let movement = match card {
            Some(card) => postings::card_refund(&card.bank, payment.merchant, asked, shares, against),
            None => postings::refund_to_balance(payment.payer, payment.merchant, asked, shares, against),
        };
        let pending = Account::merchant(Kind::MerchantPending, payment.merchant, asked.currency());
        self.settlement_schedule(pending.id());
        for account in &movement.accounts {
            self.needs.ledger.insert(RowKey::Account(account.id()));
        }
        let fee_legs = against.fee.into_iter().flat_map(|(pool, own)| [pool, own]);
        self.needs.ledger.extend(against.merchant.into_iter().chain(fee_legs).map(RowKey::Transfer));
    }

    fn bank_answer(&mut self, id: BankTransferId) {
        self.bank_transfer(id);
        let Some(transfer) = self.facts.bank_transfers.peek(&id) else { return };
        let (bank, amount) = (transfer.bank.as_str(), transfer.amount);
        match transfer.purpose {
            Purpose::TopUp(top_up) => {
                self.top_up(top_up);
                if let Some(row) = self.facts.top_ups.peek(&top_up) {
                    let movement = postings::top_up(bank, row.user, amount);
                    self.movement(&movement, ids::top_up_transaction(top_up));
                    let movement = postings::card_refund_settled(bank, amount);
                    self.movement(&movement, ids::return_settled_transaction(id));
                    self.movement(
                        &postings::card_refund_refused(bank, amount),
                        ids::return_refused_transaction(id),
                    );
                    self.movement(
                        &postings::transfer_out_paid_late(bank, amount),
                        ids::return_paid_late_transaction(id),
                    );
                }
            }
            Purpose::Payment(payment) => {
                self.payment(payment);
                if let Some(row) = self.facts.payments.peek(&payment) {
                    if !row.status.is_open() {
                        // What comes now goes back to the card, and whoever is told of it reads which.
                        self.needs.bank_cards.insert(transfer.bank_card);
                    }
                    let movement = postings::card_payment(bank, row.merchant, amount, row.fee_minor);
                    self.movement(&movement, ids::payment_transaction(row.order));
                }
            }
            Purpose::Refund(refund) => {
                self.refund(refund);
                if let Some(row) = self.facts.refunds.peek(&refund) {
                    self.payment(row.payment);
                }
                self.movement(
                    &postings::card_refund_settled(bank, amount),
                    ids::return_settled_transaction(id),
                );
                self.movement(
                    &postings::card_refund_refused(bank, amount),
                    ids::return_refused_transaction(id),
                );
                self.movement(
                    &postings::transfer_out_paid_late(bank, amount),
                    ids::return_paid_late_transaction(id),
                );
            }
            Purpose::Withdrawal(withdrawal) => {
                return self.outgoing_answer(OutgoingId::Withdrawal(withdrawal), bank);
            }
            Purpose::Payout(payout) => return self.outgoing_answer(OutgoingId::Payout(payout), bank),
        }
        self.movement(&postings::late_success(bank, amount), ids::late_success_transaction(id));
    }

    /// What a bank told by itself: of one of our transfers, or of money that nobody knows.
    fn callback(&mut self, bank: &str, told: &Told) {
        if let Ok(id) = told.reference.parse::<BankTransferId>() {
            self.bank_answer(id);
            self.bank_word(id, matches!(told.status, ToldStatus::Returned { .. }));
            if self.facts.bank_transfers.peek(&id).is_some() || !self.facts.bank_transfers.is_known(&id) {
                return;
            }
        }
        let transaction = ids::unknown_reference_transaction(bank, &told.reference);
        self.movement(&postings::unidentified(bank, told.amount), transaction);
    }

    /// What a word of a bank touches beside the object that it is about: what it said before, and, where it takes
    /// something back, whoever has to bear it.
    fn bank_word(&mut self, id: BankTransferId, takes_back: bool) {
        let Some(transfer) = self.facts.bank_transfers.peek(&id) else { return };
        if transfer.messages > 0 {
            self.needs.bank_messages.insert(BankMessageKey { transfer: id, number: transfer.messages });
        }
        if let Some(amount) = transfer.mismatch {
            self.movement(&postings::unidentified(&transfer.bank, amount), ids::mismatch_transaction(id));
            let corrected = ids::mismatch_corrected_transaction(id);
            self.needs.ledger.insert(RowKey::Transaction(corrected));
        }
        if takes_back {
            self.taken_back(transfer);
        }
    }

    /// The accounts of whoever has to bear what a bank took back.
    fn taken_back(&mut self, transfer: &BankTransfer) {
        let (currency, bank) = (transfer.amount.currency(), transfer.bank.as_str());
        let ours = [Kind::Float, Kind::FloatContra, Kind::IncomeFee, Kind::RefundClearing];
        let at_bank = [Kind::Custody, Kind::InTransit, Kind::OutInTransit, Kind::Suspense];
        let mut accounts: Vec<Account> = ours.iter().map(|kind| Account::ours(*kind, currency)).collect();
        accounts.extend(at_bank.iter().map(|kind| Account::bank(*kind, bank, currency)));
        let of_user = |user| [Account::user(user, currency), Account::user_owes(user, currency)];
        match (transfer.purpose, transfer.direction) {
            (Purpose::TopUp(id), Direction::In) => {
                accounts.extend(self.facts.top_ups.peek(&id).into_iter().flat_map(|row| of_user(row.user)));
            }
            (Purpose::Payment(id), _) => {
                if let Some(row) = self.facts.payments.peek(&id) {
                    let kinds = [Kind::MerchantPending, Kind::MerchantAvailable, Kind::MerchantRecv];
                    accounts.extend(kinds.map(|kind| Account::merchant(kind, row.merchant, currency)));
                    accounts.extend(of_user(row.payer));
                    let legs = ids::payment_legs(row);
                    let fee = legs.fee.into_iter().flat_map(|(pool, own)| [pool, own]);
                    self.needs.ledger.extend(legs.merchant.into_iter().chain(fee).map(RowKey::Transfer));
                }
            }
            // What goes back to whoever it came from is asked for with the answer.
            (Purpose::TopUp(_), Direction::Out)
            | (Purpose::Refund(_) | Purpose::Withdrawal(_) | Purpose::Payout(_), _) => {}
        }
        self.needs.ledger.extend(accounts.iter().map(|account| RowKey::Account(account.id())));
        let transaction = ids::bank_returned_transaction(transfer.id);
        self.needs.ledger.insert(RowKey::Transaction(transaction));
    }

    fn maintenance(&mut self, bank: &str, windows: &[PlannedWindow], known: &[crate::tables::MaintenanceId]) {
        self.needs.maintenance_windows.extend(known);
        for window in windows {
            let key = window_key(bank, &window.id);
            if let Some(row) = self.facts.lookups.peek(&key) {
                self.needs.maintenance_windows.insert(row.target.into());
            }
            self.needs.lookups.insert(key);
        }
    }

    /// What a trace tells of transfers at banks beside themselves: what they waited for and, to staff, what was said.
    pub(crate) fn at_banks(
        &mut self,
        transfers: impl IntoIterator<Item = Option<BankTransferId>>,
        actor: Option<Actor>,
    ) {
        for id in transfers.into_iter().flatten() {
            let Some(row) = self.facts.bank_transfers.peek(&id) else { continue };
            self.needs.maintenance_windows.extend(row.maintenance);
            self.needs.incidents.extend(row.incident);
            if matches!(actor, Some(Actor::Staff(_))) {
                self.needs.bank_messages.extend(crate::view::message_keys(row));
            }
        }
    }
}
