"""What the book writes out of statistics equals what statsmodels computes."""

import json
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats import contingency_tables, multitest, proportion

from mnist_utils.comparison import mcnemar, wilson_interval

CHAPTER = Path(__file__).resolve().parents[1] / "notebooks" / "10_difference.ipynb"


def test_the_chapters_holm_equals_multipletests():
    cells = json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]
    (source,) = ("".join(cell["source"]) for cell in cells if cell["id"] == "holm-function")
    names = {"np": np}
    exec(source, names)
    for p_values in ([0.010, 0.015, 0.030, 0.040], [0.3, 0.0026, 0.0293], [0.9, 0.8]):
        _, expected, *_ = multitest.multipletests(p_values, method="holm")
        assert names["holm"](p_values) == pytest.approx(expected)


def test_the_exact_mcnemar_test_equals_statsmodels():
    labels = np.zeros(1000, int)
    first, second = labels.copy(), labels.copy()
    first[:111], second[100:390] = 1, 1
    test = mcnemar(labels, first, second)
    table = [[0, test.only_a], [test.only_b, 0]]
    assert test.p_value == pytest.approx(contingency_tables.mcnemar(table, exact=True).pvalue)


@pytest.mark.parametrize("right, n", [(0, 10), (45, 50), (9902, 10_000)])
def test_wilsons_interval_equals_statsmodels(right, n):
    assert wilson_interval(right, n) == pytest.approx(proportion.proportion_confint(right, n, method="wilson"))
