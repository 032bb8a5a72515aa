//! The five minutes, as a visitor has them: the real binary, a real browser, both languages.
//!
//! `MAKEGOOD_PICTURES=FOLDER` keeps pictures of the page at a phone's and at a desktop's width.

use super::{client, is_running};
use crate::browser::{Browser, ConsoleLine};
use crate::process::{Service, makegood};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// How long a step may take that waits for nobody.
const SOON: Duration = Duration::from_secs(30);
/// How long the money may be on its way, whatever the bank's peak has drawn.
const ARRIVES_MAX: Duration = Duration::from_secs(150);
const PHONE: (u32, u32) = (375, 812);
const DESKTOP: (u32, u32) = (1_280, 900);

/// What is only right in one language.
struct Expected {
    language: &'static str,
    tag: &'static str,
    promise: &'static str,
    paid: &'static str,
    /// What the wallet says to a payer whose payment the bank is working on, or has not answered.
    waits: &'static str,
    cancelled: &'static str,
}

const ENGLISH: Expected = Expected {
    language: "en",
    tag: "en",
    promise: "Every payment arrives, comes back, or is explained.",
    paid: "You have paid: the payee has the money.",
    waits: "Your bank",
    cancelled: "The order was cancelled",
};

const CHINESE: Expected = Expected {
    language: "zh",
    tag: "zh-CN",
    promise: "每一笔付款都会到账、退回，或者说得清楚。",
    paid: "您已付款，收款方已收到款项。",
    waits: "您的银行",
    cancelled: "订单已取消",
};

/// A visitor before the page.
struct Visitor {
    browser: Browser,
    expected: Expected,
    url: String,
}

impl Visitor {
    async fn arrive(url: &str, (width, height): (u32, u32), expected: Expected) -> Self {
        let browser = Browser::start(width, height).await;
        browser.open(&format!("{url}/play?lang={}", expected.language)).await;
        let visitor = Self { browser, expected, url: url.to_owned() };
        visitor.wait("document.querySelector('#scene').getAttribute('aria-busy') === 'false'").await;
        visitor
    }

    async fn wait(&self, expression: &str) {
        self.browser.wait(expression, SOON).await;
    }

    async fn wait_for_step(&self, step: &str) {
        self.wait(&format!("document.querySelector('#steps [data-step={step}]').dataset.done === 'true'"))
            .await;
    }

    async fn wait_for_payment(&self, statuses: &[&str], patience: Duration) {
        let expression =
            format!("{}.includes(document.querySelector('#result-status').dataset.status)", json!(statuses));
        self.browser.wait(&expression, patience).await;
    }

    /// The shop rings up something, and the payer scans its code.
    async fn scan(&self, item: &str) {
        self.browser.click(&format!("[data-item={item}]")).await;
        self.wait("document.querySelector('#order-status').dataset.status === 'created'").await;
        self.wait("document.querySelector('#qr').complete && document.querySelector('#qr').naturalWidth > 0")
            .await;
        self.browser.click("#scan").await;
        self.wait("!document.querySelector('#phone-offer').hidden").await;
        // Whoever uses keys goes on from there.
        self.wait("document.activeElement.name === 'source'").await;
    }

    async fn turn(&self, profile: &str) {
        self.browser.click(&format!("#dial label.{profile}")).await;
        self.wait(&format!("document.querySelector('#dial').dataset.profile === '{profile}'")).await;
    }

    /// Pays from the card, and sees whose turn it is, before anybody knows how it ends. False where the bank was faster
    /// than the visitor, which its peak allows.
    async fn pay_at_the_peak(&self, item: &str) -> bool {
        self.scan(item).await;
        self.browser.click("#phone-offer label:has([value=card])").await;
        self.browser.click("#pay").await;
        self.wait("!document.querySelector('#phone-result').hidden").await;
        let open =
            "!document.querySelector('#payer-turn').hidden && !document.querySelector('#shop-turn').hidden";
        self.wait(&format!(
            "{open} || document.querySelector('#result-status').dataset.status === 'succeeded'"
        ))
        .await;
        self.browser.run(&format!("return {open}")).await == json!(true)
    }

    /// Whatever was refused or not there is in the console; anything else must not be.
    async fn expect_quiet_console(&self) {
        let is_fault = |line: &ConsoleLine| line.level == "SEVERE" && line.source != "network";
        let lines = self.browser.console().await;
        let faults: Vec<_> = lines.iter().filter(|line| is_fault(line)).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        // The wallet that was killed, and the payment that was not made a second time.
        let was_expected =
            |line: &ConsoleLine| ["409", "503", "net::ERR"].iter().any(|part| line.message.contains(part));
        let others: Vec<_> =
            lines.iter().filter(|line| line.level == "SEVERE" && !was_expected(line)).collect();
        assert!(others.is_empty(), "{others:#?}");
    }

    /// What is on the page reads well at this width: nothing is cut off, no text is missing.
    async fn expect_a_whole_page(&self, (width, height): (u32, u32)) {
        self.browser.resize(width, height).await;
        let over = self.browser.run("return document.documentElement.scrollWidth - window.innerWidth").await;
        assert!(over.as_i64().unwrap() <= 0, "the page is {over} wider than {width}");
        let keys = "return [...document.querySelectorAll('body *')]
            .filter((one) => one.children.length === 0 && /^[a-z_]+(\\.[a-z_]+)+$/.test(one.textContent.trim()))
            .map((one) => one.textContent)";
        assert_eq!(self.browser.run(keys).await, json!([]), "texts that are not there");
        let nameless = "return [...document.querySelectorAll('button, input, a, img')]
            .filter((one) => one.checkVisibility())
            .filter((one) => !(one.textContent.trim() || one.closest('label')?.textContent.trim() ||
                one.hasAttribute('alt') || one.getAttribute('aria-label')))
            .map((one) => one.outerHTML)";
        assert_eq!(self.browser.run(nameless).await, json!([]), "without a name");
        let small = "return [...document.querySelectorAll('main button, .behind button, main label')]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 40)
            .map((one) => one.outerHTML)";
        assert_eq!(self.browser.run(small).await, json!([]), "too small for a finger");
    }

    /// Keeps a picture, where one is wanted.
    async fn picture(&self, name: &str, (width, height): (u32, u32)) {
        let Some(folder) = std::env::var_os("MAKEGOOD_PICTURES") else { return };
        self.browser.resize(width, height).await;
        let file =
            std::path::Path::new(&folder).join(format!("{name}-{}-{width}.png", self.expected.language));
        let decode = format!("base64 -d > '{}'", file.display());
        let mut child =
            Command::new("sh").args(["-c", &decode]).stdin(std::process::Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, self.browser.picture().await.as_bytes()).unwrap();
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

async fn stage(url: &str) -> Value {
    client().get(format!("{url}/play/api/stage")).send().await.unwrap().json().await.unwrap()
}

/// All of it, in one language.
async fn five_minutes(expected: Expected, size: (u32, u32)) {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(makegood(folder.path(), &["play", "--listen", "127.0.0.1:0"]));
    let visitor = Visitor::arrive(&service.url, size, expected).await;
    let browser = &visitor.browser;
    browser.reduce_motion().await;
    assert_eq!(browser.text("h1").await, visitor.expected.promise);
    assert_eq!(browser.run("return document.documentElement.lang").await, visitor.expected.tag);
    assert_eq!(browser.run("return document.querySelectorAll('#steps li').length").await, 7);

    pay_and_pay_twice(&visitor).await;
    cancel_at_the_peak(&visitor).await;
    visitor.picture("back", size).await;
    prove_and_forge(&visitor).await;
    kill_half_way(&visitor, &service).await;

    visitor
        .wait("[...document.querySelectorAll('#steps li')].every((one) => one.dataset.done === 'true')")
        .await;
    visitor.expect_a_whole_page(DESKTOP).await;
    visitor.expect_a_whole_page(PHONE).await;
    visitor.picture("end", DESKTOP).await;
    visitor.picture("end", PHONE).await;
    visitor.expect_quiet_console().await;
    visitor.browser.quit().await;
    assert_eq!(service.stop().0, Some(0));
}

async fn pay_and_pay_twice(visitor: &Visitor) {
    let browser = &visitor.browser;
    visitor.scan("oolong").await;
    browser.click("#pay").await;
    visitor.wait_for_step("pay").await;
    visitor.wait("document.activeElement.id === 'phone-done'").await;
    visitor.wait_for_payment(&["succeeded"], SOON).await;
    let paid = visitor.expected.paid;
    visitor.wait(&format!("document.querySelector('#payer-says').textContent === {paid:?}")).await;
    visitor.wait("document.querySelector('#order-status').dataset.status === 'paid'").await;

    visitor.scan("cakes").await;
    browser.click("#pay-twice").await;
    visitor.wait_for_step("twice").await;
    visitor.wait("document.querySelectorAll('#taps li').length === 2").await;
    visitor.picture("twice", DESKTOP).await;
    // The payer's own list says the same.
    let kept = browser.run("return sessionStorage.getItem('makegood.play.visit')").await;
    let kept: Value = serde_json::from_str(kept.as_str().unwrap()).unwrap();
    let payments = client().get(format!("{}/v1/payments", visitor.url));
    let payments = payments.bearer_auth(kept["payer"].as_str().unwrap()).send().await.unwrap();
    let payments: Value = payments.json().await.unwrap();
    assert_eq!(payments["data"].as_array().unwrap().len(), 2, "one for each order: {payments}");
    // Money that was paid comes back by the till's other way.
    visitor.browser.click("#refund").await;
    visitor.wait("!document.querySelector('#came-back').hidden").await;
    visitor.wait_for_payment(&["refunded"], SOON).await;
}

async fn cancel_at_the_peak(visitor: &Visitor) {
    let browser = &visitor.browser;
    visitor.turn("peak").await;
    for attempt in 1.. {
        assert!(attempt < 6, "a bank at its peak is never that fast");
        if !visitor.pay_at_the_peak("set").await {
            continue;
        }
        for side in ["payer", "shop"] {
            assert!(!browser.text(&format!("#{side}-who")).await.is_empty(), "{side}");
            assert!(browser.text(&format!("#{side}-by")).await.contains(':'), "{side}");
        }
        assert!(browser.text("#payer-says").await.starts_with(visitor.expected.waits));
        visitor.wait_for_step("peak").await;
        visitor.picture("waits", DESKTOP).await;
        visitor.picture("waits", PHONE).await;
        let is_hidden = "return document.querySelector('#pay-again').hidden";
        if browser.run(is_hidden).await == json!(false) {
            browser.click("#pay-again").await;
        }
        browser.click("#cancel").await;
        let over = "['cancelled', 'paid'].includes(document.querySelector('#order-status').dataset.status)";
        visitor.wait(over).await;
        if browser.run("return document.querySelector('#order-status').dataset.status").await == "cancelled" {
            break;
        }
    }
    visitor.wait_for_payment(&["reversing", "reversed"], SOON).await;
    assert!(
        browser.text("#payer-says").await.starts_with(visitor.expected.cancelled)
            || is_returning(visitor).await
    );
    visitor.turn("calm").await;
    browser.wait("!document.querySelector('#came-back').hidden", ARRIVES_MAX).await;
    visitor.wait_for_payment(&["reversed"], SOON).await;
    visitor.wait_for_step("cancel").await;
    let returned = "document.querySelector('#hops [data-hop=return]').dataset.state === 'done'";
    visitor.wait(returned).await;
}

/// Whether the bank was asked and has said that it took the money, by the time that anybody looked.
async fn is_returning(visitor: &Visitor) -> bool {
    visitor.browser.run("return document.querySelector('#hops [data-hop=return]') !== null").await
        == json!(true)
}

async fn prove_and_forge(visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.click("#prove").await;
    visitor.wait("document.querySelector('#proof .good')").await;
    let root = browser.text("#proof .root code").await;
    assert!(root.len() == 64 && root.bytes().all(|byte| byte.is_ascii_hexdigit()), "{root}");
    assert!(browser.text("#proof .figures").await.contains('3'));
    visitor.wait_for_step("prove").await;
    browser.click("#forge").await;
    visitor.wait("document.querySelector('#forged .good')").await;
    assert!(browser.text("#forged .row-name").await.starts_with("ledger_legs "));
    let said = browser.text("#forged").await;
    let is_english =
        [" there", " absent", "was posted", "minor units"].iter().any(|word| said.contains(word));
    assert!(!is_english || visitor.expected.language == "en", "{said}");
    visitor.wait_for_step("forge").await;
    // The books themselves are as they were.
    browser.click("#prove").await;
    visitor.wait("document.querySelector('#proof .good')").await;
}

async fn kill_half_way(visitor: &Visitor, service: &Service) {
    let browser = &visitor.browser;
    visitor.turn("peak").await;
    for attempt in 1.. {
        assert!(attempt < 6, "a bank at its peak is never that fast");
        if visitor.pay_at_the_peak("oolong").await {
            break;
        }
    }
    let process = stage(&service.url).await["wallet"]["process"].as_u64().unwrap();
    assert!(is_running(process));
    browser.click("#kill").await;
    visitor.wait("document.querySelector('#process').dataset.up === 'false'").await;
    assert!(!is_running(process), "it was killed");
    // The page is there while the wallet is not.
    browser.open(&format!("{}/play?lang={}", visitor.url, visitor.expected.language)).await;
    visitor.wait("document.querySelector('#process').dataset.up === 'false'").await;
    assert_eq!(browser.text("h1").await, visitor.expected.promise);
    visitor.picture("down", DESKTOP).await;
    browser.click("#start").await;
    visitor.wait("document.querySelector('#process').dataset.up === 'true'").await;
    assert_ne!(stage(&service.url).await["wallet"]["process"].as_u64(), Some(process));
    visitor.turn("calm").await;
    // What was open goes on.
    visitor.wait("document.querySelector('#scene').getAttribute('aria-busy') === 'false'").await;
    visitor.wait_for_payment(&["succeeded"], ARRIVES_MAX).await;
    visitor.wait("document.querySelector('#order-status').dataset.status === 'paid'").await;
    visitor.wait_for_step("kill").await;
    browser.click("#prove").await;
    visitor.wait("document.querySelector('#proof .good')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_english_on_a_desktop() {
    five_minutes(ENGLISH, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_chinese_on_a_phone() {
    five_minutes(CHINESE, PHONE).await;
}

/// Where a bank is down that is said at once, and another source pays.
#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_is_down_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    let visitor = Visitor::arrive(&service.url, PHONE, CHINESE).await;
    let browser = &visitor.browser;
    visitor.turn("outage").await;
    let refused =
        "!document.querySelector('#notice').hidden && !document.querySelector('#phone-offer').hidden";
    for attempt in 1.. {
        assert!(attempt < 30, "the wallet asks a bank that never answers");
        visitor.scan("oolong").await;
        browser.click("#phone-offer label:has([value=card])").await;
        browser.click("#pay").await;
        visitor.wait(&format!("!document.querySelector('#phone-result').hidden || {refused}")).await;
        if browser.run(&format!("return {refused}")).await == json!(true) {
            break;
        }
    }
    assert!(browser.text("#notice").await.starts_with("该银行暂不可用"), "{}", browser.text("#notice").await);
    browser.click("#phone-offer label:has([value=balance])").await;
    browser.click("#pay").await;
    visitor.wait_for_payment(&["succeeded"], SOON).await;
    // Whoever arrives now waits until the wallet tries the bank again, and is told so.
    browser.run("sessionStorage.clear()").await;
    browser.open(&format!("{}/play?lang=zh", service.url)).await;
    visitor.wait("document.querySelector('#phone-waits-for').textContent.includes('银行之前中断了')").await;
    browser.wait("document.querySelector('#scene').getAttribute('aria-busy') === 'false'", ARRIVES_MAX).await;
    visitor.expect_quiet_console().await;
    visitor.browser.quit().await;
    assert_eq!(service.stop().0, Some(0));
}

/// Under `serve` there is nobody to kill the wallet. The language changes where it stands, what the wallet says too.
#[tokio::test(flavor = "multi_thread")]
async fn the_language_changes_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::serve(folder.path());
    let visitor = Visitor::arrive(&service.url, DESKTOP, ENGLISH).await;
    let browser = &visitor.browser;
    assert_eq!(browser.run("return document.querySelectorAll('#steps li').length").await, 6);
    visitor.wait("!document.querySelector('#kill-command').hidden").await;
    visitor.scan("oolong").await;
    browser.click("#pay").await;
    visitor.wait_for_payment(&["succeeded"], SOON).await;
    visitor.wait(&format!("document.querySelector('#payer-says').textContent === {:?}", ENGLISH.paid)).await;
    browser.click("[data-language=zh]").await;
    visitor.wait(&format!("document.querySelector('#payer-says').textContent === {:?}", CHINESE.paid)).await;
    assert_eq!(browser.text("h1").await, CHINESE.promise);
    assert_eq!(browser.run("return document.documentElement.lang").await, "zh-CN");
    // It is remembered, and so is the visit.
    browser.open(&format!("{}/play", service.url)).await;
    visitor.wait(&format!("document.querySelector('#payer-says').textContent === {:?}", CHINESE.paid)).await;
    visitor.expect_quiet_console().await;
    visitor.browser.quit().await;
    assert_eq!(service.stop().0, Some(0));
}
