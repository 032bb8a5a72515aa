//! T5, not given back: refunds in part and in full, to a balance, to a card, and to a card that is closed.

use super::DemoError;
use super::client::{Answer, People};
use super::stage::{Stage, text};
use serde_json::{Value, json};

pub(super) async fn tell(people: &People, stage: &Stage) -> Result<(), DemoError> {
    stage.title("Not given back", "钱没有退回来");
    to_the_balance(people, stage).await?;
    to_the_card(people, stage).await?;
    to_a_closed_card(people, stage).await
}

async fn refund(people: &People, payment: &Answer, body: Value) -> Result<Answer, DemoError> {
    let path = format!("/v1/payments/{}/refunds", payment.text("id"));
    people.client.post(&people.shop_key, &path, body).await
}

fn part(amount: &str) -> Value {
    json!({"amount": {"amount": amount, "currency": "CNY"}, "reason": "One cup is chipped"})
}

async fn to_the_balance(people: &People, stage: &Stage) -> Result<(), DemoError> {
    let before = people.balance().await?;
    let order = people.order("T5-1", "20.00").await?;
    let body = people.payment(&order, json!({"type": "balance"}));
    let payment = people.client.post(&people.payer, "/v1/payments", body).await?;
    let some = refund(people, &payment, part("6.50")).await?;
    let rest = refund(people, &payment, json!({"reason": "Sent back"})).await?;
    stage.hold(
        "paid from the balance: 6.50 and then the rest are back at once, to the cent",
        "用余额付款：先退 6.50，再退剩余，立即到账，分毫不差",
        some.text("status") == "succeeded"
            && text(&rest.body["amount"], "amount") == "13.50"
            && people.balance().await? == before,
        &rest.shown(),
    )?;
    let more = refund(people, &payment, part("0.01")).await?;
    stage.problem(&more);
    stage.hold(
        "more than was paid is never returned",
        "退款永远不会超过付款",
        more.text("code") == "refund.exceeds_payment",
        &more.shown(),
    )
}

async fn to_the_card(people: &People, stage: &Stage) -> Result<(), DemoError> {
    let order = people.order("T5-2", "88.00").await?;
    let payment = people.pay_by_card(&order, &people.card, &["succeeded", "failed"]).await?;
    let some = refund(people, &payment, part("8.00")).await?;
    stage.hold(
        "paid by card: a refund of 8.00 is on its way, with a normal window and a deadline",
        "用银行卡付款：退款 8.00 已上路，有正常时限，也有截止时间",
        some.status == 202
            && some.body["within_normal_window"] == true
            && some.body["expected_by"].is_string(),
        &some.shown(),
    )?;
    let rest = refund(people, &payment, json!({"reason": "Sent back"})).await?;
    for refund in [&some, &rest] {
        let path = format!("/v1/refunds/{}", refund.text("id"));
        people.client.wait(&people.payer, &path, &["succeeded"]).await?;
    }
    let path = format!("/v1/refunds/{}", rest.text("id"));
    people.show_trace(stage, &people.payer, &path).await?;
    let payment = people.client.get(&people.payer, &format!("/v1/payments/{}", payment.text("id"))).await?;
    stage.hold(
        "part and rest have arrived on the card",
        "部分退款和剩余退款都已到卡",
        payment.text("status") == "refunded" && text(&payment.body["refunded"], "amount") == "88.00",
        &payment.shown(),
    )
}

async fn to_a_closed_card(people: &People, stage: &Stage) -> Result<(), DemoError> {
    let order = people.order("T5-3", "30.00").await?;
    let payment = people.pay_by_card(&order, &people.closing_card, &["succeeded", "failed"]).await?;
    stage.say(
        "Li Wei pays from a third card, closes it, and is refunded:",
        "李伟用第三张卡付款后注销了它，然后商户退款：",
    );
    let given = refund(people, &payment, json!({"reason": "Sent back"})).await?;
    let path = format!("/v1/refunds/{}", given.text("id"));
    let stuck = people.client.wait(&people.payer, &path, &["needs_action", "succeeded"]).await?;
    let trace = people.show_trace(stage, &people.payer, &path).await?;
    stage.hold(
        "the bank refuses; the refund is not lost, it says why, and whose turn it is",
        "银行拒绝了；退款没有丢失，它说明了原因，以及轮到谁处理",
        stuck.text("status") == "needs_action"
            && !stuck.text("failure").is_empty()
            && text(&trace.body["next"], "who") == "staff",
        &stuck.shown(),
    )
}
