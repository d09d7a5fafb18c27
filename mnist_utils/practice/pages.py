"""Whole pages of handwritten digits, made by program, to measure on (the chapter *Several digits, and whole pages*).

What is written on such a page is known, and there can be as many as one likes. They are no real pages: the book says so
wherever it gives a figure.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage as ndi
from skimage.transform import resize

from mnist_utils import paths
from mnist_utils._runtime.workers import parallel_map
from mnist_utils.practice.photographs import photograph, sample_scene

__all__ = ["KINDS", "Page", "make_pages", "make_pages_without_digits"]

KINDS = ("clean", "photo", "sloping", "columns", "ruled", "squared", "pencil", "on a table", "touching")
"""Kinds of pages: clean ones, as a drawing program makes them, and photos with one difficulty each."""

MARGIN = 0.06  # of the page's side
MAX_HEIGHT, MIN_HEIGHT = 0.13, 0.017  # of a digit, as parts of the page's side
PITCHES = 1.5, 2.3  # from one line to the next, in heights of a digit
ADVANCE = 1.15  # from one digit to the next, on average, in heights
MAX_ASPECT = 1.6  # of a digit, width by height: a wider one was not written upright, and is left out
SQUARES = 0.5, 0.9  # of squared paper, in heights of a digit
MAX_TURN = 2.5  # degrees, of the camera; few photos are turned further
MAX_SLOPE, MAX_BEND = 6, 0.012  # degrees, and part of the page's side, of the lines of a sloping page
TOUCHING_SHARE = 0.4  # of the neighbours on a touching page
TABLE_BORDER = 0.1  # of the page's side, around a sheet on a table
MAX_SMOKE_PAGES = len(KINDS)
PAGES_AT_A_TIME = 18
PAGE_WITHOUT_DIGITS = 1_200  # pixels
LETTERS = "aefhkmnprtuvwxyzAEFHKMNPRTUVWXY"  # none that people write as they write 0, 1, 2, 4, 5, 6, 8 or 9
FONTS = "DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"  # Matplotlib brings them along


@dataclass(frozen=True, eq=False)
class Page:
    """A page with digits, or without any.

    Attributes
    ----------
    picture : ndarray of uint8, shape (height, width) or (height, width, 3)
        Dark ink on light paper; a texture has neither.
    lines : list of str
        What is written in each line, in digits.
    kind : str
        One of :data:`KINDS`; of a page without digits ``"letters"``, ``"texture"`` or ``"empty paper"``.
    touching : list of list of bool
        For each digit of each line, whether its ink touches that of another.
    rows : list of list of int
        For each digit of each line, which of the `inks` of :func:`make_pages` it is.
    """

    picture: np.ndarray
    lines: list[str]
    kind: str
    touching: list[list[bool]] = field(default_factory=list)
    rows: list[list[int]] = field(default_factory=list)


def make_pages(
    inks: Sequence[np.ndarray],
    labels: Sequence[int],
    count: int,
    seed: int = 0,
    *,
    min_digits: int = 1,
    max_digits: int = 300,
    side: int = 1_600,
) -> Iterator[Page]:
    """Write pages of digits, of each kind in turn, with all cores.

    Parameters
    ----------
    inks : sequence of ndarray of uint8, shape (height, width)
        Digits to write, bright ink on black.
    labels : sequence of int
        The digit in each.
    count : int
        How many pages; in a smoke run at most one of each kind.
    seed : int
        The same seed makes the same pages.
    min_digits, max_digits : int
        A page gets a number of digits between these, with a logarithm that is evenly distributed: from 1 to 10 as
        often as from 10 to 100. What does not fit on the page is left out.
    side : int
        Height and width of a page, in pixels.

    Yields
    ------
    Page
    """
    count = paths.at_scale(count, MAX_SMOKE_PAGES)
    upright = [row for row, ink in enumerate(inks) if _is_upright(ink)]
    for start in range(0, count, PAGES_AT_A_TIME):  # all at once, they would fill the memory
        numbers = range(start, min(start + PAGES_AT_A_TIME, count))
        rngs = [np.random.default_rng((seed, number)) for number in numbers]
        kinds = [KINDS[number % len(KINDS)] for number in numbers]
        chosen = [
            rng.choice(upright, size=round(min_digits * (max_digits / min_digits) ** rng.uniform())) for rng in rngs
        ]
        digits = [[(inks[row], str(labels[row])) for row in rows] for rows in chosen]
        yield from parallel_map(partial(_make_page, side), kinds, digits, chosen, rngs)


def _make_page(
    side: int, kind: str, digits: list[tuple[np.ndarray, str]], rows: np.ndarray, rng: np.random.Generator
) -> Page:
    """Write digits on a page of that kind, and photograph it unless it is a clean one."""
    pitch = rng.uniform(*PITCHES)
    room = 0.8 * (side * (1 - 2 * MARGIN)) ** 2 / len(digits)  # the rest is for slopes and short lines
    height = float(np.clip(np.sqrt(room / (pitch * ADVANCE)), MIN_HEIGHT * side, MAX_HEIGHT * side))
    writer = _Writer(side, height, pitch, kind, rng)
    digits = [(_crop(ink), label) for ink, label in digits]
    numbers = writer.write_columns(digits) if kind == "columns" else writer.write_lines(digits)
    lines = ["".join(digits[number][1] for number in line) for line in numbers]
    touching = [[number in writer.touching for number in line] for line in numbers]
    rows_of_lines = [rows[line].tolist() for line in numbers]
    if kind == "clean":
        return Page((255 - 255 * writer.ink).astype(np.uint8), lines, kind, touching, rows_of_lines)
    pens = ["pencil", "hard pencil"] if kind == "pencil" else ["ballpoint", "black felt pen", "red pen", "green pen"]
    scene = replace(
        sample_scene(int(rng.integers(2**32)), lines=False),
        size=1.0,  # the ink's frame is the whole page
        turn=float(rng.normal(0, MAX_TURN / 2)),
        pen=str(rng.choice(pens)),
        lines={"ruled": "ruled", "squared": "grid"}.get(kind, "none"),
        line_step=round(height * (pitch if kind == "ruled" else rng.uniform(*SQUARES))),
    )
    photo = photograph(writer.ink, scene, side)
    return Page(_put_on_table(photo, rng) if kind == "on a table" else photo, lines, kind, touching, rows_of_lines)


class _Writer:
    """Writes digits on a page, line by line; `touching` has the numbers of those that touch another."""

    def __init__(self, side: int, height: float, pitch: float, kind: str, rng: np.random.Generator) -> None:
        self.ink = np.zeros((side, side))
        self.owners = np.full((side + 2, side + 2), -1)  # numbers of the digits whose ink it is, with a margin of 1
        self.touching: set[int] = set()
        self.height, self.pitch, self.kind, self.rng = height, pitch, kind, rng
        self.start, self.end = MARGIN * side, (1 - MARGIN) * side
        sloping = kind == "sloping"
        self.slope = np.tan(np.radians(rng.uniform(-MAX_SLOPE, MAX_SLOPE) if sloping else rng.normal(0, 0.7)))
        self.bend = rng.uniform(-MAX_BEND, MAX_BEND) * side if sloping else 0.0
        # A line that rises begins lower, so that its end is on the page.
        self.top = self.start + max(0.0, -self.slope) * (self.end - self.start) + abs(self.bend)

    def write_lines(self, digits: list[tuple[np.ndarray, str]]) -> list[list[int]]:
        """Write groups of one to six digits side by side; return the digits' numbers, line by line."""
        waiting, lines = list(range(len(digits))), []
        while waiting and self.top + self.height < self.end:
            x, line, left_in_group = self.start + self.rng.uniform(0, 0.5) * self.height, [], 0
            while waiting:
                ink = self._scale(digits[waiting[0]][0])
                if x + ink.shape[1] > self.end:
                    break
                if left_in_group == 0:
                    left_in_group = int(self.rng.integers(1, 7))
                    x += self.rng.uniform(0.5, 1.1) * self.height if line else 0
                    if x + ink.shape[1] > self.end:
                        break
                self._put(waiting[0], ink, x)
                x += ink.shape[1] + self._sample_gap()
                line.append(waiting.pop(0))
                left_in_group -= 1
            self._next_line(lines, line)
        return lines

    def write_columns(self, digits: list[tuple[np.ndarray, str]]) -> list[list[int]]:
        """Write numbers of one to three digits in two to five columns, flush right; return the digits' numbers."""
        waiting, lines = list(range(len(digits))), []
        ends = np.linspace(self.start, self.end, int(self.rng.integers(2, 6)) + 1)
        while waiting and self.top + self.height < self.end:
            line: list[int] = []
            for start, end in itertools.pairwise(ends):
                x = end
                written: list[int] = []
                for _ in range(int(self.rng.integers(1, 4))):
                    if waiting and x - (ink := self._scale(digits[waiting[0]][0])).shape[1] > start + 0.3 * self.height:
                        x -= ink.shape[1]
                        self._put(waiting[0], ink, x)
                        x -= 0.2 * self.height
                        written.insert(0, waiting.pop(0))
                line += written
            self._next_line(lines, line)
        return lines

    def _scale(self, ink: np.ndarray) -> np.ndarray:
        """Return a digit in the size of this page's writing, give or take a little."""
        zoom = self.height * self.rng.uniform(0.85, 1.12) / len(ink)
        return resize(ink, [max(4, round(zoom * n)) for n in ink.shape], anti_aliasing=True)

    def _put(self, number: int, ink: np.ndarray, x: float) -> None:
        """Put a digit on the present line, and note which others it touches."""
        along = (x - self.start) / (self.end - self.start)
        bow = self.bend * np.sin(np.pi * along)
        y = self.top + self.slope * (x - self.start) + bow + self.rng.normal(0, 0.04) * self.height
        top, left = (round(min(max(0, at), len(self.ink) - n)) for at, n in zip((y, x), ink.shape, strict=True))
        place = self.ink[top : top + ink.shape[0], left : left + ink.shape[1]]
        place[:] = np.maximum(place, ink)
        owners = self.owners[top : top + ink.shape[0] + 2, left : left + ink.shape[1] + 2]
        mask = np.pad(ink > 0.5, 1)
        touched = set(owners[ndi.binary_dilation(mask, np.ones((3, 3)))].tolist()) - {-1}
        if touched:
            self.touching |= touched | {number}
        owners[mask] = number

    def _sample_gap(self) -> float:
        """Return the pixels between two neighbours; below 0, they overlap."""
        if self.kind == "touching" and self.rng.random() < TOUCHING_SHARE:
            return -self.rng.uniform(0.03, 0.22) * self.height
        return self.rng.uniform(0.12, 0.35) * self.height

    def _next_line(self, lines: list[list[int]], line: list[int]) -> None:
        """Go to the next line, and note what is written in this one."""
        if line:
            lines.append(line)
        self.top += self.height * self.pitch * self.rng.uniform(0.97, 1.05)


def _is_upright(ink: np.ndarray) -> bool:
    """Tell whether a digit was not written lying on its side, as far as its proportions tell."""
    height, width = (axis.stop - axis.start for axis in ndi.find_objects((ink > 127).astype(np.int8))[0])
    return width <= MAX_ASPECT * height


def _crop(ink: np.ndarray) -> np.ndarray:
    """Return a digit's ink, 0 to 1, without the empty rows and columns around it."""
    box = ndi.find_objects((ink > 127).astype(np.int8))[0]
    return ink[box] / 255


def _put_on_table(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a photo with a dark table around the sheet."""
    side = len(photo)
    border = round(TABLE_BORDER * side)
    grain = ndi.gaussian_filter(rng.normal(size=(side + 2 * border,) * 2), (1, 8))
    light = np.percentile(photo, 2) / 255  # the table lies in the same light as the sheet's darkest part
    table = light * rng.uniform([0.3, 0.2, 0.1], [0.9, 0.7, 0.6]) * (1 + 0.15 * grain / grain.std())[..., np.newaxis]
    table = (np.clip(table, 0, 1) * 255).round().astype(np.uint8)
    table[border : border + side, border : border + side] = photo
    return table


def make_pages_without_digits(count: int, seed: int = 0) -> Iterator[Page]:
    """Make pictures without a digit: printed letters, textures, and empty paper, in turn.

    Parameters
    ----------
    count : int
        How many; in a smoke run at most nine.
    seed : int
        The same seed makes the same pictures.

    Yields
    ------
    Page
        Without lines; its kind is "letters", "texture" or "empty paper".
    """
    makers = {"letters": _print_letters, "texture": _sample_texture, "empty paper": _photograph_empty_paper}
    for number in range(paths.at_scale(count, MAX_SMOKE_PAGES)):
        kind = list(makers)[number % len(makers)]
        yield Page(makers[kind](np.random.default_rng((seed, number))), [], kind)


def _print_letters(rng: np.random.Generator) -> np.ndarray:
    """Photograph printed lines of random words, without the letters that are written as digits are."""
    from matplotlib import font_manager  # takes long to import

    size = int(rng.integers(28, 120))
    font = ImageFont.truetype(font_manager.findfont(str(rng.choice(FONTS))), size)
    picture = Image.new("L", (PAGE_WITHOUT_DIGITS, PAGE_WITHOUT_DIGITS))
    for top in range(size, PAGE_WITHOUT_DIGITS - 2 * size, round(1.6 * size)):
        letters = rng.choice([*LETTERS, " "], size=int(0.85 * PAGE_WITHOUT_DIGITS / (0.6 * size)))
        ImageDraw.Draw(picture).text((size, top), "".join(letters), 255, font)
    scene = replace(sample_scene(int(rng.integers(2**32)), lines=False), size=1.0)
    return photograph(np.asarray(picture) / 255, scene, PAGE_WITHOUT_DIGITS)


def _sample_texture(rng: np.random.Generator) -> np.ndarray:
    """Return smoothed noise, of random coarseness, and with streaks of random length."""
    noise = rng.normal(size=(PAGE_WITHOUT_DIGITS, PAGE_WITHOUT_DIGITS))
    coarseness = np.exp(rng.uniform(0, 3))
    smooth = ndi.gaussian_filter(noise, (coarseness, coarseness * np.exp(rng.uniform(0, 2))))
    return np.clip(128 + rng.uniform(10, 60) * smooth / smooth.std(), 0, 255).astype(np.uint8)


def _photograph_empty_paper(rng: np.random.Generator) -> np.ndarray:
    """Photograph plain, ruled or squared paper with nothing on it."""
    scene = replace(sample_scene(int(rng.integers(2**32))), size=1.0, line_step=int(rng.integers(20, 120)))
    return photograph(np.zeros((PAGE_WITHOUT_DIGITS, PAGE_WITHOUT_DIGITS)), scene, PAGE_WITHOUT_DIGITS)
