"""Pictures that the tests of `mnist_utils.reading` read."""

import numpy as np
from scipy import ndimage as ndi


def draw_seven(side=280, width=24):
    """A 7 of bright strokes on black: asymmetric, so that a turned or inverted one is noticed."""
    drawing = np.zeros((side, side), np.uint8)
    top, bottom, left, right = (round(side * part) for part in (0.2, 0.8, 0.3, 0.7))
    drawing[top : top + width, left:right] = 255
    for row in range(top, bottom):
        column = right - round((right - left) * 0.6 * (row - top) / (bottom - top))
        drawing[row, column - width : column] = 255
    return drawing


def draw_ring(side=100, thickness=14):
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    return ((np.hypot(rows, columns) < side * 0.4) & (np.hypot(rows, columns) > side * 0.4 - thickness)) * np.uint8(255)


def write(page, text, top, left, step=110):
    """Write rings for 0 and bars for 1, 80 pixels high, onto a black page."""
    for place, digit in enumerate(text):
        box = page[top : top + 100, left + place * step : left + place * step + 100]
        if digit == "0":
            box[:] = np.maximum(box, draw_ring())
        else:
            box[10:90, 43:57] = 255
    return page


def on_paper(drawing, ink=0.2, paper=0.85, noise=0.01, light=None):
    """Return a noisy photo, uint8, of a drawing's strokes on paper; brightnesses are 0 to 1."""
    rng = np.random.default_rng(0)
    cover = ndi.gaussian_filter(drawing / 255, 0.8)
    photo = (paper * (1 - cover) + ink * cover) * (1 if light is None else light)
    return (np.clip(photo + rng.normal(0, noise, photo.shape), 0, 1) * 255).astype(np.uint8)


def on_table(sheet):
    """Return a dark, noisy table of 500 x 500 pixels with a sheet of 280 x 280 on it, from (120, 150) on."""
    table = np.full((500, 500), 40, np.uint8)
    table[120:400, 150:430] = sheet
    return (table + np.random.default_rng(1).normal(0, 3, table.shape)).clip(0, 255).astype(np.uint8)


def alike(a, b):
    """How much two 28 x 28 images overlap, 0 to 1."""
    a, b = a / 255, b / 255
    return np.minimum(a, b).sum() / np.maximum(a, b).sum()
