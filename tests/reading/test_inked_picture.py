"""The input doctor says what it found and did, where the ink lies, and why there is nothing to read."""

import numpy as np
import pytest
from reading.pictures import draw_seven, on_paper, on_table, write

from mnist_utils.reading import inked_picture
from mnist_utils.reading.inked_picture import find_ink

DRAWING = draw_seven()
RULED = np.full((300, 300), 255, np.uint8)
RULED[20::40] = 120


@pytest.mark.parametrize(
    ("picture", "finding"),
    [
        (255 - DRAWING, "dark ink on light paper: inverted"),
        (DRAWING, "light ink on a dark ground: kept"),
        (on_paper(DRAWING, light=np.linspace(1, 0.45, 280)), "uneven light or shadow, "),
        (on_paper(DRAWING, ink=0.72), "faint ink, contrast "),
        (np.minimum(RULED, np.pad(255 - DRAWING, 10, constant_values=255)), "7 printed lines: removed"),
        (on_table(on_paper(DRAWING)), "a sheet or a screen in a wider picture: its surroundings cut off"),
        (DRAWING[56:224:24, 84:196:16], "only 7 x 7 pixels: enlarged"),
    ],
)
def test_what_was_found_is_said(picture, finding):
    inked = find_ink(picture)
    assert not inked.reason
    assert any(each.startswith(finding) for each in inked.findings), inked.findings


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.full((100, 100), 128, np.uint8), "the picture is of one colour"),
        (RULED, "only printed lines"),
        (np.tile(np.pad(np.full((20, 6), 255, np.uint8), 10), (7, 10)), "only noise, or a texture"),
    ],
)
def test_why_there_is_nothing_to_read_is_said(picture, reason):
    inked = find_ink(picture)
    assert inked.ink is None
    assert inked.reason.startswith(reason)
    assert inked.findings[-1] == f"nothing to read: {inked.reason}"


@pytest.mark.parametrize("side", [28, 280])
@pytest.mark.parametrize("kind", ["uniform", "paper", "salt"])
def test_noise_is_nothing(side, kind):
    rng = np.random.default_rng(side)
    noise = {
        "uniform": rng.integers(0, 256, (side, side)),
        "paper": rng.normal(200, 6, (side, side)).clip(0, 255),
        "salt": 255 * (rng.random((side, side)) < 0.02),
    }[kind]
    inked = find_ink(noise.astype(np.uint8))
    assert inked.ink is None, inked.findings


def test_the_inks_place_is_in_pixels_of_the_picture():
    large = np.kron(on_table(on_paper(DRAWING)), np.ones((2, 2), np.uint8))
    inked = find_ink(large)
    assert (inked.scale, inked.ink_scale) == (1.25, 1.25)
    rows, columns = inked.ink.main.box
    # The 7 begins at (56, 84) of its drawing, which lies at (120, 150) of the table.
    assert inked.ink_top + rows.start * inked.ink_scale == pytest.approx(2 * (120 + 56), abs=4)
    assert inked.ink_left + columns.start * inked.ink_scale == pytest.approx(2 * (150 + 84), abs=4)


def test_a_page_of_small_writing_is_looked_at_in_a_larger_size_for_the_ink_that_was_found_first(monkeypatch):
    page = np.zeros((2000, 2000), np.uint8)
    for top in range(100, 1900, 200):
        write(page, "0101101101011", top, 100)
    looks = []
    separate = inked_picture.separate_ink

    def look(grey, **options):
        ink = separate(grey, **options)
        looks.append((len(grey), options["before"], ink))
        return ink

    monkeypatch.setattr(inked_picture, "separate_ink", look)
    found = find_ink(on_paper(page), several=True)
    (size, nothing, first), (larger_size, before, second) = looks
    assert size < larger_size
    assert nothing is None
    assert before is first
    assert found.ink is second
