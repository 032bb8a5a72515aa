//! What a bank said, kept for whoever has to find out.

use super::Context;
use crate::Stop;
use crate::tables::{BankMessage, BankMessageKey, BankTransfer};
use makegood_banking::{Answer, MessageKind};

/// Keeps what a bank said of a transfer, behind what it said before; the same again is counted.
pub(super) fn keep(
    context: &mut Context<'_>,
    transfer: &mut BankTransfer,
    kind: MessageKind,
    answer: &Answer,
) -> Result<(), Stop> {
    let last = BankMessageKey { transfer: transfer.id, number: transfer.messages };
    if transfer.messages > 0
        && let Some(mut message) = context.facts.bank_messages.get(&last)?.cloned()
        && message.repeats(kind, answer, context.now)
    {
        return context.facts.bank_messages.set(message);
    }
    transfer.messages = transfer.messages.saturating_add(1);
    context.facts.bank_messages.add(BankMessage {
        id: BankMessageKey { transfer: transfer.id, number: transfer.messages },
        kind,
        answer: answer.clone(),
        first_at: context.now,
        last_at: context.now,
        times: 1,
    })
}
