"""Split chapter 12 into three drafts: split.py SOURCE_NOTEBOOK OUT_FOLDER. Cells keep their ids; new ones have new ids."""
import copy, sys
from pathlib import Path
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

source = nbformat.read(sys.argv[1], 4); out = Path(sys.argv[2])
cells = {c.id: c for c in source.cells}; used = []
ALT = lambda text: {"mystnb": {"image": {"alt": text}}}

def get(*ids):
    """Cells as they are."""
    found = [copy.deepcopy(cells[i]) for i in ids]; used.extend(ids)
    for c in found:
        if c.cell_type == "code": c.outputs, c.execution_count = [], None
    return found
def between(first, last):
    ids = list(cells); return get(*ids[ids.index(first):ids.index(last)+1])
def md(id, text): c = new_markdown_cell(text.strip("\n")); c["id"] = id; return [c]
def code(id, text, metadata=None): c = new_code_cell(text.strip("\n"), metadata=metadata or {}); c["id"] = id; return [c]
def edit(cell_list, *pairs):
    """The one cell with pieces of its text replaced; each piece must be there once."""
    [c] = cell_list
    for old, new in pairs:
        assert c.source.count(old) == 1, (c.id, c.source.count(old), old)
        c.source = c.source.replace(old, new)
    return [c]
def part(id, new_id, start=None, end=None):
    """A part of a Markdown cell, from the one piece of text to just before the other."""
    text = cells[id].source
    a = text.index(start) if start else 0; b = text.index(end) if end else len(text)
    used.append(id); return md(new_id, text[a:b])
def save(name, description, *groups):
    nb = new_notebook(cells=[c for g in groups for c in g], metadata=copy.deepcopy(source.metadata))
    nb.metadata["myst"] = {"html_meta": {"description": description}}
    assert len({c.id for c in nb.cells}) == len(nb.cells), name
    nbformat.write(nb, out / name); print(name, len(nb.cells), "cells,", sum(c.cell_type == "code" for c in nb.cells), "of code")

PRINT_ACCURACY = '''from mnist_utils.comparison import mcnemar, wilson_interval


def print_accuracy(name, right):
    """Print an accuracy in percent, and its 95 % interval."""
    low, high = wilson_interval(int(right.sum()), len(right))
    interval = f"({low:.1%} to {high:.1%}, n={len(right)})"
    print(f"{name:22} {right.mean():6.1%}  {interval}")
'''
READ_ALL = cells["cell-15"].source
RATIO = cells["hands"].source[cells["hands"].source.index("def ratio_interval"):]
STARS = "The stars say how long it takes: ★ a minute or two, ★★ ten minutes, ★★★ half an hour, the time of the training not counted."
def tasks(label, name, *lines, next_text):
    text = f"({label})=\n## Exercises\n\n{STARS}\n\n" + "\n".join(f"{i}. {line}" for i, line in enumerate(lines, 1))
    return md("exercises", text + f"\n\nTry them first. [The solutions](../solutions/{name}) are worked out and executed, with their outputs.\n\n{next_text}")
def questions(*pairs):
    return md("test-yourself", "## Test yourself\n\n" + "\n\n".join(f"**{i}.** {q}\n\n::::{{dropdown}} Answer\n{a}\n::::" for i, (q, a) in enumerate(pairs, 1)))

# ---------------------------------------------------------------- 1: photos, and what each step is worth
saw = cells["cell-62"].source
one = [
    md("cell-00", '''
# Your own handwriting

A model reads 99 % of MNIST's test images, and then misreads the digit that you draw on your phone. Many people are disappointed by that. [Chapter 6](06_predict.ipynb) named the causes. Here we look at what becomes of a picture before a network reads it, step by step, and count what each step is worth. The next two chapters train a network for other people's hands, and read whole pages.

After this chapter you can

- see step by step what becomes of a picture, and where that goes wrong;
- measure a reader on pictures of other kinds, with intervals;
- find out by an {term}`ablation <ablation study>` how much each step is worth;
- tell whether a picture was misread by the network, or lost before it.

**Before you start:** you need [chapter 5](05_finalize.ipynb), for its model and its intervals, and [chapter 6](06_predict.ipynb), for `to_mnist` and the classifier. Reading takes about 10 minutes; running the code took [about 30 minutes](#record-times).
'''), get("cell-01"),
    code("cell-02", '''
import matplotlib.pyplot as plt
import numpy as np

from mnist_utils.data import load_mnist
from mnist_utils.plots import BLUE, GREY, ORANGE, plot_images
from mnist_utils.practice import ink_from_mnist, photograph, sample_scene
from mnist_utils.predict import Classifier
from mnist_utils.reading import to_mnist
'''),
    between("cell-03", "cell-17"),
    edit(get("cell-18"), (" The lowest accuracies are those of the 8×8 digits and of the photos of MNIST's own digits.", " The lowest accuracies are those of the 8×8 digits and of the photos of MNIST's own digits. [The next chapter](13_other_hands.ipynb) trains a model for them.")),
    edit(part("hands-wrong-read", "ablation-intro", "(ablation)="), ("We leave out each step of `to_mnist` in turn, with the same model and the same pictures.", "We leave out each step of `to_mnist` in turn, with the same model and the same pictures. The model is the one that the next chapter trains, because `Classifier()` and the canvas read with it.")),
    code("own-model", '''
own_classifier = Classifier("own_images")
own_digits = {name: read_all(own_classifier, images[name]) for name in images}
'''),
    between("cell-39", "cell-45"),
    part("cell-46", "misread-read", None, "(several-digits)="),
    md("saw", '''
## What we saw

- Preparation comes first. Ask the doctor: what was taken for ink, what was cut out?
- On photos, telling ink from paper and cropping to the digit are worth more than any change of the model that this book makes.
- An ablation tells about the pictures and the model that it was made with, and about no others.
- Look at misread pictures before you blame the network. Where the ink was lost, another photo helps.
'''),
    questions(
        ("A photo is misread. The doctor's second picture shows a grey, spotted stroke. Would more training help?", "Hardly. The second picture shows what was taken for ink, before any network was asked. The ink was lost there. Take another photo: an even light, more paper around the digit, a darker pen."),
        ("Without *mass*, the accuracy on the 8×8 digits was not lower. May the step be left out?", "Not for that reason. No difference was shown, with this model, on these pictures. The model has practised with shifted digits; chapter 5's has not. And a difference of a few digits would not be seen among so few pictures."),
        ("Why do we count a picture with nothing to read as an error, not leave it out?", "Each of these pictures holds a digit. Who leaves out the ones that the reader gives up on praises it for the pictures that it finds easy."),
    ),
    tasks("exercises-handwriting", "12_own_handwriting.ipynb",
        "★★ Photograph a digit of your own, and look at `to_mnist(\"my_photo.jpg\").plot()`. If it is misread, which step went wrong?",
        "★★ Ablate with the model of chapter 5 instead. Is *mass* worth more to it than to `own_images`? Why could it be?",
        next_text="Next: [Other people's hands](13_other_hands.ipynb), where a network learns from real pens."),
]
save("12_own_handwriting.ipynb", "Read photos and drawings of your own digits: see what an input doctor does to a picture, and measure with intervals what each step is worth.", *one)

# ---------------------------------------------------------------- 2: augmentation, real hands, collecting
two = [
    md("opening", '''
# Other people's hands

MNIST's digits were written by Americans, around 1990, on forms. Your reader writes otherwise. Here a network learns from changed images, from other shapes and from the pens of real people, and we count what each of the three brings. Then it learns your own hand.

After this chapter you can

- train a network for other people's handwriting by {term}`data augmentation`;
- judge it on people that it has never met, with an interval that knows that one person's digits are alike;
- find out what each ingredient of a recipe is worth, with several networks of each;
- collect drawings of your own and train a network further with them.

**Before you start:** you need [chapter 5](05_finalize.ipynb), for its model, and [the chapter before](12_own_handwriting.ipynb), for the four sets of pictures. Reading takes about 20 minutes; running the code took [about 30 minutes](#record-times).
'''), get("cell-01"),
    code("imports", '''
import matplotlib.pyplot as plt
import numpy as np

from mnist_utils.data import load_mnist
from mnist_utils.paths import at_scale, output_path
from mnist_utils.plots import plot_images
from mnist_utils.practice import bring_to_mnist, load_picture_sets
from mnist_utils.predict import Classifier
from mnist_utils.quiet import keras  # Keras, without TensorFlow's log lines
from keras import layers, ops
'''),
    md("data-intro", "The images of MNIST, the four sets of pictures, and chapter 5's model are those of the chapter before, and so are the two functions that read and print:"),
    code("data", '''
(X_train, y_train), (X_test, y_test) = load_mnist()
picture_sets = load_picture_sets()
images = {each.name: bring_to_mnist(each.pictures) for each in picture_sets}
labels = {each.name: each.labels for each in picture_sets}
final_model = Classifier("final_model")
'''),
    code("helpers", PRINT_ACCURACY + "\n\n" + READ_ALL + '''


final_digits = {name: read_all(final_model, images[name]) for name in images}
'''),
    between("cell-19", "cell-37"),
    edit(get("cell-38"), ("([exercise 5](#exercises-handwriting) tests the difference directly)", "([exercise 4](#exercises-hands) tests the difference directly)"), (" To judge the two recipes, you need several networks of each.", " To judge the two recipes, you need several networks of each: we train them [below](#ingredients).")),
    between("hands-intro", "hands-wrong"),
    part("hands-wrong-read", "hands-wrong-text", None, "(ablation)="),
    # new: every source once
    md("each-source-intro", '''
(each-source)=
### Each source once

Two sources were kept back, and one of them was read worse. Was that `ibm`, or was it chance? Six sources allow six such trials: leave each out in turn, learn from the other five, and read the one that was left out. Nothing but the source changes. Of `ibm` we leave out the digits that the recording cut in half. The rule looks at the strokes alone, not at what a network makes of them, so it favours no network: one straight stroke is no 0 and no 4, and a stroke that lies is no 1.
'''),
    code("each-source-data", '''
SOURCES = TRAINING_SOURCES + TEST_SOURCES
pens = {}
for source in SOURCES:
    whole = load_written_digits([source], whole_only=True)
    whole = whole[: at_scale(len(whole), 60)]  # fewer in a test
    pens[source] = whole, *make_written_digits(whole, repeats=2)
    print(f"{source}: {len(whole):,} whole digits")
'''),
    code("each-source-train", '''
from mnist_utils.evaluation import finalize_models


def train_without(left_out, seeds, epochs):
    """Train networks as above, on the pens of all sources but one."""
    X_others = [X_s for name, (_, X_s, _) in pens.items() if name != left_out]
    y_others = [y_s for name, (_, _, y_s) in pens.items() if name != left_out]
    X = np.concatenate([X_train, X_practice, *X_others])
    y = np.concatenate([y_train, y_practice, *y_others])
    return train_recipe(X, y, seeds, epochs, hand=True)


def train_recipe(X, y, seeds, epochs, hand):
    """Train a network for each seed; with `hand`, on changed images."""
    steps = epochs * int(np.ceil(len(X) / 32))

    def define():
        changes = [RandomHand(seed=1), RandomPen(seed=2)] if hand else []
        image = keras.Input((28, 28, 1))
        model = keras.Sequential([image, *changes, define_deeper()])
        rate = keras.optimizers.schedules.CosineDecay(0.02, steps)
        optimizer = keras.optimizers.SGD(learning_rate=rate, momentum=0.9)
        loss = "categorical_crossentropy"
        model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
        return model

    X = X[..., np.newaxis] / np.float32(255)
    y = keras.utils.to_categorical(y, 10)
    trained = finalize_models(define, X, y, seeds=seeds, epochs=epochs)
    return [Classifier(model.layers[-1]) for model, _ in trained]
'''),
    code("each-source-scores", '''
shares = {"chapter 5's model": [], "source left out": []}
for source, (whole, X_source, y_source) in pens.items():
    [network] = train_without(source, seeds=[1], epochs=epochs)
    readers = {"chapter 5's model": final_model, "source left out": network}
    sessions = [digit.session for digit in whole] * 2
    _, session = np.unique(sessions, return_inverse=True)
    print(f"{source}: {max(session) + 1} sessions")
    for name, reader in readers.items():
        right = reader.predict_proba(X_source).argmax(axis=1) == y_source
        sums, sizes = np.bincount(session, right), np.bincount(session)
        mean, low, high = ratio_interval(sums, sizes)
        print(f"    {name:17} {mean:6.1%}  ({low:.1%} to {high:.1%})")
        shares[name].append(mean)
'''),
    md("each-source-mean-text", "Six institutions are few, but they are what an answer to 'how will it read the next one?' rests on: the mean over sources, each as heavy as the others, and an interval that draws whole sources."),
    code("each-source-mean", '''
for name, values in shares.items():
    mean, low, high = ratio_interval(np.array(values), np.ones(len(values)))
    print(f"{name:17} mean of the sources {mean:.1%}  ({low:.1%} to {high:.1%})")
'''),
    md("each-source-read", "[To be written from the recorded outputs. Say: is `ibm` still the worst; is the mean higher than that of chapter 5's model; does the interval of the difference leave zero out; and that the drawn lines are the program's pens, so that these are no photos. `shares` are tidy for a test in tests/test_claims.py.]"),
    # new: ingredients
    md("ingredients-intro", '''
(ingredients)=
## What does each ingredient bring?

The network differs from chapter 5's in three things: changed images, other shapes, real pens. To find out what each of them is worth, we leave the last ones out, one more each time, and train *five* networks of each recipe: from one network of each, nobody could tell a recipe's worth from a seed's luck. So that this ends within an hour, all of them train on 12,000 of MNIST's images, for six epochs, with half of the shapes and each pen stroke drawn once. The numbers are lower than those above, and only to be compared with each other.

They are scored on three sets: the two sources kept back, without digits that were cut in half; the last 10,000 of MNIST's training images; and the 8×8 digits.
'''),
    code("ingredients-recipes", '''
n, n_pens = 12_000, len(X_pens) // 2  # the first half draws each digit once
half = len(X_practice) // 2
ingredients = {
    "MNIST": ([X_train[:n]], [y_train[:n]], False),
    "+ changed": ([X_train[:n]], [y_train[:n]], True),
    "+ shapes": (
        [X_train[:n], X_practice[:half]],
        [y_train[:n], y_practice[:half]],
        True,
    ),
    "+ real pens": (
        [X_train[:n], X_practice[:half], X_pens[:n_pens]],
        [y_train[:n], y_practice[:half], y_pens[:n_pens]],
        True,
    ),
}
held_back = {source: pens[source][1:] for source in TEST_SOURCES}
held_back["MNIST's"] = X_train[50_000:], y_train[50_000:]
held_back["8x8 digits"] = images["8x8 digits"], labels["8x8 digits"]
'''),
    code("ingredients-train", '''
seeds = [1, 2, 3, 4, 5]
accuracies = {name: {} for name in ingredients}
for name, (X_parts, y_parts, hand) in ingredients.items():
    X, y = np.concatenate(X_parts), np.concatenate(y_parts)
    networks = train_recipe(X, y, seeds, epochs=6, hand=hand)
    for kind, (X_kind, y_kind) in held_back.items():
        digits = [each.predict_proba(X_kind).argmax(axis=1) for each in networks]
        accuracies[name][kind] = np.array([np.mean(d == y_kind) for d in digits])
'''),
    code("ingredients-table", '''
from scipy import stats

print(f"{'':12}" + "".join(f"{kind:>16}" for kind in held_back))
for name, values in accuracies.items():
    cells = [f"{v.mean():.2%} ±{100 * stats.sem(v):.2f}" for v in values.values()]
    print(f"{name:12}" + "".join(f"{cell:>16}" for cell in cells))

print("change by each ingredient, in points, with 95 % intervals:")
names = list(accuracies)
for before, after in zip(names, names[1:]):
    for kind in held_back:
        a, b = accuracies[before][kind], accuracies[after][kind]
        change = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
        low, high = 100 * change.low, 100 * change.high
        mean = 100 * (b.mean() - a.mean())
        print(f"    {after:12} {kind:11} {mean:+.2f}  ({low:+.2f} to {high:+.2f})")
'''),
    md("ingredients-read", "[To be written from the recorded outputs. The interval is Welch's, over five networks of each recipe: it tells what another seed would change, and nothing about other people. There are 12 comparisons: say so (Bonferroni).]"),
    part("cell-52", "collect-intro", "(collect)="),
    between("cell-53", "cell-61"),
    part("cell-62", "draw-here", None, "## What we saw"),
    md("saw", '''
## What we saw

- A network that practised on changed images, on other shapes and on real pens read the 8×8 digits better than the model of chapter 5. But it read fewer digits of people whose habits it had not met. Measure such a gain on pictures that the network has not practised on, with an interval and a test.
- A test compares two networks. To judge two ways to train, train several of each.
- The digits of one person are alike. Draw whole people, or whole sessions, for an interval.
- Leave each source out once: then every one of them says how an unknown one may be read.
- Sixty drawings of a new hand, mixed with MNIST, taught it to a model. Keep others back for the score.
'''),
    questions(
        ("`RandomHand` changes images only while the network trains. What would happen if it changed them in prediction, too?", "The same picture would be changed at random each time, so the same question could get different answers. Some of them would be worse than the answer to the unchanged picture."),
        ("Of 200 pictures, model A reads 190 right and model B 194. Is B better?", "These two numbers cannot tell. Look at the pictures that one reads right and the other wrong. Even if there are only four of them, all in favour of B, chance alone would put all four on one side in one of eight cases: McNemar's p value is 0.125."),
        ("A friend refits the model with sixty drawings, and it reads all sixty. What does that show?", "That the network can learn these sixty, and little else. It has seen them in training. Only drawings that were kept back show whether it has learned the hand."),
    ),
    tasks("exercises-hands", "13_other_hands.ipynb",
        "★★ Collect thirty digits with the canvas, ten of them of a class that you write in a way of your own. Score the model on them *before* you train with them. Is your sample large enough to say anything? (Ask `wilson_interval`.)",
        "★★ Leave `RandomPen` out and train again. On which set would you expect a difference? Test it.",
        "★★★ Make folders of letters instead of digits, `letters/A`, `letters/B`, and train the deeper model on them, with as many outputs as there are folders.",
        "★ Which of the two models reads MNIST's test images better? Use `mcnemar` with the digits that both answer. Why does it see smaller differences than two intervals do? (You ask the test set once more: nothing may be chosen by the answer.)",
        next_text="Next: [Several digits, and whole pages](14_whole_pages.ipynb)."),
]
save("13_other_hands.ipynb", "Train a network for other people's handwriting: augmentation, pens of real writers, people it has never met, what each ingredient brings, and your own drawings.", *two)

# ---------------------------------------------------------------- 3: several digits, and pages
three = [
    md("opening", '''
# Several digits, and whole pages

A network with ten outputs gives one digit for any picture, even for a picture of `17`. Here a program reads numbers, and pages with hundreds of digits, and learns to say when there is nothing to read.

After this chapter you can

- find the connected pieces of ink in a picture, and put them in reading order;
- teach a network what is *no* digit;
- cut digits apart where they touch, by a search;
- count by the {term}`edit distance` how well pages are read, and what is made up where there is no digit;
- mark the digits that you should look at yourself.

**Before you start:** you need [the chapter before](13_other_hands.ipynb), for its model and for real pens. Reading takes about 10 minutes; running the code took [about 30 minutes](#record-times).
'''), get("cell-01"),
    code("imports", '''
import matplotlib.pyplot as plt
import numpy as np

from mnist_utils.comparison import wilson_interval
from mnist_utils.data import load_mnist
from mnist_utils.evaluation import finalize_model
from mnist_utils.models import define_deeper
from mnist_utils.paths import output_path
from mnist_utils.plots import BLUE, ORANGE, plot_images
from mnist_utils.practice import TEST_SOURCES, TRAINING_SOURCES, draw_written_digit
from mnist_utils.practice import ink_from_mnist, load_written_digits, make_pages
from mnist_utils.practice import make_pen_digits, make_written_digits, rasterize
from mnist_utils.predict import Classifier
from mnist_utils.quiet import keras  # Keras, without TensorFlow's log lines
from mnist_utils.reading import read_number, to_mnist
from keras import layers, ops
'''),
    md("data-intro", "The digits are those of the chapter before: MNIST's, the program's, and those of real pens from six institutions, four to learn from and two, `aga` and `ibm`, to read."),
    code("data", '''
(X_train, y_train), (X_test, y_test) = load_mnist()
X_practice, y_practice = make_pen_digits(20_000)
learned = load_written_digits(TRAINING_SOURCES)
X_pens, y_pens = make_written_digits(learned, repeats=2)
written = load_written_digits(TEST_SOURCES)
X_written, y_written = make_written_digits(written, seed=2)
written = written[: len(X_written)]  # fewer in a smoke run
own_classifier = Classifier("own_images")
'''),
    code("helpers", PRINT_ACCURACY.replace("from mnist_utils.comparison import mcnemar, wilson_interval\n\n\n", "") + "\n\n" + RATIO),
    md("pieces-intro", '''
(several-digits)=
## Pieces of ink

To read a number, split the picture first. Pixels of ink that hang together are one **connected piece**. scikit-image finds them: `label` gives the pixels of each piece a number of their own, and `regionprops` tells where each piece lies. Here are three digits, the last two so near to each other that they touch:
'''),
    code("pieces-picture", '''
from skimage.measure import label, regionprops

inks = [ink_from_mnist(X_train[row], 112) > 0.5 for row in (3, 5, 7)]
page = np.zeros((112, 320), bool)
for ink, left in zip(inks, (0, 110, 176)):
    page[:, left : left + 112] |= ink
pieces = regionprops(label(page, connectivity=2))
'''),
    code("pieces-figure", '''
figure, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
ax.imshow(~page, cmap="gray")
for piece in pieces:
    top, left, bottom, right = piece.bbox
    box = {"fill": False, "edgecolor": ORANGE, "linewidth": 2}
    ax.add_patch(plt.Rectangle((left, top), right - left, bottom - top, **box))
ax.set_title(f"{y_train[[3, 5, 7]]}: {len(pieces)} connected pieces of ink")
ax.set_axis_off()
plt.show()
''', ALT("Three handwritten digits in a row. The first has a box of its own; one box holds the other two, which touch.")),
    part("cell-46", "pieces-read", "Digits that touch are one piece of ink"),
    between("2f067ed2", "fb068921"),
    md("layers-text", "The layers are those of the chapter before, once more:"),
    get("cell-20", "cell-22"),
    between("e06ac986", "040f502d"),
    part("24517e39", "detector-read", None, " So a choice with one doubtful"),
    md("cut-intro", '''
(cut-search)=
## The search for a cut

Here is that search in its plainest form, for the piece with two digits above. We cut it at one column after another, bring both parts into MNIST's format, ask the two networks about each part, and multiply the four probabilities:
'''),
    code("cut-search", '''
mask = max(pieces, key=lambda piece: piece.area_bbox).image
height, width = mask.shape
cuts = range(height // 4, width - height // 4, 3)
products, answers = [], []
for cut in cuts:
    parts = [mask[:, :cut], mask[:, cut:]]
    X = [to_mnist(np.pad(255 * np.uint8(ink), 10)).image for ink in parts]
    X = np.stack(X)[..., np.newaxis] / np.float32(255)
    is_one = detector.predict(X, verbose=0)[:, 1]
    probabilities = own_classifier.model.predict(X, verbose=0)
    products.append(np.prod(is_one * probabilities.max(axis=1)))
    answers.append(probabilities.argmax(axis=1))
best = int(np.argmax(products))
print(f"cut at column {cuts[best]}: read as {answers[best]}")
'''),
    code("cut-figure", '''
figure, (above, below) = plt.subplots(
    2, 1, figsize=(5, 4), sharex=True, layout="constrained"
)
above.imshow(~mask, cmap="gray", aspect="auto")
above.axvline(cuts[best], color=ORANGE, linewidth=2)
above.set(title="The best of the straight cuts", yticks=[])
below.plot(cuts, products, color=BLUE)
below.set(xlabel="column of the cut", ylabel="product")
plt.show()
''', ALT("Above, the piece with two touching digits and a line where it is cut. Below, the product of the four probabilities for each column: it is near zero at most columns and high where the two digits meet.")),
    md("cut-read", '''
Only where the two digits meet are both parts digits in the detector's opinion. `read_number` does the same with more than one cut: it looks at all parts between any two of many places, and chooses the cuts whose parts have the largest product, all of them together. So a choice with one doubtful part loses against a choice that has none. It also joins the strokes of a digit that was written in two, and sorts the pieces into lines.

## Whole pages

Here is a page of each kind:
'''),
    edit(get("cell-47"), ("from mnist_utils.practice import draw_written_digit, make_pages, rasterize\nfrom mnist_utils.reading import read_number\n\n", "")),
    between("cell-48", "page-figure"),
    part("page-read-text", "page-read-text-1", None, "How often do such errors happen?"),
    md("doubtful-text", '''
You need not look at all digits to find most of the errors. Say below which probability a digit is doubtful to you, and it gets a blue box of broken lines:
'''),
    code("doubtful-figure", '''
figure, ax = plt.subplots(figsize=(9, 9), layout="constrained")
number.plot(ax, doubtful=0.9)
doubtful = [digit for digit in number.digits if digit.probability < 0.9]
ax.set_title(f"{len(doubtful)} of {len(number.digits)} digits are doubtful")
plt.show()
''', ALT("The same page. Most boxes are orange; those of digits with a probability below 0.9 are blue, with broken lines.")),
    md("doubtful-read", "[To be written from the recorded figure: are the errors named above among the blue boxes? Not all need be: a network may be sure and wrong. For other programs, `python -m mnist_utils.predict --number --json --doubtful 0.9 page.jpg` marks the same digits.]"),
    part("page-read-text", "page-read-text-2", "How often do such errors happen?"),
    get("cell-50"), get("cell-51"),
    edit(get("no-digits-intro"), ("One reason stands [above](#real-hands)", "One reason stands in [the chapter before](#real-hands)")),
    get("no-digits", "no-digits-read"),
    part("cell-52", "limits", None, "(collect)="),
    md("rules-text", '''
All the thresholds by which pictures are read stand in one file, `mnist_utils/reading/rules.py`, each with a sentence. If you want to change one, a script scores the change on development pictures, never on those of this chapter: `python scripts/score_reading.py --set MIN_BELIEF=0.5`.

## What we saw

- Connected pieces of ink are digits, parts of digits, or several that touch.
- To find the right cuts, you need a network that knows what is no digit. It learns from pieces that were cut wrongly.
- A search over cuts takes the choice whose parts are all digits, most probably.
- Count errors by the edit distance, and draw whole pages for the interval. Count what is made up, too.
- A probability that you set tells which digits to look at yourself.
'''),
    questions(
        ("Why does the product of the probabilities choose better cuts than their mean?", "One part that is surely no digit makes the product nearly zero, whatever the others are. The mean forgives it. All parts must be digits, not most of them."),
        ("A page holds 100 digits. One digit more was read than is written, and all others are right. How large is the edit distance, and what would a comparison place by place say?", "The edit distance is 1: one digit is to be removed. Compared place by place, nearly all digits after the additional one would count as wrong, unless equal ones happen to follow each other."),
        ("In ninety pictures without digits, digits were seen in one. May you expect one in ninety of your own pictures?", "No. Half of the argument is chance: with one in ninety, Wilson's interval goes from nearly none to 6 %. The other half is the pictures: yours are not of these three kinds."),
    ),
    tasks("exercises-pages", "14_whole_pages.ipynb",
        "★ Read a page of each kind, and mark the digits below a probability of 0.9. Which part of the errors do you find among them, and how many digits must you look at?",
        "★★ Raise `rules.MIN_BELIEF_ON_PAGE` from `mnist_utils.reading`. What becomes of the false alarms, and what of the pages? Score it with `scripts/score_reading.py`, too.",
        next_text="Next: [In the browser](15_in_the_browser.ipynb), where the same network runs without Python."),
]
save("14_whole_pages.ipynb", "Read numbers and whole pages of digits: connected pieces of ink, a network that knows what is no digit, the search for cuts, errors counted by page, and doubtful digits marked.", *three)
left = [i for i in cells if i not in used]; print("cells used nowhere:", left)
