"""The steps before a model, by scikit-learn and, for histograms of gradients, scikit-image.

The harness sends those steps of a configuration that an engine lists in engines.toml; what it does not list, the
harness has done already. Pixels arrive as 0 to 255.
"""

from protocol import Unsupported


class Hog:
    """scikit-image's histograms of oriented gradients, image by image: it has no estimator of its own."""

    def __init__(self, image, orientations, pixels_per_cell, cells_per_block):
        self.image = image
        self.options = {
            "orientations": orientations,
            "pixels_per_cell": (pixels_per_cell, pixels_per_cell),
            "cells_per_block": (cells_per_block, cells_per_block),
            "block_norm": "L2-Hys",
        }

    def fit_transform(self, x):
        return self.transform(x)

    def transform(self, x):
        import numpy
        from skimage.feature import hog

        return numpy.stack([hog(row.reshape(self.image), **self.options) for row in x])


class Unit:
    """Pixels divided by 255."""

    def fit_transform(self, x):
        return self.transform(x)

    def transform(self, x):
        return x / 255.0


def transformers(steps, job):
    """The transformers in the order of the list; raises Unsupported for a step that there is none for."""
    return [made for made in (transformer(step, job) for step in steps) if made is not None]


def transformer(step, job):
    from sklearn.decomposition import PCA
    from sklearn.kernel_approximation import Nystroem, RBFSampler
    from sklearn.preprocessing import Binarizer, StandardScaler

    name, given = step if isinstance(step, str) else next(iter(step)), {}
    if not isinstance(step, str):
        given = step[name] if isinstance(step[name], dict) else {FIRST[name]: step[name]}
    seed = job["seed"] % 2**32
    # scikit-learn leaves gamma None to Nystroem, which takes 1 / n_features; RBFSampler's default is 1.
    return {
        "raw": lambda: None,
        "unit": Unit,
        "standard": StandardScaler,
        "binarize": lambda: Binarizer(**{"threshold": 127} | given),
        "pca": lambda: PCA(svd_solver="covariance_eigh", **given),
        "hog": lambda: Hog(job["image"], **given),
        "nystroem": lambda: Nystroem(kernel="rbf", random_state=seed, **given),
        "rbf_sampler": lambda: RBFSampler(random_state=seed, **given),
    }.get(name, lambda: unknown(name))()


def unknown(name):
    raise Unsupported(f"preprocessing: scikit-learn has no {name}")


# The parameter that a step may be given without its name.
FIRST = {"binarize": "threshold", "hog": "orientations", "pca": "n_components", "nystroem": "n_components", "rbf_sampler": "n_components"}
