"""A page may be asked for with a certain number of digits."""

import numpy as np

from mnist_utils.practice import make_pages


def test_a_page_holds_as_many_digits_as_asked_for() -> None:
    bar = np.zeros((60, 60), np.uint8)
    bar[10:50, 28:33] = 255
    for count in (1, 7):
        [page] = make_pages([bar], [1], count=1, min_digits=count, max_digits=count, side=300)
        assert "".join(page.lines) == count * "1"
