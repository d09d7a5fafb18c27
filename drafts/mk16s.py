import sys; sys.path.insert(0,'/tmp')
from nbedit import md, code, colab, save
OUT=sys.argv[1]
cells=[
md('opening','''
# Solutions: How far can it go?

These are worked solutions of the [exercises](#exercises-how-far) of [*How far can it go?*](../notebooks/16_how_far.ipynb), with the first 6,000 training images and five epochs, scored on the last 10,000 training images, unless a solution says otherwise. The test set is not needed.
'''),
colab(),
code('imports','''
from functools import partial

import matplotlib.pyplot as plt
import numpy as np

from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import finalize_models
from mnist_utils.plots import BLUE, ORANGE, plot_images
from mnist_utils.quiet import keras  # Keras, without TensorFlow's log lines
from keras import layers

# Figures as vector graphics, sharp at any size.
%config InlineBackend.figure_formats = ["svg"]

X_train, y_train, X_test, y_test = load_dataset()
X_train, X_test = prep_pixels(X_train, X_test)
X, y = X_train[:6000], y_train[:6000]
X_aside, digits_aside = X_train[50_000:], y_train[50_000:].argmax(axis=1)
'''),
md('tools-text','''
## The small network

This is the chapter's small network with its training. `answer` trains it from some seeds and returns each network's probabilities for the rows aside.
'''),
code('tools','''
BATCH, EPOCHS = 64, 5


def convolve(filters):
    """Return a convolution with batch normalization and ReLU."""
    options = {"use_bias": False, "kernel_initializer": "he_uniform"}
    convolution = layers.Conv2D(filters, 3, **options)
    return [convolution, layers.BatchNormalization(), layers.ReLU()]


def define_small(distort=list):
    """Return the small network, behind layers that distort its images."""
    stack = [keras.Input((28, 28, 1)), *distort(), *convolve(10)]
    stack += [*convolve(12), layers.MaxPooling2D(), *convolve(16)]
    stack += [*convolve(18), layers.MaxPooling2D(), *convolve(22)]
    stack += [layers.GlobalAveragePooling2D()]
    model = keras.Sequential([*stack, layers.Dense(10, activation="softmax")])
    steps = EPOCHS * -(-len(X) // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(
        4e-4, steps - steps // 10, warmup_target=8e-3, warmup_steps=steps // 10
    )
    adam = keras.optimizers.Adam(schedule)
    model.compile(adam, "categorical_crossentropy", metrics=["accuracy"])
    return model


def answer(define_model, seeds=(1, 2)):
    """Return the probabilities of networks, of shape (seeds, images, 10)."""
    options = {"seeds": seeds, "epochs": EPOCHS, "batch_size": BATCH}
    trained = finalize_models(define_model, X, y, verbose=0, **options)
    models = [model for model, _ in trained]
    options = {"batch_size": 500, "verbose": 0}
    return np.array([m.predict(X_aside, **options) for m in models])


def score(probabilities):
    """Return the accuracy in percent."""
    right = probabilities.argmax(axis=-1) == digits_aside
    return 100 * right.mean(axis=-1)
'''),
md('e1','''
## Exercise 1 ★

*How good is the best of 10, 100 and 1,000 networks by luck alone, with Deotte's mean and standard deviation? Draw the mean of the best over the number of networks.*
'''),
code('e1-code','''
rng = np.random.default_rng(1)
draws = rng.normal(99.641, 0.047, size=(2000, 1000))
best = np.maximum.accumulate(draws, axis=1).mean(axis=0)
for n in (1, 10, 100, 1000):
    print(f"best of {n:5,}: {best[n - 1]:.3f} %")
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
ax.semilogx(np.arange(1, 1001), best, color=BLUE)
ax.set(title="What luck gives", xlabel="networks of which the best is named")
ax.set_ylabel("mean of the best, in %")
ax.grid(alpha=0.3)
plt.show()
''',alt="A line that rises over a logarithmic axis, from 99.64 % for one network to about 99.71 for ten, 99.76 for a hundred and 99.79 for a thousand."),
md('e1-read','''
Each tenfold number of networks adds a few hundredths of a point, and less each time. No network here is better than another: all are drawn from one distribution. So the best of many says how many were tried, and little about the recipe.
'''),
md('e2','''
## Exercise 2 ★★

*Train the small network without distortion, and with each of the four layers alone. Which one helps most with few images?*
'''),
code('e2-code','''
black = {"fill_mode": "constant"}
distortions = {
    "none": list,
    "turn": lambda: [layers.RandomRotation(0.03, **black)],
    "shift": lambda: [layers.RandomTranslation(0.08, 0.08, **black)],
    "stretch": lambda: [layers.RandomZoom((-0.1, 0.1), (-0.1, 0.1), **black)],
    "slant": lambda: [layers.RandomShear(0.15, 0.15, **black)],
}
for name, distort in distortions.items():
    found = score(answer(partial(define_small, distort)))
    both = "   ".join(f"{s:.2f}" for s in found)
    print(f"{name:8} {both}   mean {found.mean():.2f}")
'''),
md('e2-read','TODO'),
md('e3','''
## Exercise 3 ★★

*Let two, three, five and eight small networks answer together. Draw the accuracy of the ensemble over the number of networks. Where does it stop growing?*
'''),
code('e3-code','''
answers = answer(define_small, seeds=range(1, 9))
counts = np.arange(1, 9)
together = [score(answers[:n].mean(axis=0)) for n in counts]
for n in (1, 2, 3, 5, 8):
    print(f"{n} together: {together[n - 1]:.2f} %")
figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
ax.plot(counts, score(answers), "o", color=ORANGE, mfc="none", label="alone")
ax.plot(counts, together, "s-", color=BLUE, label="the first n together")
ax.set(title="Small networks, alone and together", xlabel="networks, n")
ax.set_ylabel("accuracy on the rows aside, in %")
ax.legend()
ax.grid(alpha=0.3)
plt.show()
''',alt="TODO"),
md('e3-read','TODO'),
md('e4','''
## Exercise 4 ★★

*Change `scale` of `RandomPerspective`: 0.1, 0.2, 0.4, 0.6. When is a distortion too strong?*
'''),
code('e4-look','''
keras.utils.set_random_seed(1)
scales = 0.1, 0.2, 0.4, 0.6
rows = []
for scale in scales:
    change = keras.Sequential([layers.RandomPerspective(1.0, scale)])
    rows.append(change(np.repeat(X[2:3], 8, axis=0), training=True))
plot_images(np.concatenate(rows), n=32, cols=8)
plt.suptitle("One digit, distorted with scale 0.1 (top) to 0.6 (bottom)")
plt.show()
''',alt="TODO"),
code('e4-code','''
for scale in (0, *scales):
    distort = list
    if scale:
        distort = partial(lambda s: [layers.RandomPerspective(1.0, s)], scale)
    found = score(answer(partial(define_small, distort)))
    both = "   ".join(f"{s:.2f}" for s in found)
    print(f"scale {scale:3}   {both}   mean {found.mean():.2f}")
'''),
md('e4-read','TODO'),
md('e5','''
## Exercise 5 ★★

*`keras.layers.RandomErasing` covers a random part of each image. Does it help the small network?*
'''),
code('e5-code','''
for area in (0.05, 0.2):
    distort = partial(
        lambda a: [layers.RandomErasing(1.0, scale=(0.01, a), fill_value=0.0)],
        area,
    )
    found = score(answer(partial(define_small, distort)))
    both = "   ".join(f"{s:.2f}" for s in found)
    print(f"up to {area:.0%}   {both}   mean {found.mean():.2f}")
'''),
md('e5-read','TODO'),
]
save(OUT,"Worked, executed solutions: the luck of the best of many, each distortion alone, ensembles of small networks, distortions that are too strong, erased parts.",cells)
