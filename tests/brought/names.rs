//! Parameters of today's scikit-learn in grids and submissions.

use crate::bed::{Bed, lines};

#[test]
fn a_renamed_value_is_told_what_it_is_called_here() {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    for (classifier, parameter, told) in [
        ("SGDClassifier", "loss = ['log_loss']", "it is called log here"),
        ("SGDClassifier", "loss = ['squared_error']", "it is called squared_loss here"),
        ("SGDClassifier", "penalty = ['None']", "it is called none here"),
        ("GradientBoostingClassifier", "loss = ['log_loss']", "it is called deviance here"),
        ("GradientBoostingClassifier", "criterion = ['squared_error']", "it is called mse here"),
        ("DecisionTreeClassifier", "criterion = ['log_loss']", "it is called entropy here"),
        ("RandomForestClassifier", "criterion = ['log_loss']", "it is called entropy here"),
        ("KNeighborsClassifier", "metric = ['l1']", "it is called manhattan here"),
        ("LogisticRegression", "penalty = ['None']", "a large C"),
        ("LogisticRegression", "multi_class = ['auto']", "write multinomial"),
        ("LinearSVC", "dual = ['auto']", "write true"),
        ("RandomForestClassifier", "ccp_alpha = [0.0]", "it came with scikit-learn 0.22"),
        ("SVC", "random_state = [1]", "does not change which model"),
        ("DecisionTreeClassifier", "max_depth = [None]", "None is written \"None\" in TOML"),
        ("DecisionTreeClassifier", "max_depth = [True]", "True is written true"),
        ("NuSVC", "C = [1]", "which the grid does not have"),
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
    submit("SGDClassifier", r#"{"loss": "log_loss"}"#).code(2).one_line().says("it is called log here");
    submit("SVC", "{'C': 10}").code(2).one_line().says("JSON has texts in double quotes");
    submit("SVC", r#"{"shrinking": True}"#).code(2).one_line().says("True is written true");
    let other = submit("HistGradientBoostingClassifier", "{}").code(2).one_line().says("needs --description");
    assert!(!other.stderr.contains("did you mean"), "{}", other.stderr);
    submit("SVC", r#"{"C": 10}"#).code(0);
}
