//! The table of contents of the program: one line a subcommand, each in a file of its own under `cli/`.

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

/// Makes the subcommands of this list: each names its file under `cli/`.
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
    /// List what a sweep would run, and what it cannot
    Grid = grid,
    /// Say what a sweep is expected to take, and divide it into shares for several machines
    Plan = plan,
    /// Run configurations on data sets: result files, and the report of them
    Sweep = sweep,
    /// Join the results of several folders into one run
    Merge = merge,
    /// Show the layers of a network
    Summary = summary,
    /// Train a network, and save it
    Train = train,
    /// Ask a saved network about images
    Predict = predict,
    /// Print the classification report of result files
    Evaluate = evaluate,
    /// Look at the images themselves: pictures of the data, which pairs of classes one pixel tells apart
    Explore = explore,
    /// Make tables, charts and the page from result files
    Report = report,
    /// Rank what can be told apart, in groups of what cannot
    Rank = rank,
    /// Put engines, runs or files side by side on what both have: accuracy, time, paired tests
    Cmp = cmp,
    /// Say what got worse from one run to another
    Diff = diff,
    /// Check result files and submissions: everything that is wrong, and how to mend it
    Validate = validate,
    /// Make a submission from a file of predictions
    Submit = submit,
    /// Train results again from their recorded seeds and compare every prediction
    Verify = verify,
    /// Run one job of a sweep, read from standard input
    #[command(hide = true)]
    Worker = worker,
}
