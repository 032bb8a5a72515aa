//! T4, paid twice: a second tap, a flaky network, a phone that was restarted.

use super::DemoError;
use super::client::People;
use super::stage::{Stage, text};
use serde_json::json;

pub(super) async fn tell(people: &People, stage: &Stage) -> Result<(), DemoError> {
    stage.title("Paid twice", "付了两次");
    let (client, payer) = (&people.client, &people.payer);
    let order = people.order("T4-1", "18.00").await?;
    let body = people.payment(&order, json!({"type": "balance"}));
    let (before, key) = (people.balance().await?, client.key());

    let tap = || client.post_with_key(payer, "/v1/payments", &key, body.clone());
    let (first, second) = tokio::join!(tap(), tap());
    let (first, second) = (first?, second?);
    let after = people.balance().await?;

    stage.hold(
        "Li Wei taps twice: both taps get the very same answer, and the money moves once",
        "李伟点了两下：两次得到完全相同的答复，钱只动了一次",
        first.body == second.body
            && first.text("status") == "succeeded"
            && minor(&before) == minor(&after).map(|minor| minor.saturating_add(1_800)),
        &second.shown(),
    )?;
    let other = client.post(payer, "/v1/payments", body).await?;
    stage.problem(&other);
    stage.hold(
        "another app pays the same order again: refused, with the payment that has paid it",
        "另一个应用再次支付同一订单：被拒绝，并给出已支付它的那笔付款",
        other.text("code") == "order.already_paid"
            && text(&other.body["payment"], "id") == first.text("id")
            && people.balance().await? == after,
        &other.shown(),
    )?;
    let order = people.order("T4-2", "12.00").await?;
    let mut body = people.payment(&order, json!({"type": "balance"}));
    body["client_ref"] = json!("tea of 3 p.m.");
    let first = client.post(payer, "/v1/payments", body.clone()).await?;
    let once = people.balance().await?;
    let retried = client.post(payer, "/v1/payments", body).await?;
    stage.hold(
        "the phone restarts and loses the key; its own reference finds the same payment, and nothing moves",
        "手机重启，幂等键丢失；凭自己的参考号找到同一笔付款，钱没有再动",
        first.text("status") == "succeeded"
            && retried.text("id") == first.text("id")
            && people.balance().await? == once,
        &retried.shown(),
    )?;
    people.show_trace(stage, payer, &format!("/v1/payments/{}", first.text("id"))).await.map(drop)
}

/// A decimal string of two decimals in minor units.
fn minor(amount: &str) -> Option<i64> {
    amount.replace('.', "").parse().ok()
}
