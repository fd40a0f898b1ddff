"""Trains a built-in network with Keras or PyTorch, and prints the results as one line of JSON.

    networks_peer.py keras|torch MODEL DATASET EPOCHS THREADS SEED [IMAGES]

Models and settings are those of benchmarks/neural.toml: the same layers, distribution of initial weights, optimiser
and batch size. The images are in memory as floats, and a batch is a slice of them after a shuffle. Images per second
are given for each epoch; the first epoch includes tracing and the choice of algorithms.
"""

import gzip
import json
import os
import pathlib
import sys
import time

import numpy as np

DATA = pathlib.Path(__file__).parents[2] / "data"
BATCH = {"dense-128": 32, "deep-mnist-cnn": 64, "minivggnet": 32}
HELD_OUT = {"dense-128": 0, "deep-mnist-cnn": 0.1, "minivggnet": 0}


def images(dataset, part):
    """Pixels in [0, 1] and labels of a part, "train" or "t10k"."""
    with gzip.open(DATA / dataset / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    with gzip.open(DATA / dataset / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return pixels.astype(np.float32) / 255, labels.astype(np.int64)


def train_keras(model, train, test, epochs, threads, seed):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    import keras
    import tensorflow as tf
    from keras import layers

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    keras.utils.set_random_seed(seed)

    def conv(filters, kernel, activation=None):
        return layers.Conv2D(filters, kernel, padding="same", activation=activation)

    if model == "dense-128":
        inner = [layers.Flatten(), layers.Dense(128, "relu")]
        rule = keras.optimizers.Adam(1e-3)
    elif model == "deep-mnist-cnn":
        inner = [conv(32, 5), layers.MaxPooling2D(), conv(64, 5), layers.MaxPooling2D(), layers.Flatten()]
        inner += [layers.Dense(1024, "relu"), layers.Dropout(0.5)]
        rule = keras.optimizers.Adam(1e-4)
    else:
        inner = []
        for filters in (32, 64):
            for _ in range(2):
                inner += [conv(filters, 3, "relu"), layers.BatchNormalization()]
            inner += [layers.MaxPooling2D(), layers.Dropout(0.25)]
        inner += [layers.Flatten(), layers.Dense(512, "relu"), layers.BatchNormalization(), layers.Dropout(0.5)]
        decay = keras.optimizers.schedules.InverseTimeDecay(1e-2, 1, 4e-4)
        rule = keras.optimizers.SGD(decay, momentum=0.9)
    network = keras.Sequential([layers.Input((28, 28, 1)), *inner, layers.Dense(10, "softmax")])
    network.compile(rule, "sparse_categorical_crossentropy", metrics=["accuracy"])
    rates = []
    for _ in range(epochs):
        started = time.perf_counter()
        network.fit(*train, batch_size=BATCH[model], verbose=0)
        rates.append(len(train[1]) / (time.perf_counter() - started))
    accuracy = float(network.evaluate(*test, batch_size=256, verbose=0)[1])
    return rates, accuracy, f"keras {keras.__version__}, tensorflow {tf.__version__}"


def train_torch(model, train, test, epochs, threads, seed):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(seed)

    def conv(inputs, filters, kernel):
        return nn.Conv2d(inputs, filters, kernel, padding="same")

    decay = None
    if model == "dense-128":
        network = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
        rule = torch.optim.Adam(network.parameters(), 1e-3, eps=1e-7, fused=True)
    elif model == "deep-mnist-cnn":
        network = nn.Sequential(
            conv(1, 32, 5), nn.MaxPool2d(2), conv(32, 64, 5), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(3136, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10),
        )  # fmt: skip
        rule = torch.optim.Adam(network.parameters(), 1e-4, eps=1e-7, fused=True)
    else:
        inner, inputs = [], 1
        for filters in (32, 64):
            for _ in range(2):
                # Keras keeps 0.99 of the running statistics, which PyTorch calls a momentum of 0.01.
                inner += [conv(inputs, filters, 3), nn.ReLU(), nn.BatchNorm2d(filters, 1e-3, 0.01)]
                inputs = filters
            inner += [nn.MaxPool2d(2), nn.Dropout(0.25)]
        inner += [nn.Flatten(), nn.Linear(3136, 512), nn.ReLU(), nn.BatchNorm1d(512, 1e-3, 0.01), nn.Dropout(0.5)]
        network = nn.Sequential(*inner, nn.Linear(512, 10))
        rule = torch.optim.SGD(network.parameters(), 1e-2, momentum=0.9, fused=True)
        decay = torch.optim.lr_scheduler.LambdaLR(rule, lambda step: 1 / (1 + 4e-4 * step))
    for layer in network:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    network = network.to(memory_format=torch.channels_last)
    loss = nn.CrossEntropyLoss()

    def tensors(part):
        pixels = torch.from_numpy(part[0]).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        return pixels, torch.from_numpy(part[1])

    pixels, labels = tensors(train)
    rates = []
    for _ in range(epochs):
        started = time.perf_counter()
        network.train()
        for rows in torch.randperm(len(labels)).split(BATCH[model]):
            rule.zero_grad(set_to_none=True)
            loss(network(pixels[rows]), labels[rows]).backward()
            rule.step()
            if decay is not None:
                decay.step()
        rates.append(len(labels) / (time.perf_counter() - started))
    network.eval()
    pixels, labels = tensors(test)
    with torch.no_grad():
        right = sum(int((network(x).argmax(1) == y).sum()) for x, y in zip(pixels.split(256), labels.split(256)))
    return rates, right / len(labels), f"torch {torch.__version__}"


def main(engine, model, dataset, epochs, threads, seed, limit=None):
    pixels, labels = images(dataset, "train")
    if limit is None:
        # As in our network, the held-out rows are not used for training.
        kept = np.random.default_rng(int(seed)).permutation(len(labels))
        kept = np.sort(kept[: len(labels) - round(HELD_OUT[model] * len(labels))])
    else:
        kept = np.arange(int(limit))
    train = {"keras": train_keras, "torch": train_torch}[engine]
    rates, accuracy, version = train(
        model, (pixels[kept], labels[kept]), images(dataset, "t10k"), int(epochs), int(threads), int(seed)
    )
    print(
        json.dumps(
            {"images_per_second": [round(rate, 1) for rate in rates], "accuracy": accuracy, "version": version}
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
