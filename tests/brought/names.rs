//! Parameters of today's scikit-learn in grids and submissions.

use crate::bed::{Bed, lines};

#[test]
fn a_renamed_value_is_taken_with_a_notice() {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    for (classifier, parameter, taken, id) in [
        ("SGDClassifier", "loss = ['log_loss']", "loss = log_loss is taken for log", "loss=log"),
        (
            "SGDClassifier",
            "loss = ['squared_error']",
            "loss = squared_error is taken for squared_loss",
            "loss=squared_loss",
        ),
        ("SGDClassifier", "penalty = ['None']", "penalty = null is taken for none", "penalty=~%22none%22"),
        ("GradientBoostingClassifier", "loss = ['log_loss']", "loss = log_loss is taken for deviance", ""),
        (
            "GradientBoostingClassifier",
            "criterion = ['squared_error']",
            "criterion = squared_error is taken for mse",
            "criterion=mse",
        ),
        (
            "DecisionTreeClassifier",
            "criterion = ['gini', 'log_loss']",
            "criterion = log_loss is taken for entropy",
            "criterion=entropy",
        ),
        (
            "RandomForestClassifier",
            "criterion = ['log_loss']",
            "criterion = log_loss is taken for entropy",
            "criterion=entropy",
        ),
        ("KNeighborsClassifier", "metric = ['l1']", "metric = l1 is taken for manhattan", "metric=manhattan"),
        ("Perceptron", "n_iter = [7]", "n_iter is taken for max_iter", "max_iter=7"),
        ("LogisticRegression", "l1_ratio = [0, 1]", "l1_ratio is taken for penalty", "penalty=l1"),
        ("RandomForestClassifier", "ccp_alpha = [0.0]", "ccp_alpha is left out", ""),
    ] {
        let grid = format!("[[family]]\nclassifier = '{classifier}'\n[family.parameters]\n{parameter}\n");
        bed.put("grid.toml", grid);
        let run = bed.run(&["grid", "--grid", "grid.toml"]).code(0).one_line();
        run.says(&format!("notice: {classifier}: {taken}")).prints(id);
    }
}

#[test]
fn what_means_something_else_is_told_what_it_is_here() {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    for (classifier, parameter, told) in [
        ("LogisticRegression", "penalty = ['None']", "a large C"),
        ("LogisticRegression", "multi_class = ['auto']", "write multinomial"),
        ("LinearSVC", "dual = ['auto']", "write true"),
        ("RandomForestClassifier", "ccp_alpha = [0.1]", "it came with scikit-learn 0.22"),
        ("LogisticRegression", "l1_ratio = [0.5]", "write penalty, l2 for 0 and l1 for 1"),
        ("SGDClassifier", "learning_rate = ['pa1']", "take PassiveAggressiveClassifier"),
        ("SVC", "random_state = [1]", "does not change which model"),
        ("DecisionTreeClassifier", "max_depth = [None]", "None is written \"None\" in TOML"),
        ("DecisionTreeClassifier", "max_depth = [True]", "True is written true"),
        ("VotingClassifier", "C = [1]", "which the grid does not have"),
    ] {
        let grid = format!("[[family]]\nclassifier = '{classifier}'\n[family.parameters]\n{parameter}\n");
        bed.put("grid.toml", grid);
        let run = bed.run(&["grid", "--grid", "grid.toml"]).code(2).one_line().says(told);
        assert!(!run.stderr.contains("did you mean") && !run.stderr.contains("--seed"), "{}", run.stderr);
    }
    bed.put(
        "grid.toml",
        "[[family]]\nclassifier = 'DecisionTreeClassifier'\nparameters = { max_depth = ['None'] }\n",
    );
    bed.run(&["grid", "--grid", "grid.toml"]).code(0);
}

#[test]
fn submit_names_only_what_it_has() {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    bed.put("p.txt", lines(|_, class| class.to_string()));
    let submit = |classifier: &str, parameters: &str| {
        bed.run(&[
            "submit",
            "p.txt",
            "--dataset",
            "eight",
            "--name",
            "j",
            "-c",
            classifier,
            "--parameters",
            parameters,
        ])
    };
    let forest = r#"{"n_estimators": 100, "random_state": 42, "n_jobs": -1}"#;
    let told = submit("RandomForestClassifier", forest).code(2).one_line().says("leave it out");
    assert!(!told.stderr.contains("--seed") && !told.stderr.contains("--threads"), "{}", told.stderr);
    let taken = submit("SGDClassifier", r#"{"loss": "log_loss"}"#).code(0);
    taken
        .says("notice: SGDClassifier: loss = log_loss is taken for log")
        .prints("SGDClassifier,loss=log.json");
    submit("SVC", "{'C': 10}").code(2).one_line().says("JSON has texts in double quotes");
    submit("SVC", r#"{"shrinking": True}"#).code(2).one_line().says("True is written true");
    let other = submit("StackingClassifier", "{}").code(2).one_line().says("needs --description");
    assert!(!other.stderr.contains("did you mean"), "{}", other.stderr);
    submit("SVC", r#"{"C": 10}"#).code(0);
}
