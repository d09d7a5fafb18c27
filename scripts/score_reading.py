"""Change rules by which pictures are read, and score the change on development pictures.

Usage: ``python scripts/score_reading.py --set MIN_BELIEF=0.5 --set MAX_GAP_DOWN=0.2``. The names are those of
``mnist_utils/reading/rules.py``.

Pictures of single digits and whole pages are made by program, from the last 10,000 of MNIST's training images and all
sources of pen strokes but one, and some pages hold no digit. None is a picture that the book measures on: a rule that
is settled on those makes their scores too good. The networks have practised on these digits, so the scores here are too
good, too; what tells is the difference between the two columns.

A page's score is the part of its digits that were read, by the edit distance. That of a page without digits is 1 if
nothing was read. Without ``--set`` there is one column only.
"""

import argparse
import ast
import contextlib
import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from skimage.transform import resize_local_mean

from mnist_utils.data import load_mnist
from mnist_utils.practice import (
    SOURCES,
    ink_from_mnist,
    load_written_digits,
    make_pages,
    make_pages_without_digits,
    photograph,
    rasterize,
    sample_scene,
    sample_written_digit,
)
from mnist_utils.predict import Classifier
from mnist_utils.reading import read_number, rules, to_mnist

FIRST_ROW = 50_000  # of MNIST's training images, that pictures are made of
DEVELOPMENT_SOURCES = tuple(source for source in SOURCES if source != "ibm")  # whose digits the book's pages hold
FIRST_SCENE = 700_000  # seed: the photos to measure on have seeds below 30,000
PAGE_SEED = 15
PAGE_INKS = 1_000  # digits of either kind to write pages with
SMALL_SIDES = 8, 16  # pixels, of the smallest pictures


@dataclass(frozen=True, eq=False)
class Case:
    """A picture, how it was made, and what is written in it: a digit, or a page's digits in reading order."""

    kind: str
    picture: np.ndarray
    written: str
    several: bool = False


def make_cases(n_pictures: int, n_pages: int) -> Iterator[Case]:
    """Make development pictures.

    Parameters
    ----------
    n_pictures : int
        How many of each of the four kinds of single digits.
    n_pages : int
        How many pages of digits, of each kind in turn; as many again, divided by three, are without digits.

    Yields
    ------
    Case
    """
    (X, y), _ = load_mnist()
    X, y = X[FIRST_ROW:], y[FIRST_ROW:]
    rng = np.random.default_rng(PAGE_SEED)
    written = load_written_digits(DEVELOPMENT_SOURCES)
    written = [written[row] for row in rng.permutation(len(written))]
    for row in range(n_pictures):
        photo = photograph(ink_from_mnist(X[row]), sample_scene(FIRST_SCENE + row))
        yield Case("photo of a digit", photo, str(y[row]))
        yield Case("drawn digit", rasterize(sample_written_digit(written[row], rng)), str(written[row].digit))
        for side in SMALL_SIDES:
            yield Case(f"digit, {side} pixels", resize_local_mean(X[row] / 255, (side, side)), str(y[row]))
    if n_pages:
        inks = [(255 * ink_from_mnist(image, 112)).astype(np.uint8) for image in X[:PAGE_INKS]]
        inks += [rasterize(sample_written_digit(digit, rng)) for digit in written[:PAGE_INKS]]
        labels = [*y[:PAGE_INKS], *(digit.digit for digit in written[:PAGE_INKS])]
        for page in make_pages(inks, labels, n_pages, PAGE_SEED):
            yield Case(f"page: {page.kind}", page.picture, "".join(page.lines), several=True)
        for page in make_pages_without_digits(n_pages // 3, PAGE_SEED):
            yield Case(f"no digits: {page.kind}", page.picture, "", several=True)


def score(cases: Iterable[Case], classifier: Classifier) -> list[float]:
    """Read pictures by the rules as they are; return for each how much of it was read right, 0 to 1 (or below)."""
    return [_score_page(case, classifier) if case.several else _score_digit(case, classifier) for case in cases]


def _score_digit(case: Case, classifier: Classifier) -> float:
    image = to_mnist(case.picture).image
    if image is None:
        return 0.0
    return float(str(classifier.predict_proba(image[np.newaxis])[0].argmax()) == case.written)


def _score_page(case: Case, classifier: Classifier) -> float:
    read = "".join(str(digit.digit) for digit in read_number(case.picture, classifier).digits)
    if not case.written:
        return float(not read)
    return 1 - edit_distance(case.written, read) / len(case.written)


def edit_distance(written: str, read: str) -> int:
    """Return how many digits must be added, removed or replaced, as *Several digits, and whole pages* counts them."""
    before = list(range(len(read) + 1))
    for row, digit in enumerate(written, start=1):
        now = [row]
        for column, other in enumerate(read, start=1):
            now.append(min(before[column - 1] + (digit != other), before[column] + 1, now[-1] + 1))
        before = now
    return before[-1]


@contextlib.contextmanager
def changed(changes: dict[str, Any]) -> Iterator[None]:
    """Read by changed rules within the ``with`` block."""
    before = {name: getattr(rules, name) for name in changes}
    try:
        for name, value in changes.items():
            setattr(rules, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(rules, name, value)


def parse_change(text: str) -> tuple[str, Any]:
    """Return the name and the value of a change such as ``MIN_BELIEF=0.5``.

    Raises
    ------
    argparse.ArgumentTypeError
        If there is no such rule, or its value is of another kind.
    """
    name, _, value = text.partition("=")
    names = [each for each in vars(rules) if each.isupper()]
    if name not in names:
        near = " or ".join(difflib.get_close_matches(name, names)) or "one of mnist_utils/reading/rules.py"
        raise argparse.ArgumentTypeError(f"there is no rule {name!r}. Did you mean {near}?")
    present = getattr(rules, name)
    try:
        new = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        new = None
    numbers = new if isinstance(present, tuple) else (new,)
    if not isinstance(numbers, tuple) or not all(type(each) in (int, float) for each in numbers):
        raise argparse.ArgumentTypeError(f"{name} is {present}: give a value of this kind, such as {name}={present}")
    return name, new


def print_table(cases: Sequence[Case], columns: dict[str, list[float]]) -> None:
    """Print the mean score of each kind, in percent, and of how many pictures it rose and fell."""
    two = len(columns) > 1
    print(f"{'':26}{'pictures':>9}" + "".join(f"{name:>9}" for name in columns) + ("   better  worse" if two else ""))
    kinds = np.array([case.kind for case in cases])
    for kind in dict.fromkeys(kinds.tolist()):
        scores = [np.array(column)[kinds == kind] for column in columns.values()]
        line = f"{kind:26}{len(scores[0]):9}" + "".join(f"{100 * each.mean():9.2f}" for each in scores)
        print(line + (f"{(scores[1] > scores[0]).sum():9}{(scores[1] < scores[0]).sum():7}" if two else ""))


def main(arguments: Sequence[str] | None = None, load: Callable[[], Classifier] = Classifier) -> None:
    """Score the rules before and after the changes, and print a table.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without it those of the command line.
    load : callable
        Returns the classifier to read with.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--set", action="append", default=[], type=parse_change, metavar="NAME=VALUE", help="a change; may be repeated"
    )
    parser.add_argument("--pictures", type=int, default=100, help="single digits of each kind (default: 100)")
    parser.add_argument("--pages", type=int, default=27, help="pages of digits (default: 27)")
    options = parser.parse_args(arguments)
    cases, classifier = list(make_cases(options.pictures, options.pages)), load()
    columns = {"before": score(cases, classifier)}
    if options.set:
        with changed(dict(options.set)):
            columns["after"] = score(cases, classifier)
    print_table(cases, columns)


if __name__ == "__main__":
    main()
