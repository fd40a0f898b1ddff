//! The subcommands, each in a file of its own under `cli/`.

use clap::{Parser, Subcommand};
use mnist_bench::cli;
use mnist_bench::results::provenance::BINARY_VERSION;

/// Reruns the classic-classifier sweep on MNIST and Fashion-MNIST, side by side.
#[derive(Parser)]
#[command(version = BINARY_VERSION, about, max_term_width = 100, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Defines the subcommands of this list; each names its file under `cli/`.
macro_rules! subcommands {
    ($($(#[$says:meta])* $name:ident = $file:ident,)*) => {
        #[derive(Subcommand)]
        enum Command {
            $($(#[$says])* $name(cli::$file::Args),)*
        }

        fn main() -> std::process::ExitCode {
            cli::exit::finish(match Arguments::parse().command {
                $(Command::$name(args) => cli::$file::run(args),)*
            })
        }
    };
}

subcommands! {
    /// Show the data sets: shapes, range, mean, class counts and digests
    Data = data,
    /// List the configurations of a sweep, and which are unsupported
    Grid = grid,
    /// Estimate what a sweep takes, and divide it into shards for several machines
    Plan = plan,
    /// Run configurations on data sets; write result files and the report
    Sweep = sweep,
    /// Merge the results of several folders into one run
    Merge = merge,
    /// Show the layers of a network
    Summary = summary,
    /// Train a network, and save it
    Train = train,
    /// Classify images with a saved network
    Predict = predict,
    /// Print the classification report of result files
    Evaluate = evaluate,
    /// Explore the images: pictures of the data, and how well one pixel separates two classes
    Explore = explore,
    /// Make tables, charts and the page from result files
    Report = report,
    /// Rank results in tie groups, which a paired test does not separate
    Rank = rank,
    /// Compare two engines, runs or files: accuracy, time, paired tests
    Cmp = cmp,
    /// List what got worse from one run to another
    Diff = diff,
    /// Validate result files and submissions: every error, and how to fix it
    Validate = validate,
    /// Make a submission from a file of predictions
    Submit = submit,
    /// Retrain results from their recorded seeds and compare every prediction
    Verify = verify,
    /// Run one job of a sweep, read from standard input
    #[command(hide = true)]
    Worker = worker,
}
