"""Printed lines are taken out, and strokes are left."""

import numpy as np
import pytest
from reading.pictures import draw_seven

from mnist_utils.reading.printed_lines import remove_lines

SEVEN = draw_seven() > 0


@pytest.mark.parametrize("squared", [False, True])
def test_lines_are_removed_and_strokes_that_cross_them_stay(squared):
    page = SEVEN.copy()
    page[10::45] = True
    if squared:
        page[:, 10::45] = True
    cleaned, count = remove_lines(page)
    assert count == 6 * (1 + squared)
    assert (cleaned & SEVEN).sum() > 0.85 * SEVEN.sum()
    assert (cleaned & ~SEVEN).sum() < 0.05 * SEVEN.sum()


def test_a_digits_only_stem_is_no_line():
    stem = np.zeros((100, 100), bool)
    stem[5:95, 48:52] = True
    cleaned, count = remove_lines(stem)
    assert count == 0
    np.testing.assert_array_equal(cleaned, stem)
