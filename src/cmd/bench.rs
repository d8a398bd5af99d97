//! `gavel bench`: how fast this machine is. The figures of docs/benchmarks.md come from here.
mod busy;
mod machine;
mod model;
mod network;

use clap::Subcommand;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// The proving machine: instructions a second, and states hashed a second, on tiles of a real request.
    Machine(machine::Args),
    /// A model: tokens a second, of the prompt and generated.
    Model(model::Args),
    /// A classic network: one answer, natively and as a whole inside the proving machine.
    Network(network::Args),
}

/// Measures.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    match &args.what {
        What::Machine(args) => machine::run(args),
        What::Model(args) => model::run(args),
        What::Network(args) => network::run(args),
    }
}

/// The middle one of some figures, the mean of the two middle ones of an even number; 0 of none.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => figures[middle],
        _ => (figures[middle - 1] + figures[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }
}
