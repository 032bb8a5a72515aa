//! What the service takes: memory while it works, and disk for each payment.

use super::child::Server;
use super::http::payment;
use super::load::{Call, send};
use super::people::{Person, Placed, Stage};
use super::report::MemoryFigure;
use super::scratch::Scratch;
use super::{BenchError, Tools};

const CONNECTIONS: usize = 64;

/// What the service takes; none where the system does not tell how much memory a process has.
pub(super) async fn measure(scratch: &Scratch, tools: &Tools) -> Result<Option<MemoryFigure>, BenchError> {
    let place = scratch.new_place().await?;
    let (stage, ended) = Stage::start(place.database.clone(), place.secrets.clone(), tools);
    let people = stage.people(CONNECTIONS).await?;
    let shops = stage.shops(&people[0], 1).await?;
    let half = tools.size.memory_payments;
    let orders = stage.orders(&shops, 0, 2 * half).await?;
    drop(stage);
    ended.await.map_err(|error| BenchError::Unexpected(error.to_string()))?;
    place.database.close().await;
    let before = place.bytes_on_disk()?;
    let service = Server::serve(&place).await?;
    let idle_mib = service.resident_mib();
    let (first, second) = orders.split_at(half);
    send(&service.address, lists(&people, first)).await?;
    let half_mib = service.resident_mib();
    send(&service.address, lists(&people, second)).await?;
    let after_mib = service.resident_mib();
    service.kill().await?;
    let bytes = place.bytes_on_disk()?.saturating_sub(before);
    let payments = 2 * half;
    let bytes_per_payment = bytes / payments.max(1) as u64;
    let (Some(idle_mib), Some(half_mib), Some(after_mib)) = (idle_mib, half_mib, after_mib) else {
        return Ok(None);
    };
    Ok(Some(MemoryFigure { payments, idle_mib, half_mib, after_mib, bytes_per_payment }))
}

fn lists(people: &[Person], orders: &[Placed]) -> Vec<Vec<Call>> {
    let mut lists: Vec<Vec<Call>> = people.iter().map(|_| Vec::new()).collect();
    for (number, placed) in orders.iter().enumerate() {
        let payer = number % people.len();
        lists[payer].push(payment(&people[payer], *placed, number));
    }
    lists
}
