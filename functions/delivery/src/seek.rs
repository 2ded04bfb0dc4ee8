//! The next fleet that a snapshot has records of, among many that may have none.

use futures::future::try_join_all;
use model::FleetId;

/// How many fleets are read at most before the place is saved.
const MOST_PASSED: usize = 256;
/// How many fleets are read at once, after some that had nothing.
const PARALLEL: usize = 16;

/// What was found.
#[derive(Debug, PartialEq)]
pub(crate) enum Sought<T> {
    /// The first fleet with records.
    Found(FleetId, T),
    /// The fleets up to this one have no records; there are more fleets.
    Passed(FleetId),
    /// No fleet has records.
    End,
}

/// Reads fleets in their order until one has records: first one alone, as most fleets have some, then several at once.
pub(crate) async fn seek<T, E, Reading>(
    fleets: impl Iterator<Item = FleetId>,
    read: impl Fn(FleetId) -> Reading,
) -> Result<Sought<T>, E>
where
    Reading: Future<Output = Result<Option<T>, E>>,
{
    let (mut fleets, mut passed, mut last) = (fleets.peekable(), 0_usize, None);
    while passed < MOST_PASSED {
        let at_once = passed.saturating_mul(4).clamp(1, PARALLEL.min(MOST_PASSED - passed));
        let next: Vec<FleetId> = fleets.by_ref().take(at_once).collect();
        let found = try_join_all(next.iter().map(|fleet| read(*fleet))).await?;
        for (fleet, found) in next.iter().zip(found) {
            if let Some(found) = found {
                return Ok(Sought::Found(*fleet, found));
            }
        }
        passed += next.len();
        last = next.last().copied().or(last);
        if fleets.peek().is_none() {
            return Ok(Sought::End);
        }
    }
    Ok(last.map_or(Sought::End, Sought::Passed))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn fleet(number: u128) -> FleetId {
        FleetId::from_uuid(uuid::Uuid::from_u128(number))
    }

    /// Of `fleets` fleets some have records; what is found, and after how many reads.
    async fn check(fleets: u128, with_records: &[u128], expected: Sought<u128>, reads: usize) {
        let read = AtomicUsize::new(0);
        let has = |id: FleetId| {
            read.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Ok::<_, ()>(with_records.iter().copied().find(|number| fleet(*number) == id)))
        };
        assert_eq!(seek((1..=fleets).map(fleet), has).await, Ok(expected));
        assert_eq!(read.load(Ordering::Relaxed), reads);
    }

    #[tokio::test]
    async fn fleets_without_records_are_passed_some_at_a_time() {
        check(0, &[], Sought::End, 0).await;
        check(15_000, &[1, 2], Sought::Found(fleet(1), 1), 1).await;
        check(15_000, &[7, 4], Sought::Found(fleet(4), 4), 5).await;
        check(15_000, &[257], Sought::Passed(fleet(256)), 256).await;
        check(257, &[256], Sought::Found(fleet(256), 256), 256).await;
        check(256, &[], Sought::End, 256).await;
        check(100, &[], Sought::End, 100).await;
    }
}
