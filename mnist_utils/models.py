"""The book's three models, each as a function that returns a new, compiled model; what a model costs; loading a file.

The three expect images of shape (n, 28, 28, 1), float32 in 0 to 1, and answer ten probabilities a row. Every chapter
writes its model out before it is imported from here. The other two functions take any model, and are short: they stand
here because a reader looks for them where models are.
"""

import textwrap
from pathlib import Path

import numpy as np

from mnist_utils.quiet import keras

__all__ = ["count_multiplications", "define_baseline", "define_batch_norm", "define_deeper", "load_model"]

layers = keras.layers


def define_baseline() -> keras.Model:
    """Return the baseline: one convolution, one pooling, one dense layer of 100 units.

    Written out in the chapter *Baseline*; 542,230 parameters. He-uniform initialization is of He et al. (2015).

    Returns
    -------
    keras.Model
        A new model, compiled with SGD (learning rate 0.01, momentum 0.9).
    """
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu", kernel_initializer="he_uniform"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(100, activation="relu", kernel_initializer="he_uniform"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    return _compiled(model)


def define_batch_norm() -> keras.Model:
    """Return the baseline with batch normalization (Ioffe and Szegedy, 2015) after both hidden activations.

    Written out in the chapter *Batch normalization*; 542,758 parameters, 264 of them not trained.

    Returns
    -------
    keras.Model
        A new model, compiled as the baseline.
    """
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu", kernel_initializer="he_uniform"),
            layers.BatchNormalization(),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(100, activation="relu", kernel_initializer="he_uniform"),
            layers.BatchNormalization(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    return _compiled(model)


def define_deeper() -> keras.Model:
    """Return the deeper model: a second block of two convolutions in the style of VGG (Simonyan and Zisserman, 2015).

    Written out in the chapter *A deeper model*; 159,254 parameters.

    Returns
    -------
    keras.Model
        A new model, compiled as the baseline.
    """
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu", kernel_initializer="he_uniform"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu", kernel_initializer="he_uniform"),
            layers.Conv2D(64, (3, 3), activation="relu", kernel_initializer="he_uniform"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(100, activation="relu", kernel_initializer="he_uniform"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    return _compiled(model)


def _compiled(model: keras.Model) -> keras.Model:
    """Compile a model as the tutorial does, and return it."""
    optimizer = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def count_multiplications(model: keras.Model) -> list[int]:
    """Count the multiplications of numbers by weights that a model computes for one image.

    Written out in the chapter *A deeper model*. Each place of a layer's output (row and column of a convolution; a
    dense layer has one place) takes each number of the layer's kernels once. For convolutions these are the formulas
    of Howard et al. (2017, *MobileNets*, arXiv:1704.04861, section 3.1). Biases, normalization and pooling are left
    out.

    Parameters
    ----------
    model : keras.Model
        Built; its convolutions keep the channels on the last axis, which is Keras's default. Not changed.

    Returns
    -------
    list of int
        One count for each layer that has kernels, in the model's order. Their sum is the model's count.

    Raises
    ------
    ValueError
        If a layer with kernels is neither a convolution nor dense: it takes them otherwise (a recurrent layer), or it
        holds several layers (a model within the model).
    """
    counted = layers.Conv2D | layers.DepthwiseConv2D | layers.SeparableConv2D | layers.Dense
    counts = []
    for layer in model.layers:
        kernels = [weight for weight in layer.weights if "kernel" in weight.name]
        if not kernels:
            continue
        if not isinstance(layer, counted):
            raise ValueError(f"the layer {layer.name} is neither a convolution nor dense: count it apart")
        _, *places, _ = layer.output.shape
        counts.append(int(np.prod(places) * sum(np.prod(kernel.shape) for kernel in kernels)))
    return counts


def load_model(path: Path, advice: str = "Give a .keras file.") -> keras.Model:
    """Load a ``.keras`` file for prediction only. Nothing in the file is run: Keras's safe mode refuses code.

    Parameters
    ----------
    path : Path
        The file.
    advice : str
        What to do instead, at the end of the message if there is no such file.

    Returns
    -------
    keras.Model
        Not compiled.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If there is no such file. Each message begins with the file's name.
    ValueError
        If it is of another kind than ``.keras``, or Keras can't load it.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file. {advice}")
    if path.is_dir():
        raise IsADirectoryError(f"{path}: this is a folder. {advice}")
    if path.suffix != ".keras":
        raise ValueError(
            f"{path}: not a .keras file. Files of other kinds, such as .h5, can run any code while they are loaded. If "
            f"you trust this one, load it yourself by keras.models.load_model, and save it as {path.stem}.keras."
        )
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # a damaged file can fail in any way
        reason = textwrap.shorten(str(error), 300)
        raise ValueError(f"{path}: not a model that Keras can load ({reason})") from error
