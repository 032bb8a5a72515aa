//! The adapter to a bank that speaks the simulated bank's protocol.
//!
//! Whatever cannot be trusted to be the bank's own answer (a timeout, a broken connection, a 5xx, a body that
//! cannot be read) is [`Answer::NoAnswer`]: never a failure, never a success.

use makegood_banking::{Answer, BankTransfer, CardCheck, CardRefusal, Direction, HolderCheck, Refusal, Step};
use makegood_base::Timestamp;
use makegood_money::Money;
use makegood_wallet::view::BankView;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many recent calls a bank's health is judged by.
const RECENT_CALLS_MAX: usize = 256;

/// How to reach a bank.
#[derive(Clone)]
pub struct BankConfig {
    /// Its id: 1 to 16 characters of `a-z`, `0-9` and `_`, for accounts are named by it.
    pub id: String,
    /// Its name, as people know it.
    pub name: String,
    /// Where it is, such as `http://127.0.0.1:8081`.
    pub url: String,
    /// What we show to it.
    pub secret: String,
    /// How long a call waits for its answer.
    pub answer_timeout: Duration,
}

/// A bank.
pub struct Bank {
    config: BankConfig,
    client: reqwest::Client,
    recent: Mutex<VecDeque<Call>>,
}

/// What came of one call.
#[derive(Debug, Clone, Copy)]
struct Call {
    took: Duration,
    answered: bool,
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
struct TransferRequest<'a> {
    direction: Direction,
    agreement: &'a str,
    amount: Money,
    valid_until: Timestamp,
}

#[derive(Deserialize)]
struct TransferAnswer {
    bank_reference: String,
    status: TransferStatus,
    refusal: Option<String>,
    amount: Money,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TransferStatus {
    Succeeded,
    Accepted,
    Refused,
}

#[derive(Deserialize)]
struct BankProblem {
    code: String,
}

impl Bank {
    /// Makes the adapter; nothing is called yet. Redirects are never followed.
    pub fn new(config: BankConfig) -> Result<Self, String> {
        let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if config.id.is_empty() || config.id.len() > 16 || !config.id.bytes().all(is_id) {
            return Err(format!("the bank id `{}` is not 1 to 16 characters of a-z, 0-9, _", config.id));
        }
        let client = reqwest::Client::builder()
            .timeout(config.answer_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_certs_only(super::tls_roots()?)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { config, client, recent: Mutex::new(VecDeque::new()) })
    }

    /// The bank's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.config.id
    }

    /// Exchanges a card number for the bank's agreement. The number goes nowhere else.
    pub async fn link(&self, number: &str, holder_name: &str) -> Result<CardCheck, CardRefusal> {
        let request = self.client.post(self.url("/v1/agreements"));
        let request = request.json(&AgreementRequest { card_number: number, holder_name });
        let response = self.call(request).await.ok_or(CardRefusal::NoAnswer)?;
        if response.status().is_success() {
            let answer: AgreementAnswer = response.json().await.map_err(|_| CardRefusal::NoAnswer)?;
            let AgreementAnswer { agreement, last4, holder_check } = answer;
            return Ok(CardCheck { agreement, last4, holder_check });
        }
        Err(card_refusal(response).await)
    }

    /// Says back the code that the bank texted to the card's holder.
    pub async fn confirm(&self, agreement: &str, code: &str) -> Result<(), CardRefusal> {
        let request = self.client.post(self.url(&format!("/v1/agreements/{agreement}/confirm")));
        let response =
            self.call(request.json(&ConfirmRequest { code })).await.ok_or(CardRefusal::NoAnswer)?;
        if response.status().is_success() { Ok(()) } else { Err(card_refusal(response).await) }
    }

    /// Makes the call of a worker's turn.
    pub async fn ask(&self, transfer: &BankTransfer, step: Step) -> Answer {
        let url = self.url(&format!("/v1/transfers/{}", transfer.id));
        let request = match step {
            Step::Enquire => self.client.get(url),
            Step::Send => self.client.put(url).json(&TransferRequest {
                direction: transfer.direction,
                agreement: &transfer.agreement,
                amount: transfer.amount,
                valid_until: transfer.valid_until,
            }),
        };
        let Some(response) = self.call(request).await else { return Answer::NoAnswer };
        match (response.status().as_u16(), step) {
            (200, _) => response.json().await.map_or(Answer::NoAnswer, transfer_answer),
            (404, Step::Enquire) => match response.json::<BankProblem>().await {
                Ok(problem) if problem.code == "transfer.not_found" => Answer::NotFound,
                _ => Answer::NoAnswer,
            },
            _ => Answer::NoAnswer,
        }
    }

    /// The bank and its health, as the recent calls showed it.
    #[must_use]
    pub fn view(&self, livemode: bool) -> BankView {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answered: Vec<u64> = recent
            .iter()
            .filter(|call| call.answered)
            .map(|call| u64::try_from(call.took.as_millis()).unwrap_or(u64::MAX))
            .collect();
        answered.sort_unstable();
        let quantile = |per_cent: usize| {
            let last = answered.len().checked_sub(1)?;
            answered.get(last * per_cent / 100).copied()
        };
        // The last few calls tell whether it is there now.
        let is_up = recent.is_empty() || recent.iter().rev().take(5).any(|call| call.answered);
        BankView {
            id: self.config.id.clone(),
            livemode,
            name: self.config.name.clone(),
            state: if is_up { "up" } else { "down" },
            p50_ms: quantile(50),
            p95_ms: quantile(95),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.config.url.trim_end_matches('/'))
    }

    /// The bank's response, unless there was none or it says that the bank is in trouble.
    async fn call(&self, request: reqwest::RequestBuilder) -> Option<reqwest::Response> {
        let started = Instant::now();
        let sent = request.bearer_auth(&self.config.secret).send().await;
        let response = match sent {
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
        };
        self.remember(Call { took: started.elapsed(), answered: response.is_some() });
        response
    }

    fn remember(&self, call: Call) {
        crate::metrics::bank_call(&self.config.id, call.took, call.answered);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT_CALLS_MAX {
            recent.pop_front();
        }
        recent.push_back(call);
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

fn transfer_answer(answer: TransferAnswer) -> Answer {
    let TransferAnswer { bank_reference, status, refusal, amount } = answer;
    match status {
        TransferStatus::Succeeded => Answer::Succeeded { bank_reference, amount },
        TransferStatus::Accepted => Answer::Accepted { bank_reference },
        TransferStatus::Refused => {
            let refusal = match refusal.as_deref() {
                Some("insufficient_funds") => Refusal::InsufficientFunds,
                Some("card_refused") => Refusal::CardRefused,
                Some("card_closed") => Refusal::CardClosed,
                Some("limit_exceeded") => Refusal::LimitExceeded,
                Some("expired") => Refusal::Expired,
                _ => Refusal::Other,
            };
            Answer::Refused { refusal, bank_reference: Some(bank_reference) }
        }
    }
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Bank").field("id", &self.config.id).finish_non_exhaustive()
    }
}
