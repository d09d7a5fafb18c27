"""A sheet on a table is found, and no sheet where there is none."""

import numpy as np
import pytest
from reading.pictures import draw_seven, on_paper, on_table

from mnist_utils.reading.sheet import find_sheet

PAGE = on_paper(draw_seven())
SHADOW = np.where(np.add.outer(np.arange(280), np.arange(280)) > 280, 0.5, 1.0)


@pytest.mark.parametrize("page", [PAGE, on_paper(draw_seven(), light=SHADOW)], ids=["in even light", "half in shadow"])
def test_a_sheet_on_a_table_is_found(page):
    rows, columns = find_sheet(on_table(page))
    assert 120 <= rows.start < 140 < 380 < rows.stop <= 400
    assert 150 <= columns.start < 170 < 410 < columns.stop <= 430


HALFTONE = np.random.default_rng(0).permuted(np.tile(np.linspace(0, 110, 36).round(), (128 * 128, 1)), axis=1)
HALFTONE = HALFTONE.reshape(128, 128, 6, 6).swapaxes(1, 2).reshape(768, 768).astype(np.uint8)
HALFTONE[:, 384:] += 140  # two kinds of brightness, but for the last digits of their means


@pytest.mark.parametrize(
    "picture",
    [
        HALFTONE,
        PAGE,
        on_table(PAGE)[100:160],
        on_table(np.full((280, 280), 50)),
        on_table(draw_seven(width=60)),
        PAGE[:90, :90],
    ],
    ids=["halftone", "paper only", "narrow stripe", "no brighter", "a bright digit", "small"],
)
def test_where_there_is_none_none_is_found(picture):
    assert find_sheet(picture) is None
