//! Events and the signing of webhooks (Standard Webhooks).
