//! Names and layouts of data folders, damaged data sets beside good ones, links, and transposed images, with the real
//! program.

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
    // Kaggle: each file, and beside it a folder of the other spelling that contains the same file.
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
fn a_place_that_cannot_be_written_is_named_before_anything_is_trained() {
    let bed = Bed::new();
    bed.put(
        "benchmarks/classic.toml",
        "default = true\n[[family]]\nclassifier = 'GaussianNB'\n[[family]]\nclassifier = 'Perceptron'\n",
    );
    bed.data_set("eight", 8);
    bed.data_set("other", 8);
    let other = bed.path().join("results/local/other");
    // Where the last data set's results need a folder there is a link to a folder, a dangling link, or a file.
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    let link = |target: &str| {
        symlink(target, &other).unwrap();
        let run = bed.run(&["sweep", "--jobs", "1"]).code(2);
        fs::remove_file(&other).unwrap();
        run
    };
    let folder = link("../../data").says("results/local/other: is a symbolic link: put a folder there");
    let nowhere = link("/nowhere/at/all");
    bed.put("results/local/other/native", "mine");
    let file = bed.run(&["sweep", "--jobs", "1"]).code(2);
    for run in [folder, nowhere, file] {
        let last = run.stderr.lines().last().unwrap_or_default();
        let is_named = last.contains(" results/local/other");
        assert!(last.starts_with("error: cannot ") && is_named, "{}", run.stderr);
        assert!(!run.stderr.contains("accuracy"), "{}", run.stderr);
        assert!(!bed.path().join("results/local/eight/native/GaussianNB.json").exists());
    }
}

#[test]
fn what_is_there_and_cannot_be_used_is_told_as_such() {
    let bed = Bed::new();
    grid(&bed);
    bed.data_set("good", 8);
    bed.data_set("good2", 8);
    bed.data_set("a\\b", 8);
    fs::create_dir_all(bed.data_set("closed", 8).join("dataset.toml")).unwrap();
    for (name, told) in [
        ("a\\b", "cannot be used: rename the folder"),
        ("good/", "did you mean good?"),
        (
            "closed",
            "dataset.toml: cannot be read: Is a directory (os error 21): check that it is there and that you may",
        ),
    ] {
        bed.run(&["data", name]).code(2).one_line().says(told);
    }
    bed.run(&["report", "--run", "a/b"]).code(2).one_line().says("of a name, take letters");
    for (command, shell) in
        [("data", "exec \"$0\" data > /dev/full"), ("grid", "exec \"$0\" grid > /dev/full")]
    {
        let mut full = std::process::Command::new("sh");
        full.current_dir(bed.path()).args(["-c", shell, env!("CARGO_BIN_EXE_mnist-bench")]);
        if command == "grid" {
            fs::remove_dir_all(bed.path().join("data/a\\b")).unwrap();
        }
        crate::bed::run(full).code(2).says("error: cannot write to standard output: No space left on device");
    }
}

/// scikit-learn raises an error for each of these.
#[test]
fn data_that_a_family_cannot_learn_from_are_unsupported_rows() {
    let bed = Bed::new();
    bed.put(
        "benchmarks/classic.toml",
        "default = true\n[[family]]\nclassifier = 'LinearSVC'\n[[family]]\nclassifier = 'QuadraticDiscriminantAnalysis'\n",
    );
    bed.data_set("one", 1);
    bed.data_set("eight", 8);
    bed.run(&["sweep", "-e", "native", "--jobs", "1"]).code(0);
    for (place, told) in [
        ("one/native/LinearSVC.json", "1 class(es) have rows, at least 2 are needed"),
        ("one/native/QuadraticDiscriminantAnalysis.json", "1 class(es) have rows"),
        ("eight/native/QuadraticDiscriminantAnalysis.json", "is not of full rank (25 rows, 64 features)"),
    ] {
        let row = fs::read_to_string(bed.path().join("results/local").join(place)).unwrap();
        let row: Value = serde_json::from_str(&row).unwrap();
        assert_eq!(row["status"], "unsupported", "{row}");
        assert!(row["error"].as_str().unwrap().contains(told), "{row}");
    }
    bed.run(&["validate"]).code(0);
}

#[test]
fn a_network_that_cannot_be_saved_is_not_trained() {
    let bed = Bed::new();
    bed.data_set("eight", 8);
    bed.put("afile", "");
    fs::create_dir(bed.path().join("folder")).unwrap();
    let layers = "[{ type = 'flatten' }, { type = 'dense', units = 'classes', activation = 'softmax' }]";
    let optimizer = "{ type = 'adam', learning_rate = 1e-2 }";
    let model =
        format!("[model.small]\nlayers = {layers}\noptimizer = {optimizer}\nepochs = 1\nbatch = 16\n");
    bed.put("model.toml", model);
    let train =
        |save: &str| bed.run(&["train", "small", "--grid", "model.toml", "-d", "eight", "--save", save]);
    train("folder").code(2).one_line().says("--save folder: is a folder: name a file in it");
    for place in ["afile/m.safetensors", "/proc/m.safetensors"] {
        train(place).code(2).one_line().says(&format!("--save {place}: cannot be written"));
    }
    // The file behind a link is replaced, not the link.
    bed.put("scratch/m.safetensors", "");
    std::os::unix::fs::symlink("scratch/m.safetensors", bed.path().join("m.safetensors")).unwrap();
    train("m.safetensors").code(0);
    assert!(bed.path().join("m.safetensors").is_symlink());
    assert!(fs::metadata(bed.path().join("scratch/m.safetensors")).unwrap().len() > 0);
}

#[test]
fn what_browsers_and_unpackers_make_of_names_is_read() {
    let bed = Bed::new();
    let four = files(8);
    let dotted = |end: &str| NAMES.map(|name| name.split("-idx").next().unwrap().to_string() + end);
    for (kind, folder, names) in [
        ("numbered", "numbered/eight", NAMES.map(|name| format!("{name} (1)"))),
        ("underscores", "underscores/eight", NAMES.map(|name| name.replace('-', "_"))),
        ("short", "short/eight", dotted("")),
        ("bin", "bin/eight", NAMES.map(|name| format!("{name}.bin"))),
        ("idx", "idx/eight", NAMES.map(|name| name.replace("-idx", ".idx").replace("-ubyte", ""))),
        ("twice", "twice/eight/eight", NAMES.map(String::from)),
        ("torch", "torch/eight/MNIST/raw", NAMES.map(String::from)),
        ("archive", "archive/eight/archive (2)", dotted(".idx3-ubyte").map(|name| name.replace("s.", "s-"))),
    ] {
        write_files(&bed.path().join(folder), &four, &names, kind == "numbered");
        if kind == "archive" {
            // Here the labels files have the ending of images (idx3), so they are not found.
            bed.run(&["data", "--data-dir", kind]).code(2).one_line();
            continue;
        }
        assert_eq!(shown(&bed, kind), ["eight"], "{kind}");
    }
    // dataset.toml may lie in the data set's folder or beside the files.
    for place in ["twice/eight/dataset.toml", "torch/eight/MNIST/raw/dataset.toml"] {
        bed.put(place, "title = 'Eight rows'\n");
        let folder = place.split('/').next().unwrap();
        bed.run(&["data", "--data-dir", folder]).code(0).prints("Eight rows (eight)");
    }
    bed.put("twice/eight/dataset.toml", b"\xff\xfet\0");
    bed.run(&["data", "eight", "--data-dir", "twice"])
        .code(2)
        .one_line()
        .says("is not UTF-8 text: save it as UTF-8");
}

#[test]
fn files_damaged_on_their_way_are_named_with_what_they_are() {
    let bed = Bed::new();
    let four = files(8);
    let names = NAMES.map(String::from);
    let (images, labels) = (&four[0], &four[1]);
    let header = |kind: u8, sizes: &[u32], data: &[u8]| {
        let mut file = vec![0, 0, kind, sizes.len() as u8];
        sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
        [file, data.to_vec()].concat()
    };
    let pixels = &images[16..];
    let windows: Vec<u8> =
        images.iter().flat_map(|&byte| if byte == b'\n' { vec![b'\r', b'\n'] } else { vec![byte] }).collect();
    let latin: Vec<u8> = images.iter().flat_map(|&byte| char::from(byte).to_string().into_bytes()).collect();
    let one_hot: Vec<u8> =
        labels[8..].iter().flat_map(|&label| (0..8).map(move |class| u8::from(class == label))).collect();
    let swapped: Vec<u8> =
        [&images[..4], &200u32.to_le_bytes(), &8u32.to_le_bytes(), &8u32.to_le_bytes(), pixels].concat();
    let cases: Vec<(&str, usize, Vec<u8>, &str)> = vec![
        ("little", 0, swapped, "its sizes, 200 x 8 x 8, stand in the other byte order"),
        ("magic", 0, [&[3, 8, 0, 0], &images[4..]].concat(), "a header in the other byte order"),
        ("words", 1, header(12, &[200], &[0; 800]), "32-bit integers (type 0x0c), and only unsigned bytes"),
        ("signed", 0, header(9, &[200, 8, 8], pixels), "signed bytes (type 0x09)"),
        ("shorts", 0, header(11, &[200, 8, 8], &[0; 25600]), "16-bit integers (type 0x0b)"),
        ("reals", 0, header(13, &[200, 8, 8], &[0; 51200]), "32-bit floats (type 0x0d)"),
        ("doubles", 0, header(14, &[200, 8, 8], &[0; 102400]), "64-bit floats (type 0x0e)"),
        ("channels", 0, header(8, &[200, 8, 8, 1], pixels), "4 dimensions where images have 3"),
        ("flat", 0, header(8, &[200, 64], pixels), "2 dimensions where images have 3"),
        ("column", 1, header(8, &[200, 1], &labels[8..]), "2 dimensions where labels have 1"),
        ("one-hot", 1, header(8, &[200, 8], &one_hot), "2 dimensions where labels have 1"),
        ("labels", 0, labels.clone(), "1 dimensions (a file of labels?) where images have 3"),
        ("test-set", 0, four[2].clone(), "200 labels for the 60 images"),
        ("few-labels", 1, header(8, &[199], &labels[9..]), "199 labels for the 200 images"),
        (
            "promise",
            0,
            header(8, &[60000, 8, 8], pixels),
            "60000 x 8 x 8 = 3840000 bytes of data, found 12800",
        ),
        ("more", 0, header(8, &[100, 8, 8], pixels), "100 x 8 x 8 = 6400 bytes of data, found more"),
        ("cut", 0, images[..images.len() - 100].to_vec(), "12800 bytes of data, found 12700"),
        ("newline", 1, [&labels[..], b"\n"].concat(), "200 = 200 bytes of data, found more"),
        ("ascii-ftp", 0, windows, "bytes of data, found more"),
        ("re-encoded", 0, latin, "more than 4 GiB"),
        ("zlib", 0, b"\x78\x9c\x01\x02".to_vec(), "zlib data without the header of gzip"),
        ("bzip2", 0, b"BZh91AY".to_vec(), "a bzip2 file"),
        ("xz", 0, b"\xfd7zXZ\0".to_vec(), "an xz file"),
        ("zip", 0, b"PK\x03\x04xxxx".to_vec(), "a zip archive"),
        ("numpy", 0, b"\x93NUMPY\x01\0".to_vec(), "a NumPy array"),
        ("page", 0, b"<html><title>404</title>".to_vec(), "a web page"),
        ("denied", 0, b"<?xml version='1.0'?><Error>".to_vec(), "a web page"),
        ("csv", 0, b"label,pixel0\n".to_vec(), "another kind of file"),
        ("nothing", 0, Vec::new(), "the file is empty"),
        ("header-alone", 0, images[..16].to_vec(), "12800 bytes of data, found 0"),
        ("half-a-header", 0, images[..9].to_vec(), "the file ends within its header"),
        ("twice-zipped", 0, gzip(&gzip(images)), "gzipped twice"),
        ("zip-cut", 0, gzip(images)[..900].to_vec(), "the gzip data end early, the file is truncated"),
        (
            "other-size",
            2,
            header(8, &[60, 4, 16], &four[2][16..]),
            "test images of 4 x 16 for the training images of 8 x 8",
        ),
        ("no-images", 0, header(8, &[0, 8, 8], &[]), "0 x 8 x 8, which holds nothing"),
    ];
    assert!(cases.len() >= 35);
    for (name, place, file, told) in cases {
        let mut contents = four.clone();
        contents[place] = file;
        write_files(&bed.path().join("data").join(name), &contents, &names, false);
        bed.run(&["data", name]).code(2).one_line().says(told);
    }
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
    // The digest in a submission covers all gzip members too.
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
    for command in [&["validate"][..], &["rank"], &["cmp", file, file]] {
        let run = bed.run(command).code(0).says("notice: a data set is left out: ");
        run.says("at most 36 classes").says("one character an image").says("cut");
    }
    bed.run(&["data"]).code(0).prints("(good)").prints("(balanced)").says("cut");
    bed.run(&["data", "good"]).code(0);
    // A bad data set that was not asked for by name is left out.
    for command in [&["plan"][..], &["sweep", "--dry-run"], &["sweep"]] {
        let run = bed.run(&[command, &SWEEP[1..]].concat()).code(0);
        run.says("notice: a data set is left out: data/balanced: 47 classes").says("data/cut");
    }
    bed.run(&["grid"]).code(0).prints("good").says("notice: a data set is left out: data/cut");
    bed.run(&["grid", "-d", "cut"]).code(2).one_line().says("data/cut");
    bed.run(&[&SWEEP[..], &["-d", "cut"]].concat()).code(2).one_line().says("data/cut");
    fs::remove_dir_all(bed.path().join("data/good")).unwrap();
    bed.run(&SWEEP).code(2).says("notice: a data set is left out: data/balanced").says("error: data/cut");
}

/// EMNIST ByClass has 62 classes; labels of one byte allow 256.
#[test]
fn more_classes_than_result_files_hold_are_trained_predicted_and_evaluated() {
    let bed = Bed::new();
    grid(&bed);
    let layers = "[{ type = 'flatten' }, { type = 'dense', units = 'classes', activation = 'softmax' }]";
    let optimizer = "{ type = 'adam', learning_rate = 1e-2 }";
    let model =
        format!("[model.small]\nlayers = {layers}\noptimizer = {optimizer}\nepochs = 1\nbatch = 16\n");
    bed.put("model.toml", model);
    for classes in [37, 62, 200] {
        let name = format!("of-{classes}");
        let folder = bed.data_set(&name, classes);
        let names: Vec<String> = (0..classes).map(|class| format!("class {class}")).collect();
        fs::write(folder.join("dataset.toml"), format!("class_names = {names:?}\n")).unwrap();
        bed.run(&["data", &name]).code(0).prints(&format!("class {}", classes - 1));
        let train = ["train", "small", "--grid", "model.toml", "-d", &name, "--save", "m.safetensors"];
        bed.run(&train).code(0).prints("test accuracy");
        bed.run(&["predict", "--model", "m.safetensors", "3"]).code(0).prints("test image 3: class ");
        let lines: String = (0..TEST).map(|image| format!("{}\n", image % classes)).collect();
        bed.put("p.txt", &lines);
        let report = bed.run(&["evaluate", "p.txt", "--dataset", &name]).code(0).stdout;
        let accuracy = report.lines().find(|line| line.trim_start().starts_with("accuracy")).unwrap();
        assert!(accuracy.contains("1.00"), "{report}");
        let limit = format!("{classes} classes: this program's result files hold at most 36 classes");
        let submit = ["submit", "p.txt", "--dataset", &name, "--name", "j", "-c", "G", "--description", "x"];
        for command in [&submit[..], &[&SWEEP[..], &["-d", &name]].concat(), &["plan", "-d", &name]] {
            bed.run(command)
                .code(2)
                .one_line()
                .says(&limit)
                .says("train, predict, data and evaluate --dataset take");
        }
    }
    bed.run(&["explore", "of-62"]).code(0);
    assert!(!bed.path().join("results").exists());
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
    // A submission is also compared with results behind a link: these predictions are copied from one.
    let result = fs::read_to_string(bed.path().join("elsewhere/a/eight/native/GaussianNB.json")).unwrap();
    let result: Value = serde_json::from_str(&result).unwrap();
    bed.put("same.txt", result["repeats"][0]["predictions"].as_str().unwrap());
    bed.submit("same.txt", &[]).code(0).says("warning: ");
    // A link to a single result file is followed.
    let file = bed.path().join("elsewhere/a/eight/native/GaussianNB.json");
    fs::create_dir_all(bed.path().join("results/b/eight/native")).unwrap();
    let place = bed.path().join("results/b/eight/native/GaussianNB.json");
    fs::copy(&file, &place).unwrap();
    symlink(&place, bed.path().join("mine.json")).unwrap();
    bed.run(&["validate", "mine.json"]).code(0).prints("1 file: 0 errors");
    bed.run(&["verify", "mine.json"]).code(0).prints("1 of 1 reproduced");
    bed.run(&["evaluate", "mine.json"]).code(0);
    bed.run(&["cmp", "mine.json", "results/b/eight/native/GaussianNB.json"]).code(0);
    symlink(bed.path().join("same.txt"), bed.path().join("linked.txt")).unwrap();
    bed.submit("linked.txt", &[]).code(0);
    fs::remove_dir_all(bed.path().join("results/b")).unwrap();
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
