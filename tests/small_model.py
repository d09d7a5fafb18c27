"""A small model for tests that stop trainings, kill them or run them twice."""

from mnist_utils.quiet import keras

layers = keras.layers


def define_small_model(*first: layers.Layer) -> keras.Model:
    """Return a model with all that is random in a training: translations, dropout, initial weights.

    Parameters
    ----------
    *first : keras.layers.Layer
        Layers that get its images before the others do.
    """
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *first,
            layers.RandomTranslation(0.1, 0.1),
            layers.Flatten(),
            layers.Dense(20, "relu"),
            layers.Dropout(0.2),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model
