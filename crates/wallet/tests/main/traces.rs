//! What traces say, held against what the ledger has.

use crate::world::World;
use makegood_base::RawId;
use makegood_ledger::{TransactionId, TransactionRow};
use makegood_refunds::RefundOrigin;
use makegood_wallet::Query;
use makegood_wallet::tables::BankTransferId;
use serde_json::{Value, json};

/// What the ledger has posted under a name of an object.
pub fn posted<'a>(world: &'a World, tag: &str, object: RawId) -> Option<&'a TransactionRow> {
    world.facts.book.transaction(&TransactionId::derive(tag, object))
}

/// What the ledger has taken in of a transfer that came too late.
pub fn late(world: &World, transfer: Option<BankTransferId>) -> Option<&TransactionRow> {
    transfer.and_then(|id| posted(world, "late_success", id.raw()))
}

/// A trace's state, time and reference at a hop; nothing where it has no such hop.
pub fn at_hop<'a>(trace: &'a Value, name: &str) -> Option<[&'a Value; 3]> {
    let hop = trace["hops"].as_array().unwrap().iter().find(|hop| hop["hop"] == name)?;
    Some(["state", "at", "reference"].map(|member| &hop[member]))
}

/// The trace says of the ledger what the ledger says: that it has posted, when, and under which id.
pub fn check_ledger_hop(trace: &Value, row: Option<&TransactionRow>) {
    let [state, at, reference] = at_hop(trace, "ledger").unwrap();
    match row {
        Some(row) => {
            assert_eq!([state, at, reference], [&json!("done"), &json!(row.at), &json!(row.id)], "{trace}");
        }
        None => assert!(state != "done" && reference.is_null(), "{trace}"),
    }
}

/// The trace says of money that went out what the ledger says: arrived, refused, or neither yet.
pub fn check_way_out(world: &World, trace: &Value, hop: &str, transfer: BankTransferId) {
    let [state, at, _] = at_hop(trace, hop).unwrap_or_else(|| panic!("no {hop}: {trace}"));
    let settled = posted(world, "return_settled", transfer.raw());
    let refused = posted(world, "return_refused", transfer.raw());
    let expected = match (settled, refused) {
        (Some(row), None) => ["done".to_owned(), row.at.to_string()],
        (None, Some(row)) => ["refused".to_owned(), row.at.to_string()],
        (None, None) => {
            assert!(state != "done" && state != "refused", "{trace}");
            return;
        }
        (Some(_), Some(_)) => panic!("{transfer} went out and came back"),
    };
    assert_eq!([state, at], [&json!(expected[0]), &json!(expected[1])], "{trace}");
}

/// No trace of a top-up or a refund contradicts the ledger.
pub fn check_traces(world: &World) {
    for id in &world.top_ups {
        let top_up = world.facts.top_ups.peek(id).unwrap();
        let trace = world.read(&Query::TopUpTrace(*id), world.caller(top_up.user));
        let row = posted(world, "top_up", id.raw());
        check_ledger_hop(&trace, row.or(late(world, Some(top_up.bank_transfer))));
        if let Some(back) = top_up.late_return {
            check_way_out(world, &trace, "return", back);
        }
    }
    for id in &world.refunds {
        let refund = world.facts.refunds.peek(id).unwrap();
        let trace = world.read(&Query::RefundTrace(*id), world.caller(refund.payer));
        let payment = world.facts.payments.peek(&refund.payment).unwrap();
        let row = match refund.origin {
            RefundOrigin::Merchant => posted(world, "refund", id.raw()),
            RefundOrigin::LateSuccess => late(world, payment.bank_transfer),
        };
        assert!(row.is_some(), "{id}");
        check_ledger_hop(&trace, row);
        if let Some(out) = refund.bank_transfer {
            check_way_out(world, &trace, "bank", out);
        }
    }
}
