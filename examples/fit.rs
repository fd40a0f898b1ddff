//! Runs configurations of one family on a data set, without the sweep around it:
//! `cargo run --release --example fit -- mnist SVC '{"C": 10, "kernel": "rbf"}' [MORE...] [n=5000] [threads=2]`,
//! with `engine=linfa` or another for a family that is not ours.
//! Configurations that share work run together. Prints the accuracy and the times of each configuration.

use std::sync::Arc;

use mnist_bench::dataset;
use mnist_bench::engines::{BUILT_IN, Shape, Work};
use mnist_bench::grid::Configuration;
use pixel_learn::models::Training;
use pixel_learn::{Features, Scaling};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (data, classifier) = (&arguments[0], &arguments[1]);
    let option = |name: &str| {
        arguments.iter().find_map(|a| a.strip_prefix(name)?.strip_prefix('=')?.parse::<usize>().ok())
    };
    let configurations: Vec<Configuration> = arguments[2..]
        .iter()
        .filter(|a| a.starts_with('{'))
        .map(|a| {
            Configuration::new(classifier, serde_json::from_str(a).expect("parameters are a JSON object"))
        })
        .collect();
    let dataset = dataset::load(data).expect("the data set loads");
    let image = [dataset.train.images.rows, dataset.train.images.columns];
    let d = image[0] * image[1];
    let n = option("n").unwrap_or(dataset.train.images.count);
    let pixels = dataset.train.images.pixels[..n * d].to_vec();
    let scaling = Arc::new(Scaling::standard(&pixels, n, d));
    let train = Features::new(pixels, n, d, scaling.clone());
    let test = Features::new(dataset.test.images.pixels.clone(), dataset.test.images.count, d, scaling);
    let name = arguments.iter().find_map(|a| a.strip_prefix("engine=")).unwrap_or("native");
    let engine = BUILT_IN.iter().find(|engine| engine.name == name).expect("an engine of that name");
    let family = engine.family(classifier).expect("a family of that name");
    let shape = Shape { train_size: n, test_size: test.n(), features: d, image, classes: dataset.classes() };
    let mut groups: Vec<(String, Vec<Configuration>)> = Vec::new();
    for configuration in configurations {
        if let Err(reason) = family.check(&configuration.parameters, &shape) {
            println!("unsupported: {reason}");
            continue;
        }
        let key = family.sharing_key(&configuration.parameters);
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, group)) => group.push(configuration),
            None => groups.push((key, vec![configuration])),
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(option("threads").unwrap_or(1)).build().unwrap();
    for (key, group) in &groups {
        println!("group {key}");
        let training =
            Training { features: &train, labels: &dataset.train.labels[..n], classes: dataset.classes() };
        let seed = option("seed").unwrap_or(1) as u64;
        let work = Work { configurations: group, training, test: &test, dataset: data, image, seed };
        pool.install(|| {
            family.run(&work, &mut |index, result| {
                let parameters = serde_json::to_string(&group[index].parameters).unwrap();
                match result {
                    Ok(outcome) => {
                        let right = outcome
                            .predictions
                            .iter()
                            .zip(&dataset.test.labels)
                            .filter(|(a, b)| a == b)
                            .count();
                        println!(
                            "{parameters} accuracy {:.4} fit {:.2} s ({:.2} CPU) predict {:.2} s ({:.2} CPU) converged {:?} {}",
                            right as f64 / dataset.test.labels.len() as f64,
                            outcome.fit.wall_seconds,
                            outcome.fit.cpu_seconds,
                            outcome.predict.wall_seconds,
                            outcome.predict.cpu_seconds,
                            outcome.converged,
                            serde_json::to_string(&outcome.facts).unwrap(),
                        );
                    }
                    Err(failure) => println!("{parameters} {failure:?}"),
                }
            });
        });
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or(""));
}
