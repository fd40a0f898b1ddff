//! Files of predictions with the real program: no file is read as classes that it does not hold.

use crate::bed::{Bed, TEST, class, lines};

fn bed() -> Bed {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    bed
}

#[track_caller]
fn right(bed: &Bed, file: &str, more: &[&str], column: &str) {
    bed.submit(file, more).code(0).says(&format!("{file}: {column}, 60 rows")).prints("(accuracy 1)");
}

#[test]
fn tables_give_the_right_classes_or_a_line_that_names_the_doubt() {
    let bed = bed();
    bed.put(
        "one-hot.csv",
        lines(|_, class| (0..8).map(|k| u8::from(k == class).to_string()).collect::<Vec<_>>().join(",")),
    );
    right(&bed, "one-hot.csv", &[], "8 columns of scores, the largest of each row (argmax)");
    bed.put(
        "decimal-comma.csv",
        "id;label\n".to_string() + &lines(|image, class| format!("{image};{class},0")),
    );
    right(&bed, "decimal-comma.csv", &[], "column \"label\"");
    let two = "id,pred,correct\n".to_string() + &lines(|image, class| format!("{image},{class},1"));
    bed.put("two-columns.csv", two);
    bed.submit("two-columns.csv", &[])
        .code(2)
        .one_line()
        .says("column \"pred\", column \"correct\" could all be");
    right(&bed, "two-columns.csv", &["--column", "pred"], "column \"pred\"");
    bed.put(
        "pred-true.csv",
        "pred,true\n".to_string() + &lines(|_, class| format!("{},{class}", (class + 1) % 8)),
    );
    bed.submit("pred-true.csv", &[]).code(2).one_line().says("column \"pred\", column \"true\" could all be");
    bed.submit("pred-true.csv", &["--column", "pred"]).code(0).prints("(accuracy 0)");
}

#[test]
fn booleans_and_a_header_that_is_a_number_are_refused() {
    let bed = bed();
    let mut header = "{'descr': '|b1', 'fortran_order': False, 'shape': (60,), }".to_string();
    header += &" ".repeat(64 - (10 + header.len() + 1) % 64);
    header.push('\n');
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    npy.extend((0..TEST).map(|image| u8::from(class(image) > 3)));
    bed.put("bool.npy", npy);
    bed.submit("bool.npy", &[]).code(2).one_line().says("holds true and false, not classes");
    let short = "0\n".to_string() + &lines(|_, class| class.to_string())[2..];
    bed.put("header-taken-for-a-prediction.csv", &short);
    bed.submit("header-taken-for-a-prediction.csv", &[])
        .code(2)
        .one_line()
        .says("either a column's name (59 predictions");
    right(&bed, "header-taken-for-a-prediction.csv", &["--no-header"], "one column without a header");
    bed.submit("header-taken-for-a-prediction.csv", &["--column", "0"])
        .code(2)
        .says("59 predictions under the header \"0\"");
    let named = "0\n".to_string() + &lines(|_, class| class.to_string());
    bed.put("pandas.csv", named);
    right(&bed, "pandas.csv", &[], "column \"0\"");
}

#[test]
fn two_classes_are_not_taken_for_scores() {
    let bed = Bed::new();
    bed.data_set("eight", 2);
    let both =
        |header: &str| header.to_string() + &lines(|image, _| format!("{},{}", image % 2, 1 - image % 2));
    bed.put("pred-true.csv", both("pred,true\n"));
    bed.submit("pred-true.csv", &[]).code(2).says("column \"pred\", column \"true\" could all be");
    bed.put("no-header.csv", both(""));
    bed.submit("no-header.csv", &[]).code(2).says("column 1, column 2 could all be");
    bed.put("named.csv", both("1,0\n"));
    bed.submit("named.csv", &[]).code(2);
    bed.put(
        "shares.csv",
        "p0,p1\n".to_string() + &lines(|image, _| if image % 2 == 0 { "0.9,0.1" } else { "0.2,0.8" }.into()),
    );
    bed.submit("shares.csv", &[]).code(0).prints("(accuracy 1)");
}

#[test]
fn the_report_of_a_file_of_predictions_is_scikit_learns() {
    let bed = bed();
    bed.put("p.txt", lines(|_, class| class.to_string()));
    let report = bed
        .run(&["evaluate", "p.txt", "--dataset", "eight"])
        .code(0)
        .says("one column without a header, 60 rows");
    let report = report.prints("macro avg       1.00      1.00      1.00        60");
    assert!(report.stderr.contains("from image 0 on the classes are 0, 1, 2, ..."), "{}", report.stderr);
    bed.run(&["evaluate", "p.txt"]).code(2).one_line().says("name its data set with --dataset");
}

#[test]
fn one_line_stays_one_line() {
    let bed = bed();
    bed.put("p.csv", "a\u{1b}[31m,b\n".to_string() + &lines(|_, class| format!("{class},{class}")));
    let mut command = bed.command(&[
        "submit",
        "p.csv",
        "--dataset",
        "eight",
        "--name",
        "j",
        "-c",
        "G",
        "--description",
        "x",
    ]);
    let told = crate::bed::run({
        command.env("RUST_BACKTRACE", "1");
        command
    });
    let told = told.code(2).one_line();
    assert!(!told.stderr.contains('\u{1b}') && !told.stderr.contains("backtrace"), "{}", told.stderr);
    for backtrace in ["full", "1"] {
        let mut command = bed.command(&["data", "no\nsuch\u{1b}[2J", "--data-dir", "data"]);
        command.env("RUST_BACKTRACE", backtrace);
        let told = crate::bed::run(command).code(2).one_line();
        assert!(!told.stderr.contains('\u{1b}'), "{}", told.stderr);
    }
}
