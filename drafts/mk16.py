import sys; sys.path.insert(0,'/tmp')
from nbedit import md, code, colab, save
OUT=sys.argv[1] if len(sys.argv)>1 else '/work/main/notebooks/16_how_far.ipynb'
cells=[
md('title','''
# How far can it go?

The tutorial's best network reads 99 of 100 test images. The best published results are beyond 99.7 %. This chapter asks which steps lie in between, what each of them is worth, and how far they lead on an ordinary computer, without a graphics card.

**The short answer:** TODO

After this chapter you can

- name the steps that bring a network from 99 % upwards, and say what each was worth here;
- choose between recipes on held-out rows, and ask the test set once for each network;
- read a published record with care: which rows chose it, how many networks were trained, and how wide its interval is.

**Before you start:** you need chapters [3](03_batch_normalization.ipynb) to [5](05_finalize.ipynb), and [*The learning rate*](08_learning_rate.ipynb) for its schedules. Reading takes about 15 minutes; running the code took [about TODO](#record-times). If you stop it, it goes on where it was.
'''),
colab(),
code('imports','''
import time
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

from mnist_utils.comparison import wilson_interval
from mnist_utils.data import load_dataset, prep_pixels
from mnist_utils.evaluation import finalize_models
from mnist_utils.models import define_deeper
from mnist_utils.paths import at_scale, output_path
from mnist_utils.plots import BLUE, GREY, ORANGE, plot_images
from mnist_utils.quiet import keras  # Keras, without TensorFlow's log lines
from keras import layers

# Figures as vector graphics, sharp at any size.
%config InlineBackend.figure_formats = ["svg"]
'''),
md('split','''
(how-far-split)=
## Rows to choose on

We compare several recipes and choose the best. The {term}`test set` must not take part in this, or its score would be too good. So we put the last 10,000 training images aside as {term}`held-out rows`. Each recipe is trained on the other 50,000, from two {term}`seeds <seed>`, and scored on the rows aside. {term}`Cross-validation` would use the rows better, but it trains five networks for each answer, and here one network takes minutes.
'''),
code('data','''
X_train, y_train, X_test, y_test = load_dataset()
X_train, X_test = prep_pixels(X_train, X_test)
X_fit, y_fit = X_train[:50_000], y_train[:50_000]
X_aside, digits_aside = X_train[50_000:], y_train[50_000:].argmax(axis=1)
digits_test = y_test.argmax(axis=1)
'''),
md('train-intro','''
The function below trains a network from several seeds and keeps each of them in a file. When you run the chapter again, it loads what is there. If you change a network, give it another name.
'''),
code('train','''
BATCH = 64


def train(name, define_model, X, y, *, seeds, epochs):
    """Return networks trained from several seeds; each is kept in a file."""
    folder = output_path(f".cache/how_far/{name}")
    folder.mkdir(parents=True, exist_ok=True)
    files = {seed: folder / f"{seed}.keras" for seed in seeds}
    missing = [seed for seed in seeds if not files[seed].exists()]
    options = {"seeds": missing, "epochs": epochs, "batch_size": BATCH}
    trained = finalize_models(define_model, X, y, **options) if missing else []
    for seed, (model, _) in zip(missing, trained):
        model.save(files[seed])
    return [keras.models.load_model(file) for file in files.values()]


def predict(models, X):
    """Return each model's probabilities, of shape (models, images, 10)."""
    return np.array([m.predict(X, batch_size=500, verbose=0) for m in models])


def score(probabilities, digits):
    """Return the accuracy in percent."""
    return 100 * np.mean(probabilities.argmax(axis=-1) == digits, axis=-1)
'''),
md('calmer','''
(how-far-steps)=
## The steps

**A calmer training.** {term}`Batch normalization` follows each convolution, as in [chapter 3](03_batch_normalization.ipynb). {term}`Dropout` stands before the last layer, against {term}`overfitting`. Adam takes the place of SGD, and its {term}`learning rate` rises during the first tenth of the training and then falls along a cosine wave, nearly to zero ([*The learning rate*](08_learning_rate.ipynb) shows why a rate may fall). `deeper_layers` are those of the deeper model, made calmer in this way.

**More convolutions, and no large dense layer.** `averaged_layers` has two {term}`convolutions <convolution>` before each {term}`pooling`, so that the network sees strokes in full detail before the image is halved. Behind the last convolution it takes the mean of each {term}`feature map`, and the ten outputs are computed from these few means. The five `widths` are the numbers of {term}`filters <filter>`.
'''),
code('build','''
def convolve(filters, size=3, **options):
    """Return a convolution with batch normalization and ReLU."""
    options |= {"use_bias": False, "kernel_initializer": "he_uniform"}
    convolution = layers.Conv2D(filters, size, **options)
    return [convolution, layers.BatchNormalization(), layers.ReLU()]


def deeper_layers():
    """Return the hidden layers of the deeper model, made calmer."""
    stack = [*convolve(32), layers.MaxPooling2D(), *convolve(64)]
    stack += [*convolve(64), layers.MaxPooling2D(), layers.Flatten()]
    stack += [layers.Dense(100, use_bias=False), layers.BatchNormalization()]
    return [*stack, layers.ReLU(), layers.Dropout(0.2)]


def averaged_layers(widths=(24, 32, 48, 48, 64), dropout=0.2):
    """Return hidden layers that end in the means of feature maps."""
    a, b, c, d, e = widths
    stack = [*convolve(a), *convolve(b), layers.MaxPooling2D()]
    stack += [*convolve(c), *convolve(d), layers.MaxPooling2D()]
    stack += [*convolve(e), layers.GlobalAveragePooling2D()]
    return [*stack, layers.Dropout(dropout)]


def build(hidden_layers, epochs, n_rows, *, rate=4e-3, distort=list):
    """Return a new network whose learning rate ends near zero."""
    answer = layers.Dense(10, activation="softmax")
    stack = [keras.Input((28, 28, 1)), *distort(), *hidden_layers(), answer]
    steps = epochs * -(-n_rows // BATCH)  # rounded up
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / 20,
        decay_steps=steps - steps // 10,
        warmup_target=rate,
        warmup_steps=steps // 10,
    )
    adam = keras.optimizers.Adam(schedule)
    model = keras.Sequential(stack)
    model.compile(adam, "categorical_crossentropy", metrics=["accuracy"])
    return model
'''),
md('distort-intro','''
**Distorted images.** A 5 that is turned or shifted a little is still a 5. Keras has layers that change each image by a random amount whenever the network meets it, so that it never sees quite the same image twice. This is {term}`data augmentation`. It happens in training only; when the network is asked, the layers hand the image on as it is. Here are two ways. The first takes four layers: turn, shift, stretch, slant. The second takes one: it moves the four corners of the image, each by itself, as if you looked at the paper from another side.
'''),
code('distort','''
def four_layers():
    """Return layers that turn, shift, stretch and slant images."""
    black = {"fill_mode": "constant"}  # what comes in from outside
    return [
        layers.RandomRotation(0.03, **black),  # of a full turn
        layers.RandomTranslation(0.08, 0.08, **black),
        layers.RandomZoom((-0.1, 0.1), (-0.1, 0.1), **black),
        layers.RandomShear(0.15, 0.15, **black),
    ]


def one_layer():
    """Return a layer that moves the corners of images."""
    return [layers.RandomPerspective(1.0, scale=0.35)]


keras.utils.set_random_seed(1)
for distort in (four_layers, one_layer):
    change = keras.Sequential(distort())
    images = change(np.repeat(X_train[:2], 8, axis=0), training=True)
    plot_images(np.asarray(images), n=16, cols=8)
    plt.suptitle(distort.__name__.replace("_", " "))
    plt.show()
''', alt="TODO"),
md('distorted-read','''
All of them can be read. But look at the strokes: in the first picture they are blurred. Each layer computes the pixels anew, as means of their neighbours, and four layers do so four times. The images that the network will be asked about are sharp. The single layer computes them once. (It also leaves about half of the images as they are: its first argument is the largest probability of a change, and the probability itself is drawn anew for each image.)
'''),
md('ladder-intro','''
(how-far-ladder)=
## What each step is worth

We train six networks on the 50,000 rows, from two seeds each, and print their scores on the 10,000 rows aside:
'''),
code('ladder','''
EPOCHS = 20
recipes = {  # name: layers, epochs, distortion
    "calmer": (deeper_layers, 10, list),
    "averaged": (averaged_layers, 10, list),
    "four layers": (averaged_layers, 10, four_layers),
    "one layer": (averaged_layers, 10, one_layer),
    "more epochs": (averaged_layers, EPOCHS, one_layer),
}
networks = {"deeper model": (define_deeper, 10)}
for name, (hidden_layers, epochs, distort) in recipes.items():
    settings = {"n_rows": len(X_fit), "distort": distort}
    define_model = partial(build, hidden_layers, epochs, **settings)
    networks[name] = define_model, epochs
scores = {}
print("                  epochs  parameters   two seeds, in %")
for name, (define_model, epochs) in networks.items():
    options = {"seeds": [1, 2], "epochs": epochs}
    models = train(name, define_model, X_fit, y_fit, **options)
    scores[name] = score(predict(models, X_aside), digits_aside)
    parameters = models[0].count_params()
    both = "   ".join(f"{s:.2f}" for s in scores[name])
    print(f"{name:18}{epochs:6}{parameters:12,}   {both}")
'''),
code('ladder-figure','''
figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for row, both in enumerate(scores.values()):
    ax.plot(100 - both, [row] * 2, "o", color=BLUE, mfc="none")
    ax.plot(100 - both.mean(), row, "|", color=ORANGE, ms=22, mew=2.5)
ax.set_yticks(range(len(scores)), scores)
ax.invert_yaxis()
ax.set(title="What each step is worth", xlim=(0, None))
ax.set_xlabel("error on the rows aside, in % (bar: mean of two seeds)")
ax.grid(alpha=0.3)
plt.show()
''', alt="TODO"),
md('ladder-read','TODO'),
]
cells+=[
md('shifts-intro','''
(how-far-shifts)=
### Ask about shifted copies, too

One more step needs no training. We ask a network about five copies of an image, of which four are shifted by one pixel, and take the mean of its answers. Does it help? We try it on the rows aside, with the two networks of the last recipe:
'''),
code('shifts','''
def predict_shifted(models, X):
    """Return the mean probabilities for an image and four shifted copies."""
    shifts = (0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)
    copies = [np.roll(X, shift, axis=(1, 2)) for shift in shifts]
    return np.mean([predict(models, copy) for copy in copies], axis=0)


for name, ask in {"as it is": predict, "with shifts": predict_shifted}.items():
    found = score(ask(models, X_aside), digits_aside)
    print(f"{name:12}", "   ".join(f"{s:.2f}" for s in found))
'''),
md('shifts-read','TODO'),
md('test-intro','''
(how-far-test)=
## The answer of the test set

All choices are made. We train anew, now on all 60,000 training images and from five seeds: once without distorted images, to see how far one comes with MNIST's images alone, and once with all steps. Each network answers the test set once. For the mean of the five we print a 95 % {term}`confidence interval`, by Student's t: it says how far the mean of other seeds may lie from ours. The {term}`ensemble` takes the mean of the five networks' probabilities.
'''),
code('test','''
def ask_test_set(name, hidden_layers, epochs, **options):
    """Train five networks on all rows, ask the test set, and print."""
    settings = {"n_rows": len(X_train), **options}
    define_model = partial(build, hidden_layers, epochs, **settings)
    everything = X_train, y_train
    models = train(name, define_model, *everything, seeds=SEEDS, epochs=epochs)
    answers = predict(models, X_test)
    single, together = (
        score(p, digits_test) for p in (answers, answers.mean(axis=0))
    )
    margin = stats.t.ppf(0.975, len(SEEDS) - 1) * stats.sem(single)
    print(f"{name}: ", "  ".join(f"{s:.2f}" for s in single))
    print(f"  mean {single.mean():.3f} ± {margin:.3f}", end="   ")
    print(f"together {together:.2f}")
    return models[0].count_params(), single, together


SEEDS = 1, 2, 3, 4, 5
found = {
    "not distorted": ask_test_set("not distorted", averaged_layers, 10),
    "all steps": ask_test_set(
        "all steps", averaged_layers, EPOCHS, distort=one_layer
    ),
}
'''),
md('test-read','TODO'),
md('small-intro','''
(how-far-small)=
## At most 10,000 parameters

How good can a very small network be? The one below has the same layers with fewer {term}`filters <filter>`, and no dropout: a small network can hardly learn its images by heart. Its learning rate is twice as high. We try it on the rows aside, without and with distorted images, and then train five on all rows.
'''),
code('small','''
SMALL_EPOCHS = 16
small_layers = partial(averaged_layers, (10, 12, 16, 18, 22), dropout=0.0)
for name, distort in {"small": list, "small, distorted": one_layer}.items():
    settings = {"n_rows": len(X_fit), "rate": 8e-3, "distort": distort}
    small = partial(build, small_layers, SMALL_EPOCHS, **settings)
    rows = X_fit, y_fit
    models = train(name, small, *rows, seeds=[1, 2], epochs=SMALL_EPOCHS)
    both = score(predict(models, X_aside), digits_aside)
    print(f"{name:18}", "   ".join(f"{s:.2f}" for s in both))
'''),
md('small-read','TODO'),
code('small-test','''
options = {"rate": 8e-3, "distort": one_layer}
found["small"] = ask_test_set(
    "small, all rows", small_layers, SMALL_EPOCHS, **options
)
print("parameters:", found["small"][0])
'''),
md('small-test-read','TODO'),
]
cells+=[
md('fast-intro','''
(how-far-fast)=
## Seconds to 99 %

Now the other end of the scale: how soon does a network read 99 of 100 test images? The one below looks at an image in steps of two pixels, so it has little to compute. It is trained for three epochs, in batches of 256, with `fit` and all of the processor. It was chosen on the rows aside, like all others:
'''),
code('fast','''
FAST_EPOCHS, FAST_BATCH = 3, 256


def define_fast(n_rows):
    """Return a network that is trained in seconds."""
    stack = [*convolve(24, size=5, strides=2), *convolve(48)]
    stack += [layers.MaxPooling2D(), *convolve(64), layers.Flatten()]
    answer = layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28, 1)), *stack, answer])
    steps = FAST_EPOCHS * -(-n_rows // FAST_BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(
        5e-4, steps - steps // 5, warmup_target=1e-2, warmup_steps=steps // 5
    )
    adam = keras.optimizers.Adam(schedule)
    model.compile(adam, "categorical_crossentropy", metrics=["accuracy"])
    return model


def train_fast(X, y, seed):
    """Return a network trained on these rows, and the seconds it took."""
    n = at_scale(len(X), 500)  # fewer in tests
    keras.utils.set_random_seed(seed)
    start = time.perf_counter()
    model = define_fast(n)
    options = {"epochs": FAST_EPOCHS, "batch_size": FAST_BATCH, "verbose": 0}
    model.fit(X[:n], y[:n], **options)
    return model, time.perf_counter() - start


fast = [train_fast(X_fit, y_fit, seed)[0] for seed in (1, 2)]
print("rows aside:", score(predict(fast, X_aside), digits_aside).round(2))
'''),
md('fast-test-intro','''
Five of them, trained on all rows, answer the test set once each. The clock runs from the definition of the network to the end of its training. Loading TensorFlow and the images is not counted.
'''),
code('fast-test','''
fast, seconds = zip(*(train_fast(X_train, y_train, seed) for seed in SEEDS))
accuracies = score(predict(fast, X_test), digits_test)
for time_taken, accuracy in zip(seconds, accuracies):
    print(f"{time_taken:5.1f} s   {accuracy:.2f} %")
print(f"mean {np.mean(seconds):.1f} s, {accuracies.mean():.2f} %")
''',tags=['nbval-ignore-output']),
md('listing-intro','''
Beside them, the tutorial's deeper model, trained as in its listing, in batches of 32. After each epoch we ask it about the test set, and stop the clock meanwhile. This shows when it *first* reaches 99 %. (It may ask as often as it likes, because we choose nothing by the answers.)
'''),
code('listing','''
keras.utils.set_random_seed(1)
listing, taken = define_deeper(), 0.0
n = at_scale(len(X_train), 500)
for epoch in range(1, at_scale(10, 1) + 1):
    start = time.perf_counter()
    listing.fit(X_train[:n], y_train[:n], batch_size=32, verbose=0)
    taken += time.perf_counter() - start
    accuracy = score(predict([listing], X_test), digits_test)[0]
    print(f"epoch {epoch:2}: {taken:6.1f} s   {accuracy:.2f} %")
    if accuracy >= 99:
        break
print(f"the fast network needs {np.mean(seconds) / taken:.0%} of this time")
''',tags=['nbval-ignore-output']),
md('fast-read','TODO'),
md('picture-intro','''
(how-far-picture)=
## Beside what others have published

The next picture has the {term}`parameters <parameter>` across and the error on the test set upwards, both on logarithmic scales. The published figures, in grey, are these:

- *Keras's example*, a small network without distorted images: 99.22 to 99.26 %.
- *Deotte* {cite:p}`deotte2018`: 1,500 networks, trained on distorted images for 30 epochs each. Their mean is 99.641 %, with a {term}`standard deviation` of 0.047 from network to network. The mean of a hundred ensembles of fifteen such networks is 99.745 %.
- *An and others* {cite:p}`an2020`: networks of 1.1 million parameters, trained for 150 epochs; 99.68 to 99.73 % after the last epoch.
'''),
code('picture','''
published = {  # parameters, accuracies in percent
    "Keras's example": (34_826, [99.22, 99.26]),
    "Deotte": (327_242, [99.641]),
    "An and others": (1_124_190, [99.68, 99.73]),
    "Deotte, fifteen together": (15 * 327_242, [99.745]),
}
figure, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
label = {"textcoords": "offset points", "ha": "center", "fontsize": "small"}
for name, (parameters, accuracies) in published.items():
    errors = 100 - np.array(accuracies)
    ax.plot([parameters] * len(errors), errors, "s-", color=GREY)
    ax.annotate(name, (parameters, errors.max()), (0, 7), **label)
for name, (parameters, single, together) in found.items():
    errors = 100 - single
    ax.plot([parameters] * 2, [errors.min(), errors.max()], color=BLUE)
    ax.plot(parameters, errors.mean(), "o", color=BLUE)
    ax.annotate(name, (parameters, errors.max()), (0, 7), **label)
    ax.plot(len(SEEDS) * parameters, 100 - together, "D", color=ORANGE)
ax.set(title="Error on MNIST's test images", xscale="log", yscale="log")
ax.set(xlabel="parameters", ylabel="error in %")
ax.yaxis.set_major_formatter("{x:g}")
ax.yaxis.set_minor_formatter("{x:g}")
ax.grid(alpha=0.3, which="both")
plt.show()
''', alt="TODO"),
md('picture-read','TODO'),
md('records','''
(how-far-records)=
## How to read a record

Deotte's 1,500 networks show best what a record is. Their mean is 99.641 %. The best of them read 99.81 %, and he names this figure, too. It is no better *recipe*: it is the luckiest of 1,500 networks that were made alike. Here is what luck alone gives, if we draw 1,500 numbers with this mean and this standard deviation:
'''),
code('luck','''
rng = np.random.default_rng(1)
draws = rng.normal(99.641, 0.047, size=(1000, 1500))
best = draws.max(axis=1)
print(f"the best of 1,500: {best.mean():.2f} % on average")
low, high = wilson_interval(9981, 10_000)
print(f"95 % interval of 9,981 right: {low:.2%} to {high:.2%}")
''',tags=['nbval-check-output']),
md('records-read','''
So before you believe a record, ask three things. *Which rows chose it?* The best epoch, or the best of many networks, chosen by the test set, is too good; for MNIST this is worth 0.03 to 0.06 {term}`points <point>` where authors give both figures. *How many networks were trained?* A mean of five says more than the best of a hundred. *How wide is the interval?* Ten thousand images cannot tell 99.75 from 99.80 %, if all that is known are the two numbers.
'''),
md('saw','''
## What we saw

TODO

## Test yourself

**1.** Four augmentation layers in a row did worse than one layer. What did the four do to the images that the one did not?

::::{dropdown} Answer
They computed the pixels four times, each time as means of neighbours, and so blurred the strokes. The network practised on blurred images and was asked about sharp ones.
::::

**2.** A report says: "We trained 200 networks. The best reads 99.78 % of the test images." What would you like to know?

::::{dropdown} Answer
The mean and the spread of the 200. The best of 200 was chosen by the test set, so its score is too good. A new network made in the same way will read about as many as the mean.
::::

**3.** Why does each recipe get two seeds on the rows aside, and not one?

::::{dropdown} Answer
Two networks that differ by their seed only differ in their scores, too. With one seed for each recipe you could not tell whether a difference comes from the recipe or from the seed. Two numbers show at least how large such differences are; five show it better.
::::

(exercises-how-far)=
## Exercises

The stars say how long it takes: ★ a minute or two, ★★ ten minutes, ★★★ half an hour. Use the first 6,000 rows, score on the last 10,000 training images, and train from two seeds for five epochs, if the exercise says nothing else.

1. ★ How good is the best of 10, 100 and 1,000 networks by luck alone, with Deotte's mean and standard deviation? Draw the mean of the best over the number of networks.
2. ★★ Train `small_layers` and the large network without distortion, and with each of the four layers alone. Which one helps most with few images?
3. ★★ Let two, three, five and eight small networks answer together. Draw the accuracy of the ensemble over the number of networks. Where does it stop growing?
4. ★★ Change `scale` of `RandomPerspective`: 0.1, 0.2, 0.4, 0.6. When is a distortion too strong?
5. ★★ `keras.layers.RandomErasing` covers a random part of each image. Does it help the small network?

Try them first. [The solutions](../solutions/16_how_far.ipynb) are worked out and executed, with their outputs.

Next: [Readers' questions](../book/questions.md), or [Where next](../book/where_next.md).
'''),
]
save(OUT, "From 99 % to the best published results on two processor cores: which steps help, each measured, five seeds, a small network, seconds to 99 %, and how to read a record.", cells)
