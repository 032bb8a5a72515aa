//! What a client may send, how slowly, and how often.

use std::time::Duration;

/// So many at once, and one more each so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How long until one more may come.
    pub refill: Duration,
}

/// The bounds of the service. The largest body is [`BODY_BYTES_MAX`](makegood_base::limits::BODY_BYTES_MAX).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most connections at a time; further ones wait to be accepted. The default leaves room for the
    /// database under the 1,024 open files that most systems allow a process.
    pub connections_max: usize,
    /// How long a connection may be idle, and how long a client may take to send the head of a request. It is longer
    /// than most clients and proxies keep an idle connection (60 to 90 seconds): where the service closes first, a
    /// request that is on its way then is lost without an answer.
    pub head_timeout: Duration,
    /// The largest head of a request, in bytes; at least 8 KiB.
    pub head_bytes_max: usize,
    /// The most header fields of a request.
    pub headers_max: usize,
    /// How long a client may take to send a body.
    pub body_timeout: Duration,
    /// How long a request may take in all. It is longer than the longest long poll.
    pub request_timeout: Duration,
    /// How long a stop waits for the requests that are under way.
    pub stop_timeout: Duration,
    /// How much one caller may wait for at once: long polls and streams of events.
    pub waits_per_caller: u32,
    /// Logins and registrations of one address (of IPv6, of one /64 network).
    pub per_address: Rate,
    /// Logins with one login from one address.
    pub per_login_and_address: Rate,
    /// Logins with one login from everywhere. It is wide, so that nobody can lock somebody else out from a
    /// single address.
    pub per_login: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 800,
            head_timeout: Duration::from_secs(100),
            head_bytes_max: 16 * 1_024,
            headers_max: 64,
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            stop_timeout: Duration::from_secs(8),
            waits_per_caller: 64,
            per_address: Rate { burst: 300, refill: Duration::from_millis(200) },
            per_login_and_address: Rate { burst: 10, refill: Duration::from_secs(10) },
            per_login: Rate { burst: 100, refill: Duration::from_secs(2) },
        }
    }
}
