//! People, shops and what they do, in one call each. Whatever is not expected to fail panics when it does.
#![expect(clippy::expect_used, reason = "a test whose setting fails has failed")]

use crate::{Answer, TestWallet};
use makegood_auth::{Principal, StaffRole, Token, TokenKind};
use makegood_base::{ApiKeyId, Clock as _, IdSeed, Ids, RawId, SessionId};
use makegood_money::{Currency, Money};
use makegood_payments::Source;
use makegood_wallet::tables::{
    BankCardId, MerchantId, OrderId, PaymentId, PayoutId, RefundId, StaffId, TopUpId, UserId, WithdrawalId,
};
use makegood_wallet::{
    Action, Caller, Expectation, NewOrder, NewOutgoing, NewPayment, OutgoingId, PayeeId, PayeeRef, Query,
};

/// The password of every [`Person`].
pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody who is logged in: a user, or a member of staff.
#[derive(Debug, Clone)]
pub struct Person<I = UserId> {
    /// Who.
    pub id: I,
    /// Their login.
    pub login: String,
    /// What they show, as the wallet knows it.
    pub caller: Caller,
    /// What they show over HTTP.
    pub token: String,
}

/// A merchant with its API key.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Which.
    pub id: MerchantId,
    /// Its owner's session.
    pub owner: Caller,
    /// Its key, as the wallet knows it.
    pub caller: Caller,
    /// Its key over HTTP.
    pub token: String,
}

/// An order, and what a payer sees of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which.
    pub id: OrderId,
    /// The amount and the payee.
    pub expect: Expectation,
}

/// So many yuan.
///
/// # Panics
/// When the text is not an amount.
#[must_use]
#[track_caller]
pub fn cny(text: &str) -> Money {
    Money::parse(text, Currency::CNY).expect("an amount in CNY")
}

impl TestWallet {
    fn raw_id(&self) -> RawId {
        Ids::new(IdSeed::draw(self.clock.now(), &self.entropy)).next_raw()
    }

    /// A new name that is nobody else's.
    #[must_use]
    pub fn name(&self, kind: &str) -> String {
        format!("{kind}-{}", makegood_base::encode_suffix(&self.raw_id()))
    }

    /// Somebody new, logged in.
    pub async fn user(&self) -> Person {
        let login = format!("{}@example.com", self.name("user"));
        let password_hash = self.app.hash_password(PASSWORD.to_owned()).await.expect("a hash");
        let display_name = "Wang Xiaoming".to_owned();
        let action = Action::RegisterUser { login: login.clone(), display_name, password_hash };
        let id: UserId = self.submit(Caller::Anonymous, action).await.expect(201).id("/id");
        let (caller, token) = self.log_in(&login, false).await;
        Person { id, login, caller, token }
    }

    /// Somebody new who has money, which came from a card by a top-up.
    pub async fn user_with(&self, amount: &str) -> Person {
        let user = self.user().await;
        self.fund(&user, amount).await;
        user
    }

    /// A member of staff who answers people, logged in.
    pub async fn staff(&self) -> Person<StaffId> {
        self.staff_with(StaffRole::Support).await
    }

    /// A member of staff with this role, logged in.
    pub async fn staff_with(&self, role: StaffRole) -> Person<StaffId> {
        let login = format!("{}@example.com", self.name("staff"));
        let password_hash = self.app.hash_password(PASSWORD.to_owned()).await.expect("a hash");
        let action = Action::AddStaff { login: login.clone(), password_hash, role };
        let id: StaffId = self.submit(Caller::Operator, action).await.expect(201).id("/id");
        let (caller, token) = self.log_in(&login, true).await;
        Person { id, login, caller, token }
    }

    /// Another session of somebody who is registered.
    pub async fn log_in(&self, login: &str, staff: bool) -> (Caller, String) {
        let found = self.app.credentials(login, staff).await.expect("the store answers");
        let (principal, password_hash): (Principal, String) = found.expect("the login is known");
        let session = SessionId::from_raw(self.raw_id());
        let token = self.token(TokenKind::Session, "session", session.raw());
        let secret_hash = token.secret_hash();
        let action = Action::OpenSession { session, principal, password_hash, secret_hash, user_agent: None };
        let _opened = self.submit(Caller::Anonymous, action).await.expect(201);
        (Caller::Session { id: session, secret_hash }, token.text().to_string())
    }

    /// The token that the service makes for this id: the same over HTTP.
    fn token(&self, kind: TokenKind, name: &str, id: RawId) -> Token {
        Token::new(kind, id, self.app.secrets().token_secret(name, id))
    }

    /// A merchant of this owner.
    pub async fn shop(&self, owner: &Person) -> Shop {
        let api_key = ApiKeyId::from_raw(self.raw_id());
        let token = self.token(TokenKind::TestKey, "test api key", api_key.raw());
        let secret_hash = token.secret_hash();
        let action = Action::CreateMerchant { name: "Corner Shop".to_owned(), api_key, secret_hash };
        let id: MerchantId = self.submit(owner.caller, action).await.expect(201).id("/id");
        let caller = Caller::ApiKey { id: api_key, secret_hash };
        Shop { id, owner: owner.caller, caller, token: token.text().to_string() }
    }

    /// A shop of a new owner.
    pub async fn new_shop(&self) -> Shop {
        let owner = self.user().await;
        self.shop(&owner).await
    }

    /// An active card of this number.
    pub async fn card(&self, user: &Person, number: &str) -> BankCardId {
        let bank = self.bank_id();
        let check = self.app.link_card(bank, number, "Wang Xiaoming").await.expect("the bank links it");
        let action = Action::LinkBankCard {
            bank: bank.to_owned(),
            agreement: check.agreement.clone(),
            last4: check.last4,
            holder_check: check.holder_check,
        };
        let bank_card: BankCardId = self.submit(user.caller, action).await.expect(201).id("/id");
        self.app.confirm_card(bank, &check.agreement, "123456").await.expect("the code is right");
        let _active = self.submit(user.caller, Action::ActivateBankCard { bank_card }).await.expect(200);
        bank_card
    }

    /// Asks a card's bank for money; nothing has happened at the bank yet.
    pub async fn top_up(&self, user: &Person, bank_card: BankCardId, amount: &str) -> TopUpId {
        let action = Action::TopUp { amount: cny(amount), bank_card, client_ref: None };
        self.submit(user.caller, action).await.expect(202).id("/id")
    }

    /// Asks for money to go out to a card, whatever comes of it; no bank has been asked yet.
    pub async fn withdraw(&self, user: &Person, bank_card: BankCardId, amount: &str) -> Answer {
        self.submit(user.caller, Action::Withdraw(outgoing(bank_card, amount))).await
    }

    /// A withdrawal, as its user reads it.
    pub async fn withdrawal(&self, user: &Person, withdrawal: WithdrawalId) -> Answer {
        self.read(user.caller, Query::Outgoing(OutgoingId::Withdrawal(withdrawal))).await.expect(200)
    }

    /// Asks for a shop's money to go out to a card of its owner, with its key, whatever comes of it.
    pub async fn pay_out(&self, shop: &Shop, bank_card: BankCardId, amount: &str) -> Answer {
        let action = Action::PayOut { merchant: shop.id, new: outgoing(bank_card, amount) };
        self.submit(shop.caller, action).await
    }

    /// A payout, as its shop reads it.
    pub async fn payout(&self, shop: &Shop, payout: PayoutId) -> Answer {
        self.read(shop.caller, Query::Outgoing(OutgoingId::Payout(payout))).await.expect(200)
    }

    /// Tops up from a card that always works, until the money is there.
    pub async fn fund(&self, user: &Person, amount: &str) {
        let card = self.card(user, makegood_banksim::cards::ALWAYS_WORKS).await;
        let top_up = self.top_up(user, card, amount).await;
        self.run().await;
        let read = self.read(user.caller, Query::TopUp(top_up)).await.expect(200);
        assert_eq!(read.text("/status"), "succeeded", "{}", read.json());
    }

    /// What an order of this amount asks for, with a number of its own.
    #[must_use]
    pub fn new_order(&self, amount: &str) -> NewOrder {
        NewOrder {
            merchant: None,
            merchant_order_no: self.name("order"),
            amount: cny(amount),
            description: "Tea".to_owned(),
            expires_in_s: None,
            accepts: None,
        }
    }

    /// An order of this amount, made with the shop's key.
    pub async fn order(&self, shop: &Shop, amount: &str) -> Placed {
        self.place(shop, self.new_order(amount)).await
    }

    /// This order, made with the shop's key.
    pub async fn place(&self, shop: &Shop, new: NewOrder) -> Placed {
        let expect = Expectation { amount: new.amount, payee: PayeeId::Merchant(shop.id) };
        let id = self.submit(shop.caller, Action::CreateOrder(new)).await.expect(201).id("/id");
        Placed { id, expect }
    }

    /// Pays an order at once, whatever comes of it.
    pub async fn pay(&self, payer: &Person, order: Placed, source: Source) -> Answer {
        self.submit(payer.caller, payment(order, source, Some(order.expect))).await
    }

    /// Pays an order from the balance.
    pub async fn pay_from_balance(&self, payer: &Person, order: Placed) -> PaymentId {
        self.pay(payer, order, Source::Balance).await.expect(201).id("/id")
    }

    /// Starts a payment from a card; the bank has not been asked yet.
    pub async fn pay_from_card(&self, payer: &Person, order: Placed, card: BankCardId) -> PaymentId {
        self.pay(payer, order, Source::BankCard { id: card }).await.expect(202).id("/id")
    }

    /// Refunds a payment with the shop's key, whatever comes of it; all that is left when there is no amount.
    pub async fn refund(&self, shop: &Shop, payment: PaymentId, amount: Option<&str>) -> Answer {
        let (amount, reason) = (amount.map(cny), "returned".to_owned());
        self.submit(shop.caller, Action::Refund { payment, amount, reason, merchant_refund_no: None }).await
    }

    /// Gives another user money, whatever comes of it.
    pub async fn transfer(&self, payer: &Person, payee: &Person, amount: &str) -> Answer {
        self.submit(payer.caller, transfer(payee, amount)).await
    }

    /// The status of a payment, as its payer reads it.
    pub async fn status(&self, payer: &Person, payment: PaymentId) -> String {
        self.read(payer.caller, Query::Payment(payment)).await.expect(200).text("/status").to_owned()
    }

    /// The status of an order, as its merchant reads it.
    pub async fn order_status(&self, shop: &Shop, order: Placed) -> String {
        let query = Query::Order { id: order.id, presented: false };
        self.read(shop.caller, query).await.expect(200).text("/status").to_owned()
    }

    /// The status of a refund, as its merchant reads it.
    pub async fn refund_status(&self, shop: &Shop, refund: RefundId) -> String {
        self.read(shop.caller, Query::Refund(refund)).await.expect(200).text("/status").to_owned()
    }

    /// What a user can spend, in CNY.
    pub async fn balance(&self, user: &Person) -> String {
        available(&self.read(user.caller, Query::Balances(vec![Currency::CNY])).await)
    }

    /// What a shop was paid and has not been settled, in CNY.
    pub async fn pending(&self, shop: &Shop) -> String {
        self.of_shop(shop, "pending").await
    }

    /// What a shop can take out, in CNY.
    pub async fn available(&self, shop: &Shop) -> String {
        self.of_shop(shop, "available").await
    }

    async fn of_shop(&self, shop: &Shop, kind: &str) -> String {
        let query = Query::MerchantBalances(shop.id, vec![Currency::CNY]);
        let balances = self.read(shop.caller, query).await.expect(200);
        let rows = balances.at("/data").as_array().expect("balances are a list").iter();
        let row = rows.into_iter().find(|row| row["kind"] == kind);
        row.and_then(|row| row["available"].as_str()).unwrap_or("0.00").to_owned()
    }
}

/// What is available in the first row of balances. An account that nothing was ever posted to has no row.
fn available(balances: &Answer) -> String {
    match balances.text("/data/0/available") {
        "" => "0.00".to_owned(),
        amount => amount.to_owned(),
    }
}

/// Money that is to go out to a card.
#[must_use]
#[track_caller]
pub fn outgoing(bank_card: BankCardId, amount: &str) -> NewOutgoing {
    NewOutgoing { amount: cny(amount), bank_card, client_ref: None, check: None, acknowledge: None }
}

/// The payment of an order.
#[must_use]
pub fn payment(order: Placed, source: Source, expect: Option<Expectation>) -> Action {
    Action::CreatePayment(NewPayment { order: order.id, source, expect, amount: None, client_ref: None })
}

/// A transfer to a user.
#[must_use]
#[track_caller]
pub fn transfer(payee: &Person, amount: &str) -> Action {
    let (to, amount) = (PayeeRef::User(payee.id), cny(amount));
    Action::Transfer { to, amount, note: None, expect: None, client_ref: None }
}
