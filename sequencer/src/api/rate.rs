//! A rate limit for each caller.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Buckets that fill with `per_minute` completions a minute and hold as many.
#[derive(Debug)]
pub(super) struct RateLimit {
    per_minute: u32,
    /// When each caller's bucket will be full again.
    full_at: Mutex<HashMap<String, Instant>>,
}

const MINUTE: Duration = Duration::from_secs(60);

impl RateLimit {
    /// A limit of `per_minute` completions a minute, at least one.
    pub(super) fn new(per_minute: u32) -> Self {
        RateLimit {
            per_minute: per_minute.max(1),
            full_at: Mutex::default(),
        }
    }

    /// Takes one completion at `now`, or says after how many seconds there is one.
    pub(super) fn take(&self, caller: &str, now: Instant) -> Result<(), u64> {
        let each = MINUTE / self.per_minute;
        // Instants behind a poisoned lock are as good as any.
        let mut buckets = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = buckets.entry(caller.to_owned()).or_insert(now);
        let after = (*full_at).max(now) + each;
        let debt = after.duration_since(now);
        if debt > MINUTE {
            return Err((debt - MINUTE).as_secs_f64().ceil() as u64);
        }
        *full_at = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again_for_each_caller_alone() {
        let (limit, start) = (RateLimit::new(2), Instant::now());
        assert_eq!(limit.take("ann", start), Ok(()));
        assert_eq!(limit.take("ann", start), Ok(()));
        assert_eq!(limit.take("ann", start), Err(30));
        assert_eq!(limit.take("bob", start), Ok(()));
        let later = start + Duration::from_secs(29);
        assert_eq!(limit.take("ann", later), Err(1));
        assert_eq!(limit.take("ann", later + Duration::from_secs(1)), Ok(()));
        assert_eq!(limit.take("ann", later + Duration::from_secs(1)), Err(30));
    }
}
