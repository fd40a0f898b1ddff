"""Golden figures for GaussianProcessClassifier with its default kernel: predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/gaussian_process.py
Writes crates/pixel-learn/tests/fixtures/gaussian_process.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json

import numpy as np
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.preprocessing import StandardScaler

TRAIN, TEST = 1500, 500


def read(name, part, count):
    with gzip.open(f"data/{name}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)
    with gzip.open(f"data/{name}/{part}-labels-idx1-ubyte.gz") as file:
        return images, np.frombuffer(file.read(8 + count)[8:], np.uint8)


def answers(x, y, test):
    both = {}
    for multi_class in ("one_vs_one", "one_vs_rest"):
        model = GaussianProcessClassifier(multi_class=multi_class).fit(x, y)
        both[multi_class] = "".join(map(str, model.predict(test)))
    return both


out = []
for name in ("mnist", "fashion-mnist"):
    x, y = read(name, "train", TRAIN)
    test, classes = read(name, "t10k", TEST)
    scaler = StandardScaler().fit(x.astype(np.float64))
    predictions = answers(scaler.transform(x.astype(np.float64)), y, scaler.transform(test.astype(np.float64)))
    for multi_class, spelled in predictions.items():
        print(name, multi_class, np.mean([int(p) == c for p, c in zip(spelled, classes)]))
    out.append({"dataset": name, "train": TRAIN, "test": TEST, "predictions": predictions})

# Small images, 2 x 2 block means of the centre at a sixteenth of their contrast: here the kernel couples
# everything with everything, so modes, variances and confidences matter.
for name in ("mnist", "fashion-mnist"):
    (x, y), (test, _) = read(name, "train", 300), read(name, "t10k", 200)
    small = [
        images.reshape(-1, 28, 28)[:, 6:22, 6:22].reshape(-1, 4, 4, 4, 4).mean(axis=(2, 4)).astype(np.uint8) // 16
        for images in (x, test)
    ]
    rows, queries = (images.reshape(-1, 16).astype(np.float64) / 4.0 for images in small)
    predictions = answers(rows, y, queries)
    case = {"dataset": f"small {name}", "labels": "".join(map(str, y)), "predictions": predictions}
    case["rows"] = ["".join(f"{v:x}" for v in row) for row in small[0].reshape(-1, 16)]
    case["queries"] = ["".join(f"{v:x}" for v in row) for row in small[1].reshape(-1, 16)]
    out.append(case)

with open("crates/pixel-learn/tests/fixtures/gaussian_process.json", "w") as file:
    json.dump(out, file, indent=0)
    file.write("\n")
