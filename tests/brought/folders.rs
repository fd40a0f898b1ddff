//! Names, layouts, bad neighbours, links and images on their side, with the real program.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::bed::{Bed, NAMES, TEST, TRAIN, files, gzip, idx, lines, write_files};

const SWEEP: [&str; 7] = ["sweep", "-e", "native", "-c", "GaussianNB", "--jobs", "1"];

fn grid(bed: &Bed) {
    bed.put("benchmarks/classic.toml", "default = true\n[[family]]\nclassifier = 'GaussianNB'\n");
}

/// The data sets that `data --json` shows.
fn shown(bed: &Bed, folder: &str) -> Vec<String> {
    let run = bed.run(&["data", "--json", "--data-dir", folder]).code(0);
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn names_with_blanks_and_letters_of_any_script_work() {
    let bed = Bed::new();
    grid(&bed);
    for name in ["my digits", "digits (1)", "chiffres-é", "数字", "plain"] {
        bed.data_set(name, 8);
    }
    assert_eq!(shown(&bed, "data").len(), 5);
    bed.run(&[&SWEEP[..], &["--run", "erster Lauf"]].concat()).code(0);
    for name in ["my digits", "digits (1)", "chiffres-é", "数字", "plain"] {
        let file = bed.path().join("results/erster Lauf").join(name).join("native/GaussianNB.json");
        assert!(file.is_file(), "{}", file.display());
    }
    bed.run(&["validate"]).code(0);
    bed.run(&["report", "--run", "erster Lauf"]).code(0);
    bed.put("p.txt", lines(|_, class| class.to_string()));
    let submit =
        ["submit", "p.txt", "--dataset", "my digits", "--name", "jane", "-c", "Guess", "--description", "x"];
    bed.run(&submit).code(0).prints("submitted/jane/my digits/Guess.json");
}

#[test]
fn a_name_that_is_no_path_is_refused_alike_and_before_anything_is_trained() {
    let bed = Bed::new();
    grid(&bed);
    bed.put("p.txt", lines(|_, class| class.to_string()));
    for name in ["a:b", "what?", "bidi\u{202e}gid"] {
        bed.data_set("plain", 8);
        bed.data_set(name, 8);
        let submit = ["submit", "p.txt", "--dataset", name, "--name", "j", "-c", "G", "--description", "x"];
        for command in
            [&["data", name][..], &["sweep", "-e", "native", "-c", "GaussianNB"], &["plan"], &submit]
        {
            let run = bed.run(command).code(2).one_line();
            run.says("cannot be used").says("take letters and digits of any script");
        }
        assert!(!bed.path().join("results").exists());
        fs::remove_dir_all(bed.path().join("data")).unwrap();
    }
    bed.data_set("plain", 8);
    bed.run(&[&SWEEP[..], &["--run", "../x"]].concat())
        .code(2)
        .one_line()
        .says("take letters and digits of any script");
}

#[test]
fn every_layout_is_read_or_named_with_what_is_there() {
    let bed = Bed::new();
    let names = NAMES.map(String::from);
    let four = files(8);
    let place = |kind: &str| bed.path().join(kind);
    // Kaggle: files, and beside each a folder of the other spelling with the same file.
    let kaggle = place("kaggle/digits");
    write_files(&kaggle, &four, &NAMES.map(|name| name.replace("-idx", ".idx")), false);
    for root in [&kaggle, &place("folders-only/digits")] {
        for (name, content) in NAMES.iter().zip(&four) {
            fs::create_dir_all(root.join(name)).unwrap();
            fs::write(root.join(name).join(name), content).unwrap();
        }
    }
    let letters = NAMES.map(|name| format!("emnist-letters-{}", name.replace("t10k", "test")));
    write_files(&place("other-names/emnist-letters"), &four, &letters, true);
    write_files(&place("torchvision/MNIST/raw"), &four, &names, true);
    write_files(&place("upper/digits"), &four, &NAMES.map(str::to_uppercase), false);
    for (kind, name) in [
        ("kaggle", "digits"),
        ("folders-only", "digits"),
        ("other-names", "emnist-letters"),
        ("torchvision", "MNIST"),
        ("upper", "digits"),
    ] {
        assert_eq!(shown(&bed, kind), [name], "{kind}");
    }
    bed.put("unknown/digits/train.bin", "x");
    bed.put("unknown/digits/test.bin", "x");
    let told = bed.run(&["data", "--data-dir", "unknown"]).code(2).one_line();
    let told = told
        .says("in digits: it has test.bin, train.bin")
        .says("a data set is a folder with train-images-idx3-ubyte");
    assert!(!told.stderr.contains("project's folder"), "{}", told.stderr);
    bed.run(&["data", "--data-dir", "upper/digits"])
        .code(2)
        .one_line()
        .says("name the folder above it with --data-dir");
}

#[test]
fn gzip_members_and_pointers() {
    let bed = Bed::new();
    let folder = bed.data_set("eight", 8);
    let [images, ..] = files(8);
    let path = folder.join(format!("{}.gz", NAMES[0]));
    let before = bed.run(&["data", "--json"]).code(0).stdout;
    let digest =
        |text: &str| serde_json::from_str::<Value>(text).unwrap()[0]["files"][0]["sha256_of_content"].clone();
    let members = [gzip(&images[..1000]), gzip(&images[1000..]), vec![0; 512]].concat();
    fs::write(&path, members).unwrap();
    let after = bed.run(&["data", "--json"]).code(0).stdout;
    assert_eq!(digest(&before), digest(&after));
    // The sweep's own digest reads all members too.
    bed.put("p.txt", lines(|_, class| class.to_string()));
    bed.submit("p.txt", &[]).code(0);
    let submission = fs::read_to_string(bed.path().join("results/submitted/jane/eight/Guess.json")).unwrap();
    assert!(submission.contains(digest(&before).as_str().unwrap()));
    fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n").unwrap();
    bed.run(&["data", "eight"]).code(2).one_line().says("a git-lfs pointer").says("git lfs pull");
}

#[test]
fn one_bad_folder_harms_nobody() {
    let bed = Bed::new();
    grid(&bed);
    bed.data_set("good", 8);
    bed.data_set("balanced", 47);
    bed.put("data/cut/train-images-idx3-ubyte", b"\0\0\x08");
    bed.put("p.txt", lines(|_, class| class.to_string()));
    let submit =
        ["submit", "p.txt", "--dataset", "good", "--name", "jane", "-c", "Guess", "--description", "x"];
    let run = bed.run(&submit).code(0).prints("accuracy 1");
    assert!(!run.stderr.contains("balanced"), "{}", run.stderr);
    bed.run(&[&SWEEP[..], &["-d", "good"]].concat()).code(0);
    let file = "results/local/good/native/GaussianNB.json";
    for command in [&["validate"][..], &["rank"], &["cmp", file, file], &["data"]] {
        let run = bed.run(command).code(0).says("notice: a data set is left out: ");
        run.says("at most 36 classes").says("one character an image").says("cut");
    }
    bed.run(&["data", "balanced"]).code(2).one_line().says("this program takes at most 36 classes");
    bed.run(&["data", "good"]).code(0);
}

#[test]
fn hidden_folders_are_no_data_sets() {
    let bed = Bed::new();
    bed.data_set("good", 8);
    bed.data_set(".ipynb_checkpoints", 8);
    bed.data_set(".git", 8);
    assert_eq!(shown(&bed, "data"), ["good"]);
    bed.run(&["data", ".git"]).code(2).one_line().says("there is no data set \".git\"");
}

#[test]
fn what_the_user_names_and_runs_may_be_links_and_submissions_not() {
    let bed = Bed::new();
    grid(&bed);
    bed.data_set("eight", 8);
    for folder in ["scratch/results", "elsewhere"] {
        fs::create_dir_all(bed.path().join(folder)).unwrap();
    }
    symlink("scratch/results", bed.path().join("results")).unwrap();
    bed.run(&[&SWEEP[..], &["--run", "a"]].concat()).code(0);
    bed.run(&["validate", "results"]).code(0).prints("1 file: 0 errors");
    fs::rename(bed.path().join("scratch/results/a"), bed.path().join("elsewhere/a")).unwrap();
    symlink("../../elsewhere/a", bed.path().join("scratch/results/a")).unwrap();
    let again = bed.run(&[&SWEEP[..], &["--run", "a"]].concat()).code(0);
    assert!(
        again.stderr.contains("1") && bed.path().join("elsewhere/a/eight/native/GaussianNB.json").is_file()
    );
    bed.run(&["report", "--run", "a"]).code(0);
    for paths in [
        &["validate"][..],
        &["validate", "results"],
        &["validate", "results/a"],
        &["validate", "scratch/results"],
    ] {
        bed.run(paths).code(0).prints("1 file: 0 errors");
    }
    // The results of a link are what a submission is compared with: these predictions are not its own.
    let result = fs::read_to_string(bed.path().join("elsewhere/a/eight/native/GaussianNB.json")).unwrap();
    let result: Value = serde_json::from_str(&result).unwrap();
    bed.put("same.txt", result["repeats"][0]["predictions"].as_str().unwrap());
    bed.submit("same.txt", &[]).code(0).says("warning: ");
    // Within a run, and among submissions, links stay refused.
    symlink(bed.path().join("elsewhere/a/eight"), bed.path().join("elsewhere/a/other")).unwrap();
    bed.run(&["validate"]).code(1).prints("other: is a symbolic link");
    fs::remove_file(bed.path().join("elsewhere/a/other")).unwrap();
    let submitted = bed.path().join("scratch/results/submitted");
    symlink(submitted.join("jane"), submitted.join("joe")).unwrap();
    bed.run(&["validate"]).code(1).prints("joe: is a symbolic link");
}

#[test]
fn images_on_their_side_are_turned_upright() {
    let bed = Bed::new();
    let upright = files(8);
    let turned = |content: &[u8], count: usize| {
        let (header, pixels) = content.split_at(16);
        let image = |image: &[u8]| (0..64).map(|at| image[at % 8 * 8 + at / 8]).collect::<Vec<u8>>();
        let pixels: Vec<u8> = pixels.chunks(64).flat_map(image).collect();
        assert_eq!(pixels.len(), count * 64);
        [header, &pixels].concat()
    };
    let lying =
        [turned(&upright[0], TRAIN), upright[1].clone(), turned(&upright[2], TEST), upright[3].clone()];
    let names = NAMES.map(String::from);
    write_files(&bed.path().join("data/emnist-digits"), &lying, &names, true);
    bed.put("data/emnist-digits/dataset.toml", "transposed = true\n");
    write_files(&bed.path().join("data/upright"), &upright, &names, true);
    let load = |name: &str| mnist_bench::dataset::load_from(&bed.path().join("data"), name).unwrap();
    let (stored, wanted) = (load("emnist-digits"), load("upright"));
    assert_eq!(stored.train, wanted.train);
    assert_eq!(stored.test, wanted.test);
    // Images that are not square change their shape.
    let wide: [Vec<u8>; 4] = [
        idx(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]),
        idx(&[2], &[0, 1]),
        idx(&[1, 1, 3], &[7, 8, 9]),
        idx(&[1], &[1]),
    ];
    write_files(&bed.path().join("data/wide"), &wide, &names, false);
    bed.put("data/wide/dataset.toml", "transposed = true\n");
    let wide = load("wide");
    assert_eq!((wide.train.images.rows, wide.train.images.columns), (3, 1));
    let outline = mnist_bench::dataset::Outline::load(&bed.path().join("data"), "wide").unwrap();
    assert_eq!(outline.shape.image, [3, 1]);
    bed.put("data/wide/dataset.toml", "transposed = 1\n");
    bed.run(&["data", "wide"]).code(2).one_line().says("dataset.toml");
}
