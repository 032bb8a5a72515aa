//! P19, every route: a client that goes away at the first await of a request, its second, and so on to its last, on
//! every route that the API's document has. Whoever asks again is served, and every write has happened once.

use super::cancellation::{leaks, naive, poll_and_drop};
use super::{figure, proved, trials};
use crate::scripted_bank::callback_secret;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use makegood_api::{Limits, Rate};
use makegood_auth::StaffRole;
use makegood_banksim::cards;
use makegood_base::Clock as _;
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, WebhookSecret};
use makegood_payments::Source;
use makegood_store::EventFilter;
use makegood_testkit::{Db, PASSWORD, Person, Shop, TestWallet, payment};
use makegood_wallet::tables::{
    BankCardId, PaymentId, PayoutId, RefundId, StaffId, TopUpId, TransferId, WithdrawalId,
};
use makegood_wallet::{Action, Caller, EndpointChange, Query};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tower::ServiceExt as _;

on_both!(a_client_that_goes_away_from_any_route);

/// No request has more awaits than this.
const AWAITS_MAX: u64 = 1_000;

/// What a request could have done twice.
const ROWS: &str = "SELECT (SELECT COUNT(*) FROM transfers) + (SELECT COUNT(*) FROM top_ups)
    + (SELECT COUNT(*) FROM orders) + (SELECT COUNT(*) FROM payments) + (SELECT COUNT(*) FROM refunds)
    + (SELECT COUNT(*) FROM withdrawals) + (SELECT COUNT(*) FROM payouts)
    + (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM merchants) + (SELECT COUNT(*) FROM bank_cards)
    + (SELECT COUNT(*) FROM webhook_endpoints)";

struct Scene {
    wallet: TestWallet,
    router: Router,
    user: Person,
    friend: Person,
    shop: Shop,
    card: BankCardId,
    /// One of everything, to read.
    paid: PaymentId,
    refund: RefundId,
    top_up: TopUpId,
    transfer: TransferId,
    staff: Person<StaffId>,
    /// A transfer that a bank has paid out.
    paid_out: String,
    window: String,
    incident: String,
    case: String,
    withdrawal: WithdrawalId,
    payout: PayoutId,
}

/// A request that can be sent again.
struct Ask {
    path: String,
    token: String,
    body: Value,
    /// What it shows beside its token and key.
    headers: Vec<(&'static str, String)>,
    /// What it is answered with, and what when it is asked again.
    statuses: [u16; 2],
    /// How many rows there are more afterwards.
    rows: i64,
}

impl Ask {
    fn new(path: impl Into<String>, token: &str, body: Value, status: u16, rows: i64) -> Self {
        let (path, token, headers) = (path.into(), token.to_owned(), Vec::new());
        Self { path, token, body, headers, statuses: [status, status], rows }
    }
}

async fn a_client_that_goes_away_from_any_route(db: Db) {
    let scene = Scene::open(db).await;
    let (mut awaits, mut most, mut dropped) = (0, 0, 0);
    let routes = routes();
    for route in &routes {
        let mut deepest = 0;
        for ladder in 0..trials(10) {
            for polls in 1..AWAITS_MAX {
                let is_answered = scene.go_away(route, &format!("{ladder} {polls}"), polls).await;
                deepest = deepest.max(polls - u64::from(is_answered));
                if is_answered {
                    break;
                }
                dropped += 1;
            }
            assert_eq!(leaks(&scene.wallet, db).await, 0, "{route}");
        }
        awaits += deepest;
        most = most.max(deepest);
    }
    // On SQLite a read never waits, and is over with its first poll.
    let writes = routes.iter().filter(|route| !route.starts_with("GET")).count();
    assert!(dropped >= figure(writes) / 2, "hardly anybody went away: {dropped}");
    let caught = naive(&scene.wallet, 40).await > 0;
    let figures = [
        ("routes", figure(routes.len())),
        ("awaits", awaits),
        ("awaits_max", most),
        ("dropped", dropped),
        ("lost", 0),
        ("doubled", 0),
        ("leaked", 0),
    ];
    proved("P19-routes", db.as_str(), &figures, caught);
    drop(scene.router);
    scene.wallet.finish().await;
}

/// Every method and path of the API's document.
fn routes() -> BTreeSet<String> {
    let document = serde_json::to_value(makegood_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = paths
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| (path, method)));
    methods.map(|(path, method)| format!("{} {path}", method.to_uppercase())).collect()
}

impl Scene {
    async fn open(db: Db) -> Self {
        let wallet = TestWallet::start(db).await;
        let often = Rate { burst: 1_000_000, refill: Duration::from_micros(1) };
        let limits = Limits {
            per_address: often,
            per_login_and_address: often,
            per_login: often,
            ..Limits::default()
        };
        let router = makegood_api::router(wallet.app.clone(), limits);
        let (user, friend) = (wallet.user_with("10000.00").await, wallet.user().await);
        let shop = wallet.shop(&user).await;
        let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
        let order = wallet.order(&shop, "10.00").await;
        let paid = wallet.pay_from_balance(&user, order).await;
        let refund = wallet.refund(&shop, paid, Some("1.00")).await.expect(201).id("/id");
        let top_up = wallet.top_up(&user, card, "1.00").await;
        wallet.run().await;
        let transfer = wallet.transfer(&user, &friend, "1.00").await.expect(201).id("/id");
        let staff = wallet.staff_with(StaffRole::Operations).await;
        let (paid_out, window, incident) = operations(&wallet, &user, &shop, card, &staff).await;
        // What was sold is available two days later.
        let order = wallet.order(&shop, "1000.00").await;
        wallet.pay_from_balance(&user, order).await;
        wallet.run_after(Duration::from_secs(2 * 86_400)).await;
        let withdrawal = wallet.withdraw(&user, card, "1.00").await.expect(202).id("/id");
        let payout = wallet.pay_out(&shop, card, "1.00").await.expect(202).id("/id");
        let mut scene = Self {
            wallet,
            router,
            user,
            friend,
            shop,
            card,
            paid,
            refund,
            top_up,
            transfer,
            staff,
            paid_out,
            window,
            incident,
            case: String::new(),
            withdrawal,
            payout,
        };
        scene.case = scene.open_case().await;
        scene
    }

    /// A case: a bank tells of money that nobody asked for.
    async fn open_case(&self) -> String {
        let ask = self.callback("X-2", "succeeded");
        let (status, body) =
            read(self.router.clone().oneshot(request("POST", &ask, "")).await.unwrap()).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
        let token = Some(self.staff.token.as_str());
        let cases = self.wallet.call(("GET", "/v1/ops/cases"), token, None, &Value::Null).await.expect(200);
        cases.text("/data/0/id").to_owned()
    }

    /// Goes away from a new request after so many polls, unless it is answered before, and asks again. Returns
    /// whether it was answered.
    async fn go_away(&self, route: &str, key: &str, polls: u64) -> bool {
        let ask = self.ask(route, key).await;
        let before = self.wallet.count(ROWS).await;
        let method = route.split(' ').next().unwrap();
        let send = || self.router.clone().oneshot(request(method, &ask, key));
        let answer = poll_and_drop(send(), polls, true).await;
        if let Some(answer) = &answer {
            assert_eq!(answer.as_ref().unwrap().status().as_u16(), ask.statuses[0], "{route}");
        }
        let (status, body) = read(send().await.unwrap()).await;
        let expected = if answer.is_some() { &ask.statuses[1..] } else { &ask.statuses[..] };
        assert!(expected.contains(&status.as_u16()), "{route}, again: {status} {body}");
        assert_eq!(self.wallet.count(ROWS).await - before, ask.rows, "{route} is lost, or doubled");
        answer.is_some()
    }

    /// A new order's payment that waits to be confirmed.
    async fn unconfirmed(&self) -> (PaymentId, Value) {
        let order = self.wallet.order(&self.shop, "1.00").await;
        let action = payment(order, Source::Balance, None);
        let started = self.wallet.submit(self.user.caller, action).await.expect(201);
        (started.id("/id"), json!({"expect": {"amount": order.expect.amount, "payee": self.shop.id}}))
    }

    /// A card whose bank has texted its code.
    async fn unconfirmed_card(&self) -> BankCardId {
        let number = cards::ALWAYS_WORKS;
        let check = self.wallet.app.link_card("simbank", number, "Wang Xiaoming").await.expect("a link");
        let action = Action::LinkBankCard {
            bank: "simbank".to_owned(),
            agreement: check.agreement,
            last4: check.last4,
            holder_check: check.holder_check,
        };
        self.wallet.submit(self.user.caller, action).await.expect(201).id("/id")
    }

    /// A new request for a route. A route that is not here fails.
    async fn ask(&self, route: &str, key: &str) -> Ask {
        let (user, shop) = (self.user.token.as_str(), self.shop.token.as_str());
        let cent = json!({"amount": "0.01", "currency": "CNY"});
        match route {
            "POST /v1/users" => {
                let login = format!("{}@example.com", key.replace(' ', "-"));
                let body = json!({"login": login, "password": PASSWORD, "display_name": "Li Wei"});
                Ask::new("/v1/users", "", body, 201, 1)
            }
            "POST /v1/sessions" => {
                let body = json!({"login": self.user.login, "password": PASSWORD});
                Ask::new("/v1/sessions", "", body, 201, 0)
            }
            "DELETE /v1/sessions/current" => {
                let (_caller, token) = self.wallet.log_in(&self.user.login, false).await;
                // Whoever has logged out has no session any more to log out with.
                Ask { statuses: [204, 401], ..Ask::new("/v1/sessions/current", &token, Value::Null, 204, 0) }
            }
            "DELETE /v1/sessions/{id}" => {
                let (caller, _token) = self.wallet.log_in(&self.user.login, false).await;
                let Caller::Session { id, .. } = caller else { unreachable!("a session") };
                Ask::new(format!("/v1/sessions/{id}"), user, Value::Null, 204, 0)
            }
            "POST /v1/me/bank-cards" => {
                let body =
                    json!({"bank": "simbank", "number": cards::ALWAYS_WORKS, "holder_name": "Wang Xiaoming"});
                Ask::new("/v1/me/bank-cards", user, body, 201, 1)
            }
            "POST /v1/me/bank-cards/{id}/confirm" => {
                let card = self.unconfirmed_card().await;
                let path = format!("/v1/me/bank-cards/{card}/confirm");
                Ask::new(path, user, json!({"code": "123456"}), 200, 0)
            }
            "DELETE /v1/me/bank-cards/{id}" => {
                let card = self.unconfirmed_card().await;
                Ask::new(format!("/v1/me/bank-cards/{card}"), user, Value::Null, 204, 0)
            }
            "POST /v1/top-ups" => {
                Ask::new("/v1/top-ups", user, json!({"amount": cent, "bank_card": self.card}), 202, 1)
            }
            "POST /v1/resolve" => Ask::new("/v1/resolve", user, json!({"to": self.friend.login}), 200, 0),
            "POST /v1/transfers" => {
                let friend = self.friend.id;
                let body = json!({"to": friend, "amount": cent, "expect": {"amount": cent, "payee": friend}});
                Ask::new("/v1/transfers", user, body, 201, 1)
            }
            "POST /v1/merchants" => Ask::new("/v1/merchants", user, json!({"name": "Shop"}), 201, 1),
            "POST /v1/orders" => {
                let number = self.wallet.name("order");
                let body = json!({"merchant_order_no": number, "amount": cent, "description": "Tea"});
                Ask::new("/v1/orders", shop, body, 201, 1)
            }
            "POST /v1/orders/{id}/cancel" => {
                let order = self.wallet.order(&self.shop, "1.00").await;
                Ask::new(format!("/v1/orders/{}/cancel", order.id), shop, Value::Null, 200, 0)
            }
            "POST /v1/payments" => {
                let order = self.wallet.order(&self.shop, "1.00").await;
                let expect = json!({"amount": order.expect.amount, "payee": self.shop.id});
                let body = json!({"order": order.id, "source": {"type": "balance"}, "expect": expect});
                Ask::new("/v1/payments", user, body, 201, 1)
            }
            "POST /v1/payments/{id}/confirm" => {
                let (payment, body) = self.unconfirmed().await;
                Ask::new(format!("/v1/payments/{payment}/confirm"), user, body, 201, 0)
            }
            "POST /v1/payments/{id}/cancel" => {
                let (payment, _) = self.unconfirmed().await;
                Ask::new(format!("/v1/payments/{payment}/cancel"), user, Value::Null, 200, 0)
            }
            "POST /v1/payments/{id}/refunds" => {
                let body = json!({"amount": cent, "reason": "returned"});
                Ask::new(format!("/v1/payments/{}/refunds", self.paid), shop, body, 201, 1)
            }
            "POST /v1/bank-callbacks/{id}" => self.callback("X-1", "accepted"),
            _ if route.starts_with("POST /v1/ops/") => self.ask_of_staff(route),
            "POST /v1/withdrawals" => {
                Ask::new("/v1/withdrawals", user, json!({"amount": cent, "bank_card": self.card}), 202, 1)
            }
            "POST /v1/withdrawals/{id}/cancel" => {
                let made = self.wallet.withdraw(&self.user, self.card, "0.01").await.expect(202);
                let path = format!("/v1/withdrawals/{}/cancel", made.text("/id"));
                Ask::new(path, user, Value::Null, 200, 0)
            }
            "POST /v1/merchants/{id}/payouts" => {
                let path = format!("/v1/merchants/{}/payouts", self.shop.id);
                Ask::new(path, shop, json!({"amount": cent, "bank_card": self.card}), 202, 1)
            }
            "POST /v1/payouts/{id}/cancel" => {
                let made = self.wallet.pay_out(&self.shop, self.card, "0.01").await.expect(202);
                let path = format!("/v1/payouts/{}/cancel", made.text("/id"));
                Ask::new(path, shop, Value::Null, 200, 0)
            }
            _ if route.contains("/v1/webhook-endpoints") && !route.starts_with("GET") => {
                self.ask_an_endpoint(route).await
            }
            _ => self.ask_to_read(route).await,
        }
    }

    /// Something that the bank tells by itself, of a reference that nobody gave.
    fn callback(&self, reference: &str, status: &str) -> Ask {
        let shown = json!({"reference": reference, "bank_reference": "B-1", "status": status, "direction": "in",
            "agreement": "agr_1", "amount": {"amount": "1.00", "currency": "CNY"}});
        let body = json!({"type": "transfer.updated", "transfer": shown});
        let (secret, now) = (callback_secret(&self.wallet), self.wallet.clock.now());
        let headers = vec![
            (HEADER_ID, "msg_1".to_owned()),
            (HEADER_TIMESTAMP, WebhookSecret::timestamp_text(now)),
            (HEADER_SIGNATURE, secret.sign("msg_1", now, body.to_string().as_bytes())),
        ];
        let path = format!("/v1/bank-callbacks/{}", self.wallet.bank_id());
        Ask { headers, ..Ask::new(path, "", body, 204, 0) }
    }

    fn ask_of_staff(&self, route: &str) -> Ask {
        let (staff, bank) = (self.staff.token.as_str(), self.wallet.bank_id());
        match route {
            "POST /v1/ops/bank-transfers/{id}/recall" => {
                let path = format!("/v1/ops/bank-transfers/{}/recall", self.paid_out);
                Ask::new(path, staff, json!({"reason": "a mistake"}), 202, 0)
            }
            "POST /v1/ops/cases/{id}/close" => {
                let path = format!("/v1/ops/cases/{}/close", self.case);
                Ask::new(path, staff, json!({"note": "done"}), 200, 0)
            }
            "POST /v1/ops/maintenance-windows" => {
                Ask::new("/v1/ops/maintenance-windows", staff, window(bank), 201, 0)
            }
            "POST /v1/ops/maintenance-windows/{id}/end" => {
                let path = format!("/v1/ops/maintenance-windows/{}/end", self.window);
                Ask::new(path, staff, Value::Null, 200, 0)
            }
            "POST /v1/ops/incidents" => {
                Ask::new("/v1/ops/incidents", staff, json!({"bank": bank, "description": "late"}), 201, 0)
            }
            "POST /v1/ops/incidents/{id}/end" => {
                Ask::new(format!("/v1/ops/incidents/{}/end", self.incident), staff, Value::Null, 200, 0)
            }
            _ => unreachable!("{route} is not tested"),
        }
    }

    /// A new endpoint that nothing has been sent to.
    async fn endpoint(&self) -> String {
        let shop = self.wallet.shop(&self.user).await;
        let url = "https://shop.example.com/hook".to_owned();
        let action = Action::CreateWebhookEndpoint { merchant: None, url, events: Default::default() };
        let id = self.wallet.submit(shop.caller, action).await.expect(201).text("/id").to_owned();
        // It is never called.
        let endpoint = id.parse().unwrap();
        let change = EndpointChange { enabled: Some(false), ..EndpointChange::default() };
        let _off = self.wallet.submit(shop.caller, Action::UpdateWebhookEndpoint { endpoint, change }).await;
        id
    }

    async fn ask_an_endpoint(&self, route: &str) -> Ask {
        let user = self.user.token.as_str();
        let (method, path) = route.split_once(' ').unwrap();
        if !path.contains("{id}") {
            let shop = self.wallet.shop(&self.user).await;
            let body = json!({"url": "https://shop.example.com/hook", "merchant": shop.id});
            return Ask::new(path, user, body, 201, 1);
        }
        let path = path.replace("{id}", &self.endpoint().await);
        match (method, path.rsplit('/').next().unwrap()) {
            ("DELETE", _) => Ask::new(path, user, Value::Null, 204, 0),
            // Disabled, so that nobody is called: the answer is kept as any other is.
            (_, "test") => Ask::new(path, user, Value::Null, 409, 0),
            (_, "replay") => Ask::new(path, user, json!({"all_dead": true}), 409, 0),
            (_, "rotate-secret") => Ask::new(path, user, Value::Null, 200, 0),
            _ => Ask::new(path, user, json!({"events": ["payment.*"]}), 200, 0),
        }
    }

    async fn ask_to_read(&self, route: &str) -> Ask {
        let path = route.strip_prefix("GET ").unwrap_or_else(|| unreachable!("{route} is not tested"));
        let of_shop = ["/v1/orders", "/v1/refunds"].iter().any(|start| path.starts_with(start));
        let Caller::Session { id: session, .. } = self.user.caller else { unreachable!("a session") };
        let (before, after) = path.split_once("{id}").unwrap_or((path, ""));
        let id = match before {
            "/v1/merchants/" => self.shop.id.to_string(),
            "/v1/me/bank-cards/" => self.card.to_string(),
            "/v1/orders/" => self.wallet.order(&self.shop, "1.00").await.id.to_string(),
            "/v1/payments/" => self.paid.to_string(),
            "/v1/refunds/" => self.refund.to_string(),
            "/v1/sessions/" => session.to_string(),
            "/v1/top-ups/" => self.top_up.to_string(),
            "/v1/transfers/" => self.transfer.to_string(),
            "/v1/withdrawals/" => self.withdrawal.to_string(),
            "/v1/payouts/" => self.payout.to_string(),
            "/v1/ops/cases/" => self.case.clone(),
            "/v1/ops/bank-transfers/" => self.paid_out.clone(),
            "/v1/ops/maintenance-windows/" => self.window.clone(),
            "/v1/ops/incidents/" => self.incident.clone(),
            "/v1/webhook-endpoints/" => self.endpoint().await,
            "/v1/events/" => {
                let (lists, all) = (self.wallet.app.lists(), EventFilter::default());
                lists.events_of(self.user.id.raw(), &all, None, 1).await.unwrap()[0].id.to_string()
            }
            _ => String::new(),
        };
        let token = match path.starts_with("/v1/ops/") {
            true => &self.staff.token,
            false if of_shop || path == "/v1/webhook-endpoints" => &self.shop.token,
            false => &self.user.token,
        };
        Ask::new(format!("{before}{id}{after}"), token, Value::Null, 200, 0)
    }
}

/// A window that never begins while somebody tests.
fn window(bank: &str) -> Value {
    json!({"bank": bank, "starts_at": "2099-01-01T00:00:00Z", "ends_at": "2099-01-02T00:00:00Z",
        "description": "New systems"})
}

/// A transfer that a bank has paid out, a window, and an incident.
async fn operations(
    wallet: &TestWallet,
    user: &Person,
    shop: &Shop,
    card: BankCardId,
    staff: &Person<StaffId>,
) -> (String, String, String) {
    let order = wallet.order(shop, "5.00").await;
    let payment = wallet.pay_from_card(user, order, card).await;
    wallet.run().await;
    let refund: RefundId = wallet.refund(shop, payment, None).await.expect(202).id("/id");
    wallet.run().await;
    let trace = wallet.read(staff.caller, Query::RefundTrace(refund)).await.expect(200);
    let paid_out = trace.text("/messages/0/transfer").to_owned();
    let bank = wallet.bank_id();
    let call = async |path: &str, body: Value| {
        let made = wallet.call(("POST", path), Some(&staff.token), None, &body).await.expect(201);
        made.text("/id").to_owned()
    };
    let window = call("/v1/ops/maintenance-windows", window(bank)).await;
    let incident = call("/v1/ops/incidents", json!({"bank": bank, "description": "late"})).await;
    (paid_out, window, incident)
}

fn request(method: &str, ask: &Ask, key: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(&ask.path);
    if method != "GET" {
        request = request.header("idempotency-key", format!("{method} {} {key}", ask.path));
    }
    if !ask.token.is_empty() {
        request = request.header("authorization", format!("Bearer {}", ask.token));
    }
    for (name, value) in &ask.headers {
        request = request.header(*name, value);
    }
    if ask.body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request.header("content-type", "application/json").body(Body::from(ask.body.to_string())).unwrap()
}

async fn read(response: axum::response::Response) -> (StatusCode, String) {
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}
