//! The adapter to a bank that speaks the simulated bank's protocol (`docs/bank.md`).
//!
//! Whatever cannot be trusted to be the bank's own answer (a timeout, a broken connection, a 5xx, a body that
//! cannot be read) is [`Heard::Nothing`]: never a failure, never a success.

use super::BankConfig;
use super::port::{BankAdapter, Calling, Heard, Message, MessageRefused, Plans};
use makegood_banking::{
    BankTransfer, CardCheck, CardRefusal, Direction, HolderCheck, PlannedWindow, RecallState, Refusal,
    ReturnReason, Told, ToldStatus,
};
use makegood_base::Timestamp;
use makegood_money::Money;
use makegood_notify::{HEADER_ID, HEADER_SIGNATURE, HEADER_TIMESTAMP, TOLERANCE, WebhookSecret};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a question about maintenance may take: it tells whether the bank is there, so that it does not wait long.
const PROBE_MAX: Duration = Duration::from_secs(2);
/// How many windows are read of those that a bank plans.
const WINDOWS_MAX: usize = 32;
/// How much of a bank's own words is kept.
const WORDS_MAX: usize = 128;

/// A bank behind HTTP.
pub(super) struct HttpBank {
    config: BankConfig,
    client: reqwest::Client,
    callback_secret: Option<WebhookSecret>,
}

#[derive(Serialize)]
struct AgreementRequest<'a> {
    card_number: &'a str,
    holder_name: &'a str,
}

#[derive(Deserialize)]
struct AgreementAnswer {
    agreement: String,
    last4: String,
    holder_check: HolderCheck,
}

#[derive(Serialize)]
struct ConfirmRequest<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct HolderRequest<'a> {
    holder_name: &'a str,
}

#[derive(Deserialize)]
struct HolderAnswer {
    holder_check: HolderCheck,
}

#[derive(Serialize)]
struct TransferRequest<'a> {
    direction: Direction,
    agreement: &'a str,
    amount: Money,
    valid_until: Timestamp,
}

/// A transfer as the bank shows it. What it does not show of reference, direction and agreement is not compared.
#[derive(Deserialize)]
struct TransferAnswer {
    reference: Option<String>,
    bank_reference: String,
    status: TransferStatus,
    refusal: Option<String>,
    return_reason: Option<String>,
    direction: Option<Direction>,
    agreement: Option<String>,
    amount: Money,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TransferStatus {
    Succeeded,
    Accepted,
    Refused,
    Returned,
}

#[derive(Serialize)]
struct RecallRequest<'a> {
    reason: &'a str,
}

#[derive(Deserialize)]
struct RecallAnswer {
    recall: RecallState,
}

#[derive(Deserialize)]
struct MaintenanceAnswer {
    data: Vec<PlannedWindow>,
}

#[derive(Deserialize)]
struct Callback {
    r#type: String,
    transfer: TransferAnswer,
}

#[derive(Deserialize)]
struct BankProblem {
    code: String,
}

impl HttpBank {
    /// Makes the adapter; nothing is called yet. Redirects are never followed.
    pub(super) fn new(config: BankConfig) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(config.answer_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only(crate::outbound::tls_roots()?)
            .build()
            .map_err(|error| error.to_string())?;
        let secret = config.callback_secret.as_deref().map(WebhookSecret::parse);
        let callback_secret = secret.transpose().map_err(|error| format!("the callback secret: {error}"))?;
        Ok(Self { config, client, callback_secret })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.url.trim_end_matches('/'))
    }

    fn transfer_url(&self, transfer: &BankTransfer, path: &str) -> String {
        self.url(&format!("/v1/transfers/{}{path}", transfer.id))
    }

    /// The bank's response, unless there was none or it says that the bank is in trouble.
    async fn call(&self, request: reqwest::RequestBuilder) -> Option<reqwest::Response> {
        match request.bearer_auth(&self.config.secret).send().await {
            Ok(response) if !response.status().is_server_error() => Some(response),
            Ok(response) => {
                tracing::warn!(bank = %self.config.id, status = %response.status(), "a bank is in trouble");
                None
            }
            Err(error) => {
                // The error names the address and not the request, so that no number reaches the log.
                tracing::warn!(bank = %self.config.id, error = %error.without_url(), "a bank gave no answer");
                None
            }
        }
    }

    async fn transfer(&self, request: reqwest::RequestBuilder, transfer: &BankTransfer) -> Heard {
        let Some(response) = self.call(request).await else { return Heard::Nothing };
        match response.status().as_u16() {
            200 => match response.json::<TransferAnswer>().await {
                Ok(answer) => Heard::Told(told(answer, transfer.id.to_string())),
                Err(_) => Heard::Nothing,
            },
            404 => match response.json::<BankProblem>().await {
                Ok(problem) if problem.code == "transfer.not_found" => Heard::NotFound,
                _ => Heard::Nothing,
            },
            _ => Heard::Nothing,
        }
    }

    fn verified(&self, message: Message<'_>, now: Timestamp) -> Result<(), MessageRefused> {
        let unsigned = MessageRefused::Unsigned;
        let secret = self.callback_secret.as_ref().ok_or(unsigned)?;
        let header = |name| message.header(name).ok_or(unsigned);
        let (id, timestamp) = (header(HEADER_ID)?, header(HEADER_TIMESTAMP)?);
        let signatures = header(HEADER_SIGNATURE)?;
        secret.verify(id, timestamp, signatures, message.body, now, TOLERANCE).map_err(|_| unsigned)
    }
}

impl BankAdapter for HttpBank {
    fn link<'a>(
        &'a self,
        number: &'a str,
        holder_name: &'a str,
    ) -> Calling<'a, Result<CardCheck, CardRefusal>> {
        Box::pin(async move {
            let request = self.client.post(self.url("/v1/agreements"));
            let request = request.json(&AgreementRequest { card_number: number, holder_name });
            let response = self.call(request).await.ok_or(CardRefusal::NoAnswer)?;
            if response.status().is_success() {
                let answer: AgreementAnswer = response.json().await.map_err(|_| CardRefusal::NoAnswer)?;
                let AgreementAnswer { agreement, last4, holder_check } = answer;
                return Ok(CardCheck { agreement, last4, holder_check });
            }
            Err(card_refusal(response).await)
        })
    }

    fn confirm<'a>(&'a self, agreement: &'a str, code: &'a str) -> Calling<'a, Result<(), CardRefusal>> {
        Box::pin(async move {
            let request = self.client.post(self.url(&format!("/v1/agreements/{agreement}/confirm")));
            let response = self.call(request.json(&ConfirmRequest { code })).await;
            let response = response.ok_or(CardRefusal::NoAnswer)?;
            if response.status().is_success() { Ok(()) } else { Err(card_refusal(response).await) }
        })
    }

    fn check_holder<'a>(
        &'a self,
        agreement: &'a str,
        holder_name: &'a str,
    ) -> Calling<'a, Option<HolderCheck>> {
        Box::pin(async move {
            let request = self.client.post(self.url(&format!("/v1/agreements/{agreement}/holder-check")));
            let response = self.call(request.json(&HolderRequest { holder_name })).await?;
            let is_success = response.status().is_success();
            let answer = if is_success { response.json::<HolderAnswer>().await.ok() } else { None };
            answer.map(|answer| answer.holder_check)
        })
    }

    fn send<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard> {
        Box::pin(async move {
            let request = self.client.put(self.transfer_url(transfer, "")).json(&TransferRequest {
                direction: transfer.direction,
                agreement: &transfer.agreement,
                amount: transfer.amount,
                valid_until: transfer.valid_until,
            });
            // The answer to a send is never that the reference is not known.
            match self.transfer(request, transfer).await {
                Heard::NotFound => Heard::Nothing,
                heard => heard,
            }
        })
    }

    fn enquire<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Heard> {
        Box::pin(
            async move { self.transfer(self.client.get(self.transfer_url(transfer, "")), transfer).await },
        )
    }

    fn recall<'a>(&'a self, transfer: &'a BankTransfer) -> Calling<'a, Option<RecallState>> {
        Box::pin(async move {
            let reason = transfer.recall.as_ref().map_or("", |recall| recall.reason.as_str());
            let request = self.client.post(self.transfer_url(transfer, "/recall"));
            let response = self.call(request.json(&RecallRequest { reason })).await?;
            let is_success = response.status().is_success();
            let answer = if is_success { response.json::<RecallAnswer>().await.ok() } else { None };
            answer.map(|answer| answer.recall)
        })
    }

    fn maintenance(&self) -> Calling<'_, Plans> {
        Box::pin(async move {
            let timeout = PROBE_MAX.min(self.config.answer_timeout);
            let request = self.client.get(self.url("/v1/maintenance")).timeout(timeout);
            let Some(response) = self.call(request).await else { return Plans::NoAnswer };
            if !response.status().is_success() {
                // A bank that tells no windows, or does not tell them now, is there all the same.
                return Plans::Unsaid;
            }
            let Ok(MaintenanceAnswer { data: mut windows }) = response.json().await else {
                return Plans::NoAnswer;
            };
            windows.truncate(WINDOWS_MAX);
            for window in &mut windows {
                (window.id, window.description) = (short(&window.id), short(&window.description));
            }
            Plans::Windows(windows)
        })
    }

    fn read(&self, message: Message<'_>, now: Timestamp) -> Result<Told, MessageRefused> {
        self.verified(message, now)?;
        let callback: Callback =
            serde_json::from_slice(message.body).map_err(|_| MessageRefused::Malformed)?;
        let reference = callback.transfer.reference.clone();
        match (callback.r#type.as_str(), reference) {
            ("transfer.updated", Some(reference)) => Ok(told(callback.transfer, reference)),
            _ => Err(MessageRefused::Malformed),
        }
    }
}

async fn card_refusal(response: reqwest::Response) -> CardRefusal {
    let problem = response.json::<BankProblem>().await;
    match problem.as_ref().map(|problem| problem.code.as_str()) {
        Ok("card.invalid_number" | "card.invalid_holder_name") => CardRefusal::InvalidNumber,
        Ok("card.wrong_code") => CardRefusal::WrongCode,
        Ok("agreement.not_found") => CardRefusal::UnknownAgreement,
        _ => CardRefusal::NoAnswer,
    }
}

/// What the bank shows; where it does not repeat the reference, it is the one that it was asked about.
fn told(answer: TransferAnswer, asked: String) -> Told {
    let status = match answer.status {
        TransferStatus::Succeeded => ToldStatus::Succeeded,
        TransferStatus::Accepted => ToldStatus::Accepted,
        TransferStatus::Refused => ToldStatus::Refused { refusal: refusal(answer.refusal.as_deref()) },
        TransferStatus::Returned => {
            let reason = answer.return_reason.as_deref().map_or(ReturnReason::Other, ReturnReason::parse);
            ToldStatus::Returned { reason }
        }
    };
    Told {
        reference: short(answer.reference.as_deref().unwrap_or(&asked)),
        bank_reference: short(&answer.bank_reference),
        direction: answer.direction,
        agreement: answer.agreement,
        amount: answer.amount,
        status,
    }
}

fn refusal(word: Option<&str>) -> Refusal {
    match word {
        Some("insufficient_funds") => Refusal::InsufficientFunds,
        Some("card_refused") => Refusal::CardRefused,
        Some("card_closed") => Refusal::CardClosed,
        Some("limit_exceeded") => Refusal::LimitExceeded,
        Some("expired") => Refusal::Expired,
        _ => Refusal::Other,
    }
}

/// A bank's own words, as many as are kept: on one line, none of them a control character.
fn short(words: &str) -> String {
    words.chars().filter(|character| !character.is_control()).take(WORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_800_000_000;

    fn bank() -> HttpBank {
        HttpBank::new(BankConfig {
            id: "simbank".to_owned(),
            name: "Bank".to_owned(),
            url: "http://127.0.0.1:1".to_owned(),
            secret: "secret".to_owned(),
            callback_secret: Some(WebhookSecret::new([7; 32]).text().to_string()),
            answer_timeout: Duration::from_secs(1),
        })
        .unwrap()
    }

    fn body(status: &str, more: &str) -> String {
        format!(
            r#"{{"type":"transfer.updated","at":"2027-01-15T08:00:00Z","transfer":{{"reference":"btr_1",
            "bank_reference":"B-1","status":"{status}","direction":"in","agreement":"agr_1",
            "amount":{{"amount":"1.00","currency":"CNY"}},"received_at":"2027-01-15T08:00:00Z"{more}}}}}"#
        )
    }

    fn read(secret: &WebhookSecret, body: &str, sent_at_s: i64) -> Result<Told, MessageRefused> {
        let at = Timestamp::from_micros(sent_at_s * 1_000_000);
        let headers = [
            (HEADER_ID.to_owned(), "msg_1".to_owned()),
            (HEADER_TIMESTAMP.to_owned(), WebhookSecret::timestamp_text(at)),
            (HEADER_SIGNATURE.to_owned(), secret.sign("msg_1", at, body.as_bytes())),
        ];
        let message = Message { headers: &headers, body: body.as_bytes() };
        bank().read(message, Timestamp::from_micros(AT * 1_000_000))
    }

    #[test]
    fn only_what_the_bank_has_signed_lately_is_read() {
        let (own, other) = (WebhookSecret::new([7; 32]), WebhookSecret::new([8; 32]));
        let succeeded = body("succeeded", "");
        assert_eq!(read(&own, &succeeded, AT).unwrap().status, ToldStatus::Succeeded);
        for (secret, body, sent_at) in [
            (&other, succeeded.as_str(), AT),
            (&own, succeeded.as_str(), AT - 301),
            (&own, succeeded.as_str(), AT + 301),
            (&other, "{", AT),
        ] {
            assert_eq!(read(secret, body, sent_at), Err(MessageRefused::Unsigned), "{body} {sent_at}");
        }
        for body in ["", "{", "[]", r#"{"type":"transfer.updated"}"#, &succeeded.replace("updated", "other")]
        {
            assert_eq!(read(&own, body, AT), Err(MessageRefused::Malformed), "{body}");
        }
        let none = Message { headers: &[], body: succeeded.as_bytes() };
        assert_eq!(bank().read(none, Timestamp::EPOCH), Err(MessageRefused::Unsigned));
    }

    #[test]
    fn every_word_of_a_bank_has_its_meaning() {
        let own = WebhookSecret::new([7; 32]);
        for (status, more, expected) in [
            ("succeeded", "", ToldStatus::Succeeded),
            ("accepted", "", ToldStatus::Accepted),
            ("refused", r#","refusal":"card_closed""#, ToldStatus::Refused { refusal: Refusal::CardClosed }),
            ("refused", r#","refusal":"new word""#, ToldStatus::Refused { refusal: Refusal::Other }),
            ("refused", "", ToldStatus::Refused { refusal: Refusal::Other }),
            (
                "returned",
                r#","return_reason":"wrong_details""#,
                ToldStatus::Returned { reason: ReturnReason::WrongDetails },
            ),
            (
                "returned",
                r#","return_reason":"new word""#,
                ToldStatus::Returned { reason: ReturnReason::Other },
            ),
            ("returned", "", ToldStatus::Returned { reason: ReturnReason::Other }),
        ] {
            let told = read(&own, &body(status, more), AT).unwrap();
            assert_eq!((told.status, told.reference.as_str()), (expected, "btr_1"), "{status} {more}");
            assert_eq!((told.direction, told.agreement.as_deref()), (Some(Direction::In), Some("agr_1")));
        }
        assert_eq!(read(&own, &body("lost", ""), AT), Err(MessageRefused::Malformed));
    }
}
