"""Golden figures for KNeighborsClassifier: neighbours, distances and predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/neighbors.py
Writes crates/pixel-learn/tests/fixtures/neighbors.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

TRAIN, TEST = 400, 40


def images(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)


def labels(path, count):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(8 + count)[8:], np.uint8)


def answers(train, classes, test):
    cases = []
    for p in (1, 2):
        for k in (1, 2, 5, 9):
            for weights in ("uniform", "distance"):
                model = KNeighborsClassifier(n_neighbors=k, p=p, weights=weights, algorithm="brute")
                model.fit(train, classes)
                case = {"n_neighbors": k, "p": p, "weights": weights}
                case["predictions"] = model.predict(test).tolist()
                if k == 9 and weights == "uniform":
                    distance, index = model.kneighbors(test)
                    case["distances"] = np.round(distance, 9).tolist()
                    case["indices"] = index.tolist()
                cases.append(case)
    return cases


out = []
for name in ("mnist", "fashion-mnist"):
    train = images(f"data/{name}/train-images-idx3-ubyte.gz", TRAIN)
    test = images(f"data/{name}/t10k-images-idx3-ubyte.gz", TEST)
    classes = labels(f"data/{name}/train-labels-idx1-ubyte.gz", TRAIN)
    scaler = StandardScaler().fit(train.astype(np.float64))
    # The program's features are f32; the distances between them are f64 here as there.
    scaled = [scaler.transform(x.astype(np.float64)).astype(np.float32).astype(np.float64) for x in (train, test)]
    out.append({"dataset": name, "train": TRAIN, "test": TEST, "cases": answers(scaled[0], classes, scaled[1])})

# Raw bytes, and the metrics that are no Minkowski distance. Integers in f64, so that ties show: scikit-learn's answer
# counts where the k-th and the next distance differ.
def settled(metric, train, classes, test, k, weights):
    model = KNeighborsClassifier(n_neighbors=k, weights=weights, metric=metric, algorithm="brute").fit(train, classes)
    distance = model.kneighbors(test, n_neighbors=k + 1)[0]
    clear = distance[:, k - 1] < distance[:, k] - 1e-9
    return [int(c) if s else None for c, s in zip(model.predict(test), clear)], np.round(distance[:, :k], 9).tolist()


for name in ("mnist", "fashion-mnist"):
    train = images(f"data/{name}/train-images-idx3-ubyte.gz", TRAIN)
    test = images(f"data/{name}/t10k-images-idx3-ubyte.gz", TEST)
    classes = labels(f"data/{name}/train-labels-idx1-ubyte.gz", TRAIN)
    scaler = StandardScaler().fit(train.astype(np.float64))
    scalings = {
        "raw": [x.astype(np.float64) for x in (train, test)],
        "unit": [x / 255 for x in (train, test)],
        "standard": [scaler.transform(x.astype(np.float64)).astype(np.float32).astype(np.float64) for x in (train, test)],
    }
    cases = []
    for scaling, (x, queries) in scalings.items():
        metrics = ["cosine", "chebyshev"] if scaling == "standard" else ["euclidean", "manhattan", "cosine", "chebyshev"]
        for metric in metrics:
            for k, weights in ((1, "uniform"), (3, "distance"), (5, "uniform")):
                predictions, distances = settled(metric, x, classes, queries, k, weights)
                case = {"scaling": scaling, "metric": metric, "n_neighbors": k, "weights": weights}
                case["predictions"] = predictions
                if k == 3:
                    case["distances"] = distances[:10]
                cases.append(case)
    out.append({"dataset": name, "train": TRAIN, "test": TEST, "scaled_cases": cases})

# A grid of small integers is full of equal distances and duplicates: predictions only where no tie at the
# k-th neighbour leaves the set of neighbours open (there scikit-learn's choice is an accident of its heap).
rows = [[x, y] for x in range(5) for y in range(5) for _ in range(1 + (x * y) % 3)]
classes = np.array([(3 * i + i // 7) % 4 for i in range(len(rows))])
grid = np.array(rows, np.float64)
queries = np.array([[x, y] for x in range(7) for y in range(7)], np.float64)
cases = []
for p in (1, 2):
    distance = np.sort(np.linalg.norm(queries[:, None] - grid[None], ord=p, axis=2), axis=1)
    for k in (1, 2, 3, 5, 9, 20):
        settled = distance[:, k - 1] < distance[:, k] - 1e-9
        for weights in ("uniform", "distance"):
            model = KNeighborsClassifier(n_neighbors=k, p=p, weights=weights, algorithm="brute").fit(grid, classes)
            predictions = [int(c) if s else None for c, s in zip(model.predict(queries), settled)]
            cases.append({"n_neighbors": k, "p": p, "weights": weights, "predictions": predictions})
out.append({"dataset": "grid", "rows": rows, "classes": classes.tolist(), "queries": queries.astype(int).tolist(), "cases": cases})

with open("crates/pixel-learn/tests/fixtures/neighbors.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
