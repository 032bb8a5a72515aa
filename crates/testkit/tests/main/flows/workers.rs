//! Workers beside a bank that takes its time: who waits, who does not, and what a stop waits for.

use makegood::{NamedBank, ServerConfig};
use makegood_app::{BankConfig, JobsConfig};
use makegood_banking::HolderCheck;
use makegood_banksim::cards;
use makegood_base::{Clock as _, Timestamp};
use makegood_testkit::{Db, FakeClock, TestWallet};
use makegood_wallet::{Action, NewOrder, Query};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};

on_both!(
    a_bank_that_takes_its_time_starves_nobody,
    a_queue_at_one_bank_holds_up_no_other,
    a_bank_that_is_not_configured_holds_up_nobody,
    a_stop_waits_for_answers_that_are_under_way,
);

/// Far longer than any of it takes.
const LONG: Duration = Duration::from_secs(30);
const YES: &str =
    r#"{"bank_reference":"1","status":"succeeded","amount":{"amount":"10.00","currency":"CNY"}}"#;

/// A bank that says yes to everything, but only once it is let.
struct HeldBank {
    config: BankConfig,
    asked: mpsc::UnboundedReceiver<()>,
    let_go: watch::Sender<bool>,
}

impl HeldBank {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, asked) = mpsc::unbounded_channel();
        let (let_go, is_let) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tell.clone(), is_let.clone()));
            }
        });
        let config = BankConfig {
            id: "simbank".to_owned(),
            name: "Held Bank".to_owned(),
            url,
            secret: "secret".to_owned(),
            callback_secret: None,
            answer_timeout: 2 * LONG,
        };
        Self { config, asked, let_go }
    }
}

async fn serve(mut stream: TcpStream, tell: mpsc::UnboundedSender<()>, mut is_let: watch::Receiver<bool>) {
    let mut bytes = [0; 4_096];
    if let Ok(length @ 1..) = stream.read(&mut bytes).await {
        if bytes[..length].starts_with(b"GET /v1/maintenance") {
            let none = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            let _sent = stream.write_all(none.as_bytes()).await;
            return;
        }
        let _ended = tell.send(());
        drop(is_let.wait_for(|is_let| *is_let).await);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{YES}", YES.len());
        let _sent = stream.write_all(answer.as_bytes()).await;
    }
}

async fn a_bank_that_takes_its_time_starves_nobody(db: Db) {
    let wallet = TestWallet::start(db).await;
    let (user, shop) = (wallet.user().await, wallet.new_shop().await);
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    for _ in 0..5 {
        wallet.top_up(&user, card, "10.00").await;
    }
    let new = NewOrder { expires_in_s: Some(60), ..wallet.new_order("1.00") };
    let order = wallet.place(&shop, new).await;
    // The order's end is due behind five calls to the bank, of which one can be made, and two can be taken up.
    wallet.clock.advance(Duration::from_secs(60));
    let mut bank = HeldBank::open().await;
    let config = JobsConfig { timers_max: 2, bank_calls_max: 1, ..JobsConfig::default() };
    let app = wallet.another_app(vec![bank.config.clone()], config).await;
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let jobs = tokio::spawn(app.jobs().clone().run(async move { stopped.notified().await }));

    tokio::time::timeout(LONG, bank.asked.recv()).await.expect("the bank is asked");
    let expired = || wallet.count("SELECT COUNT(*) FROM orders WHERE state = 'expired'");
    let expired =
        app.read_until(order.id.raw(), expired, |count| *count == 1, tokio::time::sleep(LONG)).await;
    assert_eq!(expired, 1, "the order's end waits for the bank");
    // Whoever waits for a place at the bank has not begun: no attempt grows old in a queue.
    assert_eq!(wallet.count("SELECT COUNT(*) FROM bank_transfers WHERE generation > 0").await, 1);
    assert!(bank.asked.try_recv().is_err(), "more calls than the bank has places");

    bank.let_go.send(true).unwrap();
    let done = || wallet.count("SELECT COUNT(*) FROM top_ups WHERE status = 'succeeded'");
    let done = app.read_until([0; 16], done, |count| *count == 5, tokio::time::sleep(LONG)).await;
    assert_eq!((done, wallet.balance(&user).await.as_str()), (5, "50.00"));
    stop.notify_one();
    jobs.await.unwrap();
    drop(app);
    wallet.finish().await;
}

/// Transfers at a bank that was taken out of the configuration are put off, and go on when it is there again.
async fn a_bank_that_is_not_configured_holds_up_nobody(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user().await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    for _ in 0..3 {
        wallet.top_up(&user, card, "10.00").await;
    }
    let app = wallet.another_app(Vec::new(), JobsConfig::default()).await;
    assert_eq!(app.jobs().run_until_idle().await.unwrap(), 3, "each is put off once");
    assert_eq!(wallet.count("SELECT COUNT(*) FROM bank_transfers WHERE final_at IS NULL").await, 3);
    drop(app);
    wallet.run_after(Duration::from_secs(60)).await;
    assert_eq!(wallet.balance(&user).await, "30.00");
    wallet.finish().await;
}

async fn a_queue_at_one_bank_holds_up_no_other(db: Db) {
    let mut other = HeldBank::open().await;
    other.config.id = "north".to_owned();
    other.let_go.send(true).unwrap();
    let north = NamedBank { id: other.config.id.clone(), url: other.config.url.clone() };
    let more = |config: &mut ServerConfig| config.more_banks = vec![north];
    let wallet = TestWallet::start_with(db.create(), FakeClock::new(), more).await;
    let user = wallet.user().await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    for _ in 0..40 {
        wallet.top_up(&user, card, "10.00").await;
    }
    let mut bank = HeldBank::open().await;
    let config = JobsConfig { timers_max: 8, bank_calls_max: 1, ..JobsConfig::default() };
    let app = wallet.another_app(vec![bank.config.clone(), other.config.clone()], config).await;
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let jobs = tokio::spawn(app.jobs().clone().run(async move { stopped.notified().await }));
    tokio::time::timeout(LONG, bank.asked.recv()).await.expect("the bank is asked");

    let link = Action::LinkBankCard {
        bank: "north".to_owned(),
        agreement: "agr_1".to_owned(),
        last4: "1114".to_owned(),
        holder_check: HolderCheck::Match,
    };
    let bank_card = wallet.submit(user.caller, link).await.expect(201).id("/id");
    let _active = wallet.submit(user.caller, Action::ActivateBankCard { bank_card }).await.expect(200);
    // Once as the time goes, and once by a clock that is set back: due long before what was read last.
    for _ in 0..2 {
        wallet.top_up(&user, bank_card, "10.00").await;
        tokio::time::timeout(LONG, other.asked.recv()).await.expect("the other bank is asked");
        wallet.clock.set(Timestamp::from_micros(wallet.clock.now().as_micros() - 60_000_000));
    }
    assert!(bank.asked.try_recv().is_err(), "the bank has a place for one call");

    bank.let_go.send(true).unwrap();
    let done = || wallet.count("SELECT COUNT(*) FROM top_ups WHERE status = 'succeeded'");
    wallet.clock.advance(LONG * 4);
    let done = app.read_until([0; 16], done, |count| *count == 42, tokio::time::sleep(LONG)).await;
    assert_eq!(done, 42);
    stop.notify_one();
    jobs.await.unwrap();
    drop(app);
    wallet.finish().await;
}

async fn a_stop_waits_for_answers_that_are_under_way(db: Db) {
    let wallet = TestWallet::start(db).await;
    let user = wallet.user().await;
    let card = wallet.card(&user, cards::ALWAYS_WORKS).await;
    let top_up = wallet.top_up(&user, card, "10.00").await;
    let mut bank = HeldBank::open().await;
    let config = JobsConfig { stop_max: LONG, ..JobsConfig::default() };
    let app = wallet.another_app(vec![bank.config.clone()], config).await;
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    let mut jobs = tokio::spawn(app.jobs().clone().run(async move { stopped.notified().await }));
    tokio::time::timeout(LONG, bank.asked.recv()).await.expect("the bank is asked");

    stop.notify_one();
    let ended = tokio::time::timeout(Duration::from_millis(100), &mut jobs).await;
    assert!(ended.is_err(), "the stop cuts a call that is under way");
    bank.let_go.send(true).unwrap();
    jobs.await.unwrap();
    let read = wallet.read(user.caller, Query::TopUp(top_up)).await.expect(200);
    assert_eq!(read.text("/status"), "succeeded", "the bank's answer is lost: {}", read.json());
    drop(app);
    wallet.finish().await;
}
