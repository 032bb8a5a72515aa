//! Makegood's HTTP API: routes, problem+json, OpenAPI.
