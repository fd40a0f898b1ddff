"""Golden figures for NearestCentroid: centroids and predictions of scikit-learn.

Run from the repository's root: python benchmarks/golden/nearest_centroid.py
Writes crates/pixel-learn/tests/fixtures/nearest_centroid.json. Made with scikit-learn 1.9.1, numpy 2.
"""

import gzip
import json
import warnings

import numpy as np
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

TRAIN, TEST = 3000, 1000
# Every so many features of the centroids are written down.
STEP = 29


def read(name, part, count):
    with gzip.open(f"data/{name}/{part}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + count * 784)[16:], np.uint8).reshape(count, 784)
    with gzip.open(f"data/{name}/{part}-labels-idx1-ubyte.gz") as file:
        return images.astype(np.float64), np.frombuffer(file.read(8 + count)[8:], np.uint8)


# scikit-learn warns about constant features.
warnings.simplefilter("ignore")
out = []
for name in ("mnist", "fashion-mnist"):
    x, y = read(name, "train", TRAIN)
    test, _ = read(name, "t10k", TEST)
    scaler = StandardScaler().fit(x)
    for scaling in ("unit", "standard"):
        scaled = [v / 255 if scaling == "unit" else scaler.transform(v) for v in (x, test)]
        for metric in ("euclidean", "manhattan"):
            for shrink in (None, 0.5, 5.0):
                model = NearestCentroid(metric=metric, shrink_threshold=shrink).fit(scaled[0], y)
                out.append(
                    {
                        "dataset": name,
                        "train": TRAIN,
                        "test": TEST,
                        "step": STEP,
                        "scaling": scaling,
                        "metric": metric,
                        "shrink_threshold": shrink,
                        "centroids": model.centroids_[:, ::STEP].tolist(),
                        "predictions": "".join(map(str, model.predict(scaled[1]))),
                    }
                )

with open("crates/pixel-learn/tests/fixtures/nearest_centroid.json", "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
