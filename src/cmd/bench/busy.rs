//! Processor time: what a computation costs whatever else runs beside it.

use std::{
    fs,
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Time that this thread has been running on a processor, as Linux counts it, to a few milliseconds; elsewhere time that has passed.
pub(super) fn busy() -> Duration {
    on_processor().unwrap_or_else(passed)
}

/// The first figure of the thread's `schedstat`: nanoseconds.
fn on_processor() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn passed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::busy;
    use std::time::{Duration, Instant};

    #[test]
    fn work_costs_time() {
        let start = busy();
        let deadline = Instant::now() + Duration::from_secs(20);
        while busy() - start < Duration::from_millis(20) {
            assert!(Instant::now() < deadline, "20 ms of work are not seen");
        }
    }
}
