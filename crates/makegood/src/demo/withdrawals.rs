//! T5 again, asked for and never there: a withdrawal that fails, and fails again, and one whose bank does not answer.

use super::DemoError;
use super::client::{Answer, People};
use super::stage::{Stage, text};
use serde_json::json;

pub(super) async fn tell(people: &People, stage: &Stage) -> Result<(), DemoError> {
    again_and_again(people, stage).await?;
    without_an_answer(people, stage).await
}

async fn withdraw(people: &People, card: &str, wanted: &[&str]) -> Result<(String, Answer), DemoError> {
    let amount = json!({"amount": "10.00", "currency": "CNY"});
    let body = json!({"amount": amount, "bank_card": card});
    let made = people.client.post(&people.payer, "/v1/withdrawals", body).await?;
    if made.status != 202 {
        let step = "POST /v1/withdrawals".to_owned();
        return Err(DemoError::Broken { step, answer: made.shown() });
    }
    let path = format!("/v1/withdrawals/{}", made.text("id"));
    let ended = people.client.wait(&people.payer, &path, wanted).await?;
    Ok((path, ended))
}

async fn again_and_again(people: &People, stage: &Stage) -> Result<(), DemoError> {
    let before = people.balance().await?;
    stage.say(
        "Li Wei withdraws 10.00 to the card that is closed, and tries again:",
        "李伟向已注销的银行卡提现 10.00，失败后又试了一次：",
    );
    let (_, first) = withdraw(people, &people.closing_card, &["failed", "completed"]).await?;
    let (path, second) = withdraw(people, &people.closing_card, &["failed", "completed"]).await?;
    people.show_trace(stage, &people.payer, &path).await?;
    let causes = |answer: &Answer| answer.body["causes"].as_array().map_or(0, Vec::len);
    stage.hold(
        "each time all of the money is available again; the second names both causes, and staff have a case",
        "每次全部款项都恢复可用；第二次列出两次原因，工作人员已接到处理单",
        first.text("status") == "failed"
            && second.text("status") == "failed"
            && (causes(&first), causes(&second)) == (1, 2)
            && people.balance().await? == before,
        &second.shown(),
    )
}

async fn without_an_answer(people: &People, stage: &Stage) -> Result<(), DemoError> {
    stage.say(
        "A withdrawal to the card whose bank pays and does not answer:",
        "向一张银行付了款却不应答的卡提现：",
    );
    let (path, unknown) = withdraw(people, &people.silent_card, &["unknown", "completed"]).await?;
    let trace = people.show_trace(stage, &people.payer, &path).await?;
    stage.hold(
        "nobody guesses: it is unknown, the money stays in transit, and the wallet asks the bank",
        "没有人去猜：状态是未知，款项仍在途，由钱包向银行查询",
        unknown.text("status") == "unknown" && text(&trace.body["next"], "who") == "wallet",
        &unknown.shown(),
    )?;
    let done = people.client.wait(&people.payer, &path, &["completed", "failed"]).await?;
    stage.hold(
        "the bank has paid it: completed, once",
        "银行已付款：提现完成，只有一次",
        done.text("status") == "completed",
        &done.shown(),
    )
}
