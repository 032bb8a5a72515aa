//! Cells of the remedy matrix that several codes share. An empty cell has a name, which says why there is
//! nothing to do.

/// What a role can do next, one step per line.
pub(super) type Cell = &'static [&'static str];

/// The caller mends it alone, and the service works as it should.
pub(super) const CALLER_MENDS_IT: Cell = &[];
/// It happens between a person and the wallet; no merchant takes part in it.
pub(super) const NO_MERCHANT_INVOLVED: Cell = &[];

/// English cells.
pub(super) mod english {
    use super::Cell;

    /// All that a merchant learns where the cause is the payer's.
    pub const ASK_THE_PAYER: Cell = &["Ask the payer to try again or to use another source."];
    /// A person's app sent something that no person typed.
    pub const UPDATE_THE_APP: Cell =
        &["Update the app and try again.", "If it happens again, tell support the request id."];
    /// A support case about a request that was not understood.
    pub const ASK_FOR_REQUEST_ID: Cell = &[
        "Ask for the request id, and find out which app or system sent the request.",
        "Point its makers to the API documentation.",
    ];
}

/// Chinese cells.
pub(super) mod chinese {
    use super::Cell;

    /// All that a merchant learns where the cause is the payer's.
    pub const ASK_THE_PAYER: Cell = &["请付款人重试，或改用其他付款方式。"];
    /// A person's app sent something that no person typed.
    pub const UPDATE_THE_APP: Cell = &["请更新应用后重试。", "如果再次出现，请把请求编号告诉客服。"];
    /// A support case about a request that was not understood.
    pub const ASK_FOR_REQUEST_ID: Cell =
        &["向对方索取请求编号，查明请求由哪个应用或系统发出。", "请其开发者查阅接口文档。"];
}
