//! T2, paid but not received: the bank takes the money and says nothing.

use super::DemoError;
use super::client::People;
use super::stage::{Stage, text};
use serde_json::json;

pub(super) async fn tell(people: &People, stage: &Stage) -> Result<(), DemoError> {
    stage.title("Paid, but not received", "付了款，对方却没收到");
    resolved(people, stage).await?;
    cancelled_at_the_till(people, stage).await
}

async fn resolved(people: &People, stage: &Stage) -> Result<(), DemoError> {
    let order = people.order("T2-1", "36.50").await?;
    let seen = json!({"qr": order.text("qr")});
    let seen = people.client.post(&people.payer, "/v1/resolve", seen).await?;
    let payee = text(&seen.body["payee"], "display_name") == "Corner Tea House";
    let amount = text(&seen.body["amount"], "amount") == "36.50";
    stage.hold(
        "Li Wei scans the QR code, and sees payee and amount before paying",
        "李伟扫描二维码，付款前看到收款方和金额",
        payee && amount,
        &seen.shown(),
    )?;
    stage.say(
        "He pays from his card. The bank takes the money, and its answer is lost:",
        "他用银行卡付款。银行扣了款，但应答丢失了：",
    );
    let payment = people.pay_by_card(&order, &people.silent_card, &["unknown"]).await?;
    let path = format!("/v1/payments/{}", payment.text("id"));
    let trace = people.show_trace(stage, &people.payer, &path).await?;
    stage.hold(
        "not knowing is a state with a deadline, and it is the wallet's turn",
        "“未知”是一种有时限的状态，并且轮到钱包来处理",
        text(&trace.body["next"], "who") == "wallet" && payment.body["expected_by"].is_string(),
        &trace.shown(),
    )?;
    stage.hold(
        "it is not safe to pay again",
        "此时再付一次并不安全",
        payment.body["safe_to_pay_again"] == false,
        &payment.shown(),
    )?;
    stage.say("He tries again all the same, from his balance:", "他还是用余额再付一次：");
    let again = people.payment(&order, json!({"type": "balance"}));
    let again = people.client.post(&people.payer, "/v1/payments", again).await?;
    stage.problem(&again);
    stage.hold(
        "the second payment is refused, and points at the first",
        "第二笔付款被拒绝，并指向第一笔",
        again.text("code") == "payment.attempt_open"
            && again.body["safe_to_pay_again"] == false
            && text(&again.body["payment"], "id") == payment.text("id"),
        &again.shown(),
    )?;
    stage.say(
        "The wallet asks the bank by itself, and the bank knows:",
        "钱包自行向银行查询，银行给出了结果：",
    );
    let paid = people.client.wait(&people.payer, &path, &["succeeded", "failed"]).await?;
    people.show_trace(stage, &people.payer, &path).await?;
    let order = people.client.get(&people.shop_key, &format!("/v1/orders/{}", order.text("id"))).await?;
    stage.hold(
        "the payment succeeded, and the shop's order is paid, once",
        "付款成功，商户的订单已支付，且只支付了一次",
        paid.text("status") == "succeeded" && order.text("status") == "paid",
        &order.shown(),
    )
}

async fn cancelled_at_the_till(people: &People, stage: &Stage) -> Result<(), DemoError> {
    stage.line("");
    stage.say(
        "It happens again, and the queue is long: the shop cancels the order while nobody knows.",
        "同样的事又发生了，而队伍很长：商户在结果未知时取消了订单。",
    );
    let order = people.order("T2-2", "52.00").await?;
    let payment = people.pay_by_card(&order, &people.silent_card, &["unknown"]).await?;
    let cancel = format!("/v1/orders/{}/cancel", order.text("id"));
    let cancelled = people.client.post(&people.shop_key, &cancel, json!({})).await?;
    let path = format!("/v1/payments/{}", payment.text("id"));
    let reversing = people.client.get(&people.payer, &path).await?;
    people.show_trace(stage, &people.payer, &path).await?;
    stage.hold(
        "the order is cancelled, the wallet takes the payment over, and paying anew is safe at once",
        "订单已取消，钱包接管了这笔付款，可以立即放心重新付款",
        cancelled.status == 202
            && cancelled.text("status") == "cancelled"
            && reversing.text("status") == "reversing"
            && reversing.body["safe_to_pay_again"] == true,
        &reversing.shown(),
    )?;
    let order = people.order("T2-3", "52.00").await?;
    let anew = people.payment(&order, json!({"type": "balance"}));
    let anew = people.client.post(&people.payer, "/v1/payments", anew).await?;
    stage.hold(
        "Li Wei pays a new order from his balance",
        "李伟用余额支付了新订单",
        anew.text("status") == "succeeded",
        &anew.shown(),
    )?;
    stage.say(
        "The bank had taken the money after all, so it is given back:",
        "银行其实已经扣款，于是这笔钱被退回：",
    );
    let reversed = people.client.wait(&people.payer, &path, &["reversed"]).await?;
    let trace = people.show_trace(stage, &people.payer, &path).await?;
    let hops = trace.body["hops"].as_array();
    let is_back =
        hops.is_some_and(|hops| hops.iter().any(|hop| hop["hop"] == "return" && hop["state"] == "done"));
    stage.hold("the first payment came back", "第一笔付款已经退回", is_back, &reversed.shown())
}
