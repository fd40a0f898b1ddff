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

#[derive(Subcommand)]
enum Command {
    /// Show the data sets: shapes, range, mean, class counts and digests
    Data(cli::data::Args),
    /// List what a sweep would run, and what it cannot
    Grid(cli::grid::Args),
    /// Say what a sweep is expected to take, and divide it into shares for several machines
    Plan(cli::plan::Args),
    /// Run configurations on data sets: result files, and the report of them
    Sweep(cli::sweep::Args),
    /// Join the results of several folders into one run
    Merge(cli::merge::Args),
    /// Show the layers of a network
    Summary(cli::summary::Args),
    /// Train a network, and save it
    Train(cli::train::Args),
    /// Ask a saved network about images
    Predict(cli::predict::Args),
    /// Print the classification report of result files
    Evaluate(cli::evaluate::Args),
    /// Look at the images themselves: pictures of the data, which pairs of classes one pixel tells apart
    Explore(cli::explore::Args),
    /// Make tables, charts and the page from result files
    Report(cli::report::Args),
    /// Rank what can be told apart, in groups of what cannot
    Rank(cli::rank::Args),
    /// Compare two results, or two engines, image by image
    Cmp(cli::cmp::Args),
    /// Check result files and submissions: everything that is wrong, and how to mend it
    Validate(cli::validate::Args),
    /// Make a submission from a file of predictions
    Submit(cli::submit::Args),
    /// Train results again from their recorded seeds and compare every prediction
    Verify(cli::verify::Args),
    /// Run one job of a sweep, read from standard input
    #[command(hide = true)]
    Worker(cli::worker::Args),
}

fn main() -> std::process::ExitCode {
    let result = match Arguments::parse().command {
        Command::Data(args) => cli::data::run(args),
        Command::Grid(args) => cli::grid::run(args),
        Command::Plan(args) => cli::plan::run(args),
        Command::Sweep(args) => cli::sweep::run(args),
        Command::Merge(args) => cli::merge::run(args),
        Command::Summary(args) => cli::summary::run(args),
        Command::Train(args) => cli::train::run(args),
        Command::Predict(args) => cli::predict::run(args),
        Command::Evaluate(args) => cli::evaluate::run(args),
        Command::Explore(args) => cli::explore::run(args),
        Command::Report(args) => cli::report::run(args),
        Command::Rank(args) => cli::rank::run(args),
        Command::Cmp(args) => cli::cmp::run(args),
        Command::Validate(args) => cli::validate::run(args),
        Command::Submit(args) => cli::submit::run(args),
        Command::Verify(args) => cli::verify::run(args),
        Command::Worker(args) => cli::worker::run(args),
    };
    cli::exit::finish(result)
}
