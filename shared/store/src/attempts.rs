//! Another attempt, for writes that lost against others.

use std::time::Duration;

/// How often a write is attempted. Dozens of requests that write different things to one item at once all come through.
const MOST: u32 = 20;
/// The longest wait before the second attempt; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(5);
/// The longest wait of all.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// Counts the attempts of a write that is planned again, from what is stored then, whenever another writer was first.
#[derive(Debug, Default)]
pub struct Attempts {
    lost: u32,
}

impl Attempts {
    /// Whether an attempt has lost already.
    #[must_use]
    pub fn has_lost(&self) -> bool {
        self.lost > 0
    }

    /// Waits, for a random time that grows, so that those who met do not meet again. False if there were enough attempts.
    pub async fn again(&mut self) -> bool {
        self.lost = self.lost.saturating_add(1);
        if self.lost >= MOST {
            return false;
        }
        tokio::time::sleep(longest(self.lost).mul_f64(rand::random())).await;
        true
    }
}

fn longest(lost: u32) -> Duration {
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(lost.saturating_sub(1))).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn attempts_end_and_their_waits_grow() {
        let mut attempts = Attempts::default();
        assert!(!attempts.has_lost());
        let mut count = 1;
        while attempts.again().await {
            count += 1;
        }
        assert_eq!((count, attempts.has_lost()), (MOST, true));
        let waits: Vec<u64> = (1..=8).map(|lost| longest(lost).as_millis().try_into().unwrap()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 400]);
    }
}
