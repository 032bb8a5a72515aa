//! Somebody of the staff, who calls back what was paid out, as staff do where somebody says that it was a mistake.

use crate::Failure;
use crate::http::Client;
use makegood::{ServerConfig, SystemClock, SystemEntropy, staff};
use makegood_auth::StaffRole;
use serde_json::json;
use std::sync::Arc;

const LOGIN: &str = "loadtest@example.com";

/// A member of staff who has logged in.
pub(crate) struct Staff {
    client: Client,
    token: String,
}

impl Staff {
    /// Makes an account, and logs in with it.
    pub(crate) async fn add(config: &ServerConfig, wallet_url: &str) -> Result<Self, Failure> {
        let password = staff::generate_password(&SystemEntropy);
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        staff::add(config, LOGIN, password.clone(), StaffRole::Operations, clock, entropy).await?;
        let client = Client::new(wallet_url)?;
        let session =
            client.post("/v1/sessions", None, &json!({"login": LOGIN, "password": password})).await?;
        let token = session["token"].as_str().ok_or("staff cannot log in")?.to_owned();
        Ok(Self { client, token })
    }

    /// Calls a transfer back. One that is back already is none to call back.
    pub(crate) async fn call_back(&self, transfer: &str) -> Result<(), Failure> {
        let path = format!("/v1/ops/bank-transfers/{transfer}/recall");
        let body = json!({"reason": "Sent to the wrong person"});
        match self.client.post(&path, Some(&self.token), &body).await {
            Err(error) if error.to_string().contains("recall.") => Ok(()),
            answer => answer.map(drop),
        }
    }
}
