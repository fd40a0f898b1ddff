"""Forward and backward figures of Keras for every layer of pixel_learn::nn, and a small network trained step by step.

Writes crates/pixel-learn/tests/fixtures/network_layers.json, which crates/pixel-learn/tests/golden_networks.rs compares
with our layers. Inputs and weights follow from a formula, so the file has results only. Run with tensorflow-cpu (which
brings Keras):

    python benchmarks/golden/network_layers.py
"""

import json

import numpy as np
import tensorflow as tf
import keras


def values(shape, salt):
    """The same formula as in the test: both signs, no two near each other."""
    i = np.arange(int(np.prod(shape)), dtype=np.int64)
    flat = ((i + salt) * 7919 % 10007).astype(np.float64) / 10007 * 2 - 1
    return flat.astype(np.float32).reshape(shape)


def figures(array):
    return [float(f"{x:.8g}") for x in np.asarray(array, np.float64).ravel()]


def layer_case(name, layer, shape, settings):
    """Outputs, and gradients of the sum of the outputs weighted by fixed numbers."""
    x = tf.Variable(values((3, *shape), 5))
    layer.build((None, *shape))
    weights = layer.trainable_variables
    for index, weight in enumerate(weights):
        weight.assign(values(tuple(weight.shape), 100 + index))
    with tf.GradientTape() as tape:
        y = layer(x, training=True)
        loss = tf.reduce_sum(y * values(tuple(y.shape), 77))
    gradients = tape.gradient(loss, [x, *[w.value for w in weights]])
    case = {
        "name": name, "settings": settings, "input": list(shape), "output": figures(y),
        "input_gradient": figures(gradients[0]), "gradients": [figures(g) for g in gradients[1:]],
    }
    if isinstance(layer, keras.layers.BatchNormalization):
        case["statistics"] = [figures(layer.moving_mean), figures(layer.moving_variance)]
        case["inferred"] = figures(layer(x, training=False))
    return case


def conv(shape, filters, kernel, padding, activation):
    layer = keras.layers.Conv2D(filters, kernel, padding=padding, activation=activation)
    settings = {"filters": filters, "kernel": kernel, "padding": padding, "relu": activation == "relu"}
    return layer_case("conv", layer, shape, settings)


def network():
    return keras.Sequential([
        keras.Input((8, 7, 1)),
        keras.layers.Conv2D(4, 3, padding="same", activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(5, 2, activation="tanh"),
        keras.layers.Flatten(),
        keras.layers.Dense(6, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ])


def training_case(name, optimizer, steps=12):
    """The loss of each step on batches of 10 of 40 images, in order, from weights by the formula."""
    model = network()
    for index, weight in enumerate(model.trainable_variables):
        fan = 1.0 if len(weight.shape) == 1 else 0.7
        weight.assign(values(tuple(weight.shape), 200 + index) * np.float32(fan))
    images = ((np.arange(40 * 56) * 7919 + 13) % 251).astype(np.uint8).reshape(40, 8, 7, 1)
    labels = (np.arange(40) * 7 % 3).astype(np.int32)
    loss_of = keras.losses.SparseCategoricalCrossentropy()
    losses = []
    for step in range(steps):
        rows = slice(step % 4 * 10, step % 4 * 10 + 10)
        x = (images[rows].astype(np.float64) / 255).astype(np.float32)
        with tf.GradientTape() as tape:
            loss = loss_of(labels[rows], model(x, training=True))
        gradients = tape.gradient(loss, [w.value for w in model.trainable_variables])
        optimizer.apply(gradients, model.trainable_variables)
        losses.append(float(loss))
    x = (images.astype(np.float64) / 255).astype(np.float32)
    return {"name": name, "losses": losses, "softmax": figures(model(x, training=False))}


def main():
    layers = [
        conv((6, 5, 1), 4, [3, 3], "same", None),
        conv((6, 5, 3), 17, [3, 3], "valid", None),
        conv((5, 7, 2), 6, [5, 3], "same", "relu"),
        conv((4, 5, 3), 5, [2, 4], "same", "relu"),
        conv((9, 9, 4), 3, [5, 5], "same", None),
        layer_case("max_pool", keras.layers.MaxPooling2D(2), (7, 5, 3), {"size": 2}),
        layer_case("max_pool", keras.layers.MaxPooling2D(3), (7, 8, 2), {"size": 3}),
        layer_case("batch_norm", keras.layers.BatchNormalization(), (5, 4, 3), {}),
        layer_case("batch_norm", keras.layers.BatchNormalization(), (7,), {}),
        layer_case("dense", keras.layers.Dense(6), (13,), {"units": 6}),
        layer_case("tanh", keras.layers.Activation("tanh"), (9,), {}),
        layer_case("relu", keras.layers.Activation("relu"), (9,), {}),
    ]
    rate = keras.optimizers.schedules.InverseTimeDecay(0.05, 1, 0.1)
    # Biases and the parameters of batch_norm do not decay.
    adamw = keras.optimizers.AdamW(0.01, weight_decay=0.1)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trainings = [
        training_case("sgd", keras.optimizers.SGD(0.05)),
        training_case("momentum", keras.optimizers.SGD(0.05, momentum=0.9)),
        training_case("nesterov", keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
        training_case("inverse", keras.optimizers.SGD(rate, momentum=0.9)),
        training_case("adam", keras.optimizers.Adam(0.01)),
        training_case("adamw", adamw),
    ]
    out = {"keras": keras.__version__, "tensorflow": tf.__version__, "layers": layers, "trainings": trainings}
    with open("crates/pixel-learn/tests/fixtures/network_layers.json", "w") as file:
        json.dump(out, file, separators=(",", ":"))
        file.write("\n")


main()
