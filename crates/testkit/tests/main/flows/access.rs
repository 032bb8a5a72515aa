//! Who may see and do what: what belongs to somebody else is not found, for every kind of object.

use makegood_auth::StaffRole;
use makegood_banksim::cards;
use makegood_testkit::{Db, TestWallet, cny, payment, transfer};
use makegood_wallet::tables::{PaymentId, RefundId, TopUpId, TransferId};
use makegood_wallet::{Action, Caller, NewOrder, PayeeRef, Query};

on_both!(
    objects_of_others,
    keys_and_sessions,
    merchants_keys_and_owners,
    what_is_the_services_own,
    resolving_people
);

async fn objects_of_others(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (payer, payee, shop) =
        (wallet.user_with("50.00").await, wallet.user().await, wallet.new_shop().await);
    let (stranger, staff) = (wallet.new_shop().await, wallet.staff().await);
    let card = wallet.card(&payer, cards::ALWAYS_WORKS).await;
    let top_up: TopUpId = wallet.top_up(&payer, card, "1.00").await;
    let order = wallet.order(&shop, "10.00").await;
    let paid: PaymentId = wallet.pay_from_balance(&payer, order).await;
    let refund: RefundId = wallet.refund(&shop, paid, Some("1.00")).await.expect(201).id("/id");
    let given: TransferId = wallet.transfer(&payer, &payee, "2.00").await.expect(201).id("/id");
    let callers = [
        ("payer", payer.caller),
        ("payee", payee.caller),
        ("shop", shop.caller),
        ("owner", shop.owner),
        ("stranger", stranger.owner),
        ("other shop", stranger.caller),
        ("staff", staff.caller),
    ];
    for (query, readers) in [
        (Query::Order { id: order.id, presented: false }, "shop owner staff"),
        (Query::Payment(paid), "payer shop owner staff"),
        (Query::PaymentTrace(paid), "payer shop owner staff"),
        (Query::Refund(refund), "payer shop owner staff"),
        (Query::RefundTrace(refund), "payer shop owner staff"),
        (Query::TopUp(top_up), "payer staff"),
        (Query::TopUpTrace(top_up), "payer staff"),
        (Query::Transfer(given), "payer payee staff"),
        (Query::TransferTrace(given), "payer payee staff"),
        (Query::Merchant(shop.id), "shop owner staff"),
        (Query::MerchantBalances(shop.id, vec![]), "shop owner staff"),
    ] {
        for (name, caller) in callers {
            let answer = wallet.read(caller, query.clone()).await;
            let expected = if readers.split(' ').any(|reader| reader == name) { 200 } else { 404 };
            assert_eq!(answer.status, expected, "{query:?} by the {name}: {}", answer.json());
        }
        let _nobody = wallet.read(Caller::Anonymous, query).await.expect_problem(401, "auth.required");
    }
    let foreign = wallet.read(payee.caller, Query::BankCard(card)).await;
    let _foreign = foreign.expect_problem(404, "not_found");
    wallet.finish().await;
}

async fn keys_and_sessions(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user().await;
    let Caller::Session { id, secret_hash } = user.caller else { unreachable!("users have sessions") };
    let forged = Caller::Session { id, secret_hash: secret_hash.map(|byte| !byte) };
    let _forged = wallet.read(forged, Query::Me).await.expect_problem(401, "auth.required");
    let _me = wallet.read(user.caller, Query::Me).await.expect(200);

    let (second, _token) = wallet.log_in(&user.login, false).await;
    let stranger = wallet.user().await;
    let foreign = wallet.submit(stranger.caller, Action::RevokeSession { session: Some(id) }).await;
    let _foreign = foreign.expect_problem(404, "not_found");
    let _out = wallet.submit(second, Action::RevokeSession { session: Some(id) }).await.expect(204);
    let _gone = wallet.read(user.caller, Query::Me).await.expect_problem(401, "auth.required");
    let _me = wallet.read(second, Query::Me).await.expect(200);
    let _out = wallet.submit(second, Action::RevokeSession { session: None }).await.expect(204);
    let _gone = wallet.read(second, Query::Me).await.expect_problem(401, "auth.required");

    let taken = Action::RegisterUser {
        login: user.login.clone(),
        display_name: "Somebody".to_owned(),
        password_hash: "x".to_owned(),
    };
    let _taken = wallet.submit(Caller::Anonymous, taken).await.expect_problem(409, "auth.login_taken");
    let (_, phc) = wallet.app.credentials(&user.login, false).await.unwrap().unwrap();
    let verify = |password: &str| wallet.app.verify_password(password.to_owned(), Some(phc.clone()));
    assert_eq!(verify(makegood_testkit::PASSWORD).await, Ok(true));
    assert_eq!(verify("correct horse battery stapler").await, Ok(false));
    assert_eq!(wallet.app.verify_password("anything".to_owned(), None).await, Ok(false));
    assert_eq!(wallet.app.credentials(&user.login, true).await, Ok(None), "a user is not staff");
    wallet.finish().await;
}

async fn merchants_keys_and_owners(db: Db) {
    let wallet = TestWallet::start(db).await;
    let owner = wallet.user().await;
    let (shop, other) = (wallet.shop(&owner).await, wallet.new_shop().await);
    let order = |merchant| Action::CreateOrder(NewOrder { merchant, ..wallet.new_order("5.00") });
    for (caller, merchant, expected) in [
        (shop.caller, None, (201, "")),
        (shop.caller, Some(shop.id), (201, "")),
        (shop.caller, Some(other.id), (404, "not_found")),
        (shop.owner, Some(shop.id), (201, "")),
        (shop.owner, Some(other.id), (404, "not_found")),
        (shop.owner, None, (422, "request.invalid")),
        (Caller::Anonymous, Some(shop.id), (401, "auth.required")),
    ] {
        let answer = wallet.submit(caller, order(merchant)).await;
        assert_eq!((answer.status, answer.text("/code")), expected, "{}", answer.json());
    }
    // The merchant's own number is one order for ever, whoever of the two asks.
    let new = NewOrder { merchant: Some(shop.id), ..wallet.new_order("5.00") };
    let first = wallet.submit(shop.caller, Action::CreateOrder(new.clone())).await.expect(201);
    let again = wallet.submit(shop.owner, Action::CreateOrder(new.clone())).await.expect(201);
    assert_eq!(first.text("/id"), again.text("/id"));
    let dearer = NewOrder { amount: cny("5.01"), ..new };
    let conflict = wallet.submit(shop.caller, Action::CreateOrder(dearer)).await;
    let _conflict = conflict.expect_problem(409, "reference.conflict");

    // A key is not a person.
    let placed = wallet.order(&shop, "5.00").await;
    let pay = payment(placed, makegood_payments::Source::Balance, Some(placed.expect));
    let _key = wallet.submit(shop.caller, pay).await.expect_problem(403, "auth.forbidden");
    let _key =
        wallet.submit(shop.caller, transfer(&owner, "1.00")).await.expect_problem(403, "auth.forbidden");
    let _key = wallet.read(shop.caller, Query::Me).await.expect_problem(403, "auth.forbidden");
    wallet.finish().await;
}

async fn what_is_the_services_own(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (user, shop, staff) = (wallet.user_with("9.00").await, wallet.new_shop().await, wallet.staff().await);
    let order = wallet.order(&shop, "5.00").await;
    let paid = wallet.pay_from_balance(&user, order).await;
    let internal = [
        Action::AddStaff {
            login: "x@example.com".into(),
            password_hash: "x".into(),
            role: StaffRole::Support,
        },
        Action::ExpireOrder { order: order.id },
        Action::ClosePayment { payment: paid },
        Action::ForgetKeys { keys: vec![] },
    ];
    for caller in [user.caller, shop.caller, staff.caller] {
        for action in internal.clone() {
            let refused = wallet.submit(caller, action).await;
            let _refused = refused.expect_problem(403, "auth.forbidden");
        }
    }
    // Staff see, and move nothing.
    for action in
        [transfer(&user, "1.00"), payment(order, makegood_payments::Source::Balance, Some(order.expect))]
    {
        let _refused = wallet.submit(staff.caller, action).await.expect_problem(403, "auth.forbidden");
    }
    let refund =
        Action::Refund { payment: paid, amount: None, reason: String::new(), merchant_refund_no: None };
    let _refused = wallet.submit(staff.caller, refund).await.expect_problem(404, "not_found");
    let seen = wallet.read(staff.caller, Query::Payment(paid)).await.expect(200);
    assert_eq!(seen.text("/merchant_fee/amount"), "0.03");
    // What staff do leaves an event.
    let events = wallet.app.lists().events_of(staff.id.raw(), &Default::default(), None, 10).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&"staff.added") && kinds.contains(&"staff.session_opened"), "{kinds:?}");
    wallet.finish().await;
}

async fn resolving_people(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (asker, found) = (wallet.user_with("9.00").await, wallet.user().await);
    for to in [PayeeRef::Login(found.login.clone()), PayeeRef::User(found.id)] {
        let resolved = wallet.read(asker.caller, Query::ResolveUser(to.clone())).await.expect(200);
        assert_eq!(resolved.text("/payee/id"), found.id.to_string());
        let name = resolved.text("/payee/display_name");
        assert!(!name.is_empty() && !name.contains("Xiaoming"), "a person's name is masked: {name}");
        let action = Action::Transfer { to, amount: cny("1.00"), note: None, expect: None, client_ref: None };
        let _given = wallet.submit(asker.caller, action).await.expect(201);
    }
    assert_eq!(wallet.balance(&found).await, "2.00");
    let nobody = PayeeRef::Login("nobody@example.com".to_owned());
    let unknown = wallet.read(asker.caller, Query::ResolveUser(nobody)).await;
    let _unknown = unknown.expect_problem(404, "not_found");
    let own = wallet.submit(asker.caller, transfer(&asker, "1.00")).await;
    let _own = own.expect_problem(422, "payee.is_payer");
    wallet.finish().await;
}
