//! The side-by-side as text: Markdown for a file, plain columns for the terminal.

use super::summary::Summary;
use crate::analysis::rounding_ties::RoundingTies;
use crate::analysis::rows::Row;
use crate::analysis::tables::{Line, SideBySide, View};
use crate::format::{accuracy, cell, count, cut, difference, plain, seconds, title};
use crate::results::Status;

/// A column: its head, and its text in a line; figures are aligned to the right.
struct Column<'a> {
    head: String,
    right: bool,
    /// Columns with a higher value are dropped first when the terminal is narrow; 0 is never dropped.
    spare: u8,
    of: Box<dyn Fn(&Line) -> String + 'a>,
}

/// The columns of the two main data sets, or of any two.
fn columns(table: &SideBySide) -> Vec<Column<'_>> {
    let mut columns = vec![
        Column { head: "classifier".into(), right: false, spare: 0, of: Box::new(|l| l.classifier.clone()) },
        Column { head: "parameters".into(), right: false, spare: 0, of: Box::new(|l| l.parameters.clone()) },
        Column { head: "engine".into(), right: false, spare: 3, of: Box::new(|l| l.engine.clone()) },
    ];
    let figure = |value: Option<f64>, spell: fn(f64) -> String| value.map(spell).unwrap_or_default();
    for (index, dataset) in table.datasets.iter().enumerate() {
        let name = title(dataset);
        columns.push(Column {
            head: name.clone(),
            right: true,
            spare: 0,
            of: Box::new(move |line| {
                let row = table.row(line, index);
                let mark = if row.is_some_and(|row| row.converged == Some(false)) { "*" } else { "" };
                figure(row.and_then(|row| row.accuracy), accuracy) + mark
            }),
        });
        columns.push(Column {
            head: "published".into(),
            right: true,
            spare: 1,
            of: Box::new(move |line| {
                let figures = &line.cells[index].figures;
                let mark = if figures.unconverged { "*" } else { "" };
                figure(figures.published, |value| format!("{value:.3}")) + mark
            }),
        });
        columns.push(Column {
            head: "scikit-learn".into(),
            right: true,
            spare: 5,
            of: Box::new(move |line| figure(line.cells[index].figures.sklearn, accuracy)),
        });
        columns.push(Column {
            head: "fit s".into(),
            right: true,
            spare: 2,
            of: Box::new(move |line| {
                let row = table.row(line, index);
                let mark =
                    if row.is_some_and(|row| row.fit_seconds.is_some() && !row.quiet) { "~" } else { "" };
                mark.to_string() + &figure(row.and_then(|row| row.fit_seconds), seconds)
            }),
        });
    }
    columns.push(Column {
        head: "difference".into(),
        right: true,
        spare: 0,
        of: Box::new(move |line| figure(table.difference(line), difference)),
    });
    columns.push(Column {
        head: "status".into(),
        right: false,
        spare: 0,
        of: Box::new(move |line| status(table, line)),
    });
    columns
}

/// One word where all data sets agree, else what is not ok, failures first: `timeout (Fashion-MNIST)`.
pub fn status(table: &SideBySide, line: &Line) -> String {
    let of = |dataset| table.row(line, dataset).map(|row| row.status);
    let name = |dataset| match table.row(line, dataset) {
        Some(Row { status, forecast: Some(forecast), .. }) => {
            format!("{}, forecast {} s", status.name(), seconds(*forecast))
        }
        Some(row) => row.status.name().to_string(),
        None => "not run".to_string(),
    };
    if (1..table.datasets.len()).all(|dataset| name(dataset) == name(0)) {
        return name(0);
    }
    let mut each: Vec<(bool, String)> = (0..table.datasets.len())
        .filter(|&dataset| of(dataset) != Some(Status::Ok))
        .map(|dataset| {
            let failed = of(dataset).is_some_and(Status::is_failure);
            (!failed, format!("{} ({})", name(dataset), title(&table.datasets[dataset])))
        })
        .collect();
    each.sort_by_key(|(last, _)| *last);
    each.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}

/// What the marks in both kinds of table mean.
const MARKS: &str = "~ time measured while other jobs ran; * the solver stopped before it converged";

/// The lines of one view as a Markdown table.
pub fn markdown(
    table: &SideBySide,
    view: &View,
    rounding_ties: &[RoundingTies],
    summary: &Summary,
) -> String {
    let columns = columns(table);
    let mut text = format!(
        "# Side by side: run {}, {}\n\n<!-- Made by `mnist-bench report --run {}`; changes are lost. -->\n\n**{}**\n\n",
        view.run,
        view.size(),
        view.run,
        cell(&summary.headline)
    );
    let cells = |of: &dyn Fn(&Column) -> String| -> String {
        let cells: Vec<String> = columns.iter().map(of).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    text.push_str(&cells(&|column| column.head.clone()));
    text.push_str(&cells(&|column| if column.right { "---:" } else { "---" }.to_string()));
    for line in table.view(view) {
        text.push_str(&cells(&|column| cell(&(column.of)(line))));
    }
    let first = title(&table.datasets[0]);
    let second = title(&table.datasets[1]);
    text.push_str(&format!(
        "\nDifference: {second} less {first}. Published: arXiv 1708.07747, whose Fashion-MNIST column predates \
         today's files. {MARKS}.\n"
    ));
    for RoundingTies { classifier, text: sentence } in rounding_ties {
        text.push_str(&format!("\n{} {}\n", cell(classifier), cell(sentence)));
    }
    text
}

/// The lines of one view that ran, in columns that fit `width` characters where they can.
pub fn terminal(table: &SideBySide, view: &View, width: usize) -> String {
    let lines: Vec<&Line> = table.view(view).filter(|line| !line.engine.is_empty()).collect();
    let others = table.view(view).count() - lines.len();
    let mut columns = columns(table);
    let mut cells: Vec<Vec<String>> =
        columns.iter().map(|column| lines.iter().map(|line| plain(&(column.of)(line))).collect()).collect();
    // Columns that are empty, or name one engine throughout, go first; then those with the highest `spare`;
    // then parameters are cut.
    let says_nothing = |index: usize, columns: &[Column], cells: &[Vec<String>]| {
        columns[index].spare > 0
            && (cells[index].iter().all(String::is_empty)
                || columns[index].head == "engine" && cells[index].windows(2).all(|w| w[0] == w[1]))
    };
    let wide = |index: usize, columns: &[Column], cells: &[Vec<String>]| {
        let longest = cells[index].iter().map(|text| text.chars().count()).max().unwrap_or(0);
        longest.max(columns[index].head.chars().count())
    };
    for index in (0..columns.len()).rev() {
        if says_nothing(index, &columns, &cells) {
            columns.remove(index);
            cells.remove(index);
        }
    }
    // The columns that may be cut, and the least number of characters that stay.
    let shortest = |head: &str| match head {
        "parameters" => 16,
        "status" => 12,
        _ => usize::MAX,
    };
    let needed = |columns: &[Column], cells: &[Vec<String>]| -> usize {
        let widths =
            (0..columns.len()).map(|index| wide(index, columns, cells).min(shortest(&columns[index].head)));
        widths.map(|width| width + 2).sum::<usize>() - 2
    };
    while needed(&columns, &cells) > width {
        let spare = (0..columns.len()).max_by_key(|&index| columns[index].spare);
        let Some(index) = spare.filter(|&index| columns[index].spare > 0) else { break };
        columns.remove(index);
        cells.remove(index);
    }
    let mut room = width.saturating_sub(needed(&columns, &cells));
    let mut widths = vec![0; columns.len()];
    // From the right, so that the status has its room before the parameters.
    for index in (0..columns.len()).rev() {
        let wide = wide(index, &columns, &cells);
        let least = wide.min(shortest(&columns[index].head));
        widths[index] = wide.min(least.saturating_add(room));
        room -= widths[index] - least;
    }
    let mut text = String::new();
    let mut push = |cell: &dyn Fn(usize) -> String| {
        let mut line = String::new();
        for (index, &width) in widths.iter().enumerate() {
            let cell = cut(&cell(index), width);
            let padding = " ".repeat(width - cell.chars().count());
            line += &if columns[index].right { padding + &cell } else { cell + &padding };
            line += "  ";
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    push(&|index| columns[index].head.clone());
    for (at, _) in lines.iter().enumerate() {
        push(&|index| cells[index][at].clone());
    }
    let mut close = format!("{}, {} of run {}", count(lines.len(), "line"), view.size(), view.run);
    if others > 0 {
        close += &format!("\n{others} more have only published figures");
    }
    text + &close + "\n" + MARKS + "\n"
}
