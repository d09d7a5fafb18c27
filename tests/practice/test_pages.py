"""Pages of digits: they hold what they say, the same ones each time; pages without digits hold none."""

import numpy as np
import pytest

from mnist_utils.practice import make_pages, make_pages_without_digits
from mnist_utils.practice.pages import KINDS

SIDE = 400


def make_inks() -> list[np.ndarray]:
    """Rings (0) and bars (1)."""
    ring, bar = np.zeros((60, 60), np.uint8), np.zeros((60, 60), np.uint8)
    ring[10:50, 15:45] = 255
    ring[16:44, 21:39] = 0
    bar[10:50, 28:33] = 255
    return [ring, bar]


@pytest.fixture(scope="module")
def pages():
    return list(make_pages(make_inks(), [0, 1], count=len(KINDS), max_digits=30, side=SIDE))


def test_there_is_a_page_of_each_kind(pages):
    assert [page.kind for page in pages] == list(KINDS)
    for page in pages:
        assert page.picture.dtype == np.uint8
        assert page.picture.ndim == (2 if page.kind == "clean" else 3)
        assert min(page.picture.shape[:2]) == (480 if page.kind == "on a table" else SIDE)
        assert 1 <= sum(map(len, page.lines)) <= 30
        assert all(line and set(line) <= {"0", "1"} for line in page.lines)


def test_a_clean_page_holds_what_its_lines_say(pages):
    from scipy import ndimage as ndi

    page = pages[KINDS.index("clean")]
    labels, count = ndi.label(page.picture < 128)
    text = "".join(page.lines)
    assert count == len(text)
    holes = sum(
        ndi.binary_fill_holes(labels == number).sum() > (labels == number).sum() for number in range(1, count + 1)
    )
    assert holes == text.count("0")


def test_a_page_says_which_inks_are_on_it():
    for page in make_pages([*make_inks(), *make_inks()], [4, 7, 5, 8], count=len(KINDS), max_digits=30, side=SIDE):
        assert ["".join("4758"[row] for row in rows) for rows in page.rows] == page.lines


def test_the_same_seed_makes_the_same_pages(pages):
    same = next(make_pages(make_inks(), [0, 1], count=1, max_digits=30, side=SIDE))
    other = next(make_pages(make_inks(), [0, 1], count=1, seed=1, max_digits=30, side=SIDE))
    np.testing.assert_array_equal(same.picture, pages[0].picture)
    assert not np.array_equal(other.picture, same.picture)


def test_digits_that_lie_on_their_side_are_left_out():
    ring, bar = make_inks()
    pages = make_pages([ring, bar.T], [0, 1], count=3, max_digits=30, side=SIDE)
    assert {digit for page in pages for line in page.lines for digit in line} == {"0"}


@pytest.mark.parametrize("count", [1, 7])
def test_a_page_holds_as_many_digits_as_asked_for(count):
    _, bar = make_inks()
    [page] = make_pages([bar], [1], count=1, min_digits=count, max_digits=count, side=300)
    assert "".join(page.lines) == count * "1"


def test_pages_without_digits_are_of_three_kinds():
    pages = list(make_pages_without_digits(3))
    assert [page.kind for page in pages] == ["letters", "texture", "empty paper"]
    assert all(page.lines == [] and page.picture.dtype == np.uint8 for page in pages)


def test_digits_that_touch_are_known_and_stand_side_by_side():
    block = np.zeros((60, 60), np.uint8)
    block[10:50, 15:45] = 255  # all ink, so blocks touch where their boxes overlap
    pages = list(make_pages([block], [1], count=len(KINDS), min_digits=30, max_digits=30, side=SIDE))
    for page in pages:
        assert [len(line) for line in page.touching] == [len(line) for line in page.lines]
        touching = [touches for line in page.touching for touches in line]
        assert any(touching) == (page.kind == "touching")
    assert not all(touching), "a part of the neighbours only"
    for line in pages[-1].touching:
        before, after = [False, *line[:-1]], [*line[1:], False]
        assert all(b or a for touches, b, a in zip(line, before, after, strict=True) if touches)


def test_on_a_clean_page_digits_that_do_not_touch_are_pieces_of_their_own(monkeypatch):
    from scipy import ndimage as ndi

    from mnist_utils.practice import pages

    monkeypatch.setattr(pages, "KINDS", ("clean",))
    monkeypatch.setattr(pages._Writer, "_sample_gap", lambda writer: writer.rng.uniform(-0.2, 0.2) * writer.height)
    monkeypatch.setattr(pages, "parallel_map", lambda *args: map(*args))  # in this process
    [page] = make_pages(make_inks(), [0, 1], count=1, min_digits=30, max_digits=30, side=SIDE)
    pieces = ndi.label(page.picture <= 127, np.ones((3, 3)))[1]
    touching = [touches for line in page.touching for touches in line]
    n_free = len(touching) - sum(touching)
    assert sum(touching) > 0
    assert n_free < pieces <= n_free + sum(touching) / 2
