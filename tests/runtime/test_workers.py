"""Work in processes of their own."""

import pytest

from mnist_utils._runtime.workers import parallel_map


@pytest.mark.slow
def test_results_come_in_order_from_functions_defined_anywhere(monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "2")
    offset = 3
    assert parallel_map(lambda a, b: a * b + offset, range(20), range(20)) == [i * i + 3 for i in range(20)]
    assert parallel_map(abs, []) == []


@pytest.mark.slow
def test_an_error_comes_back_as_it_is():
    with pytest.raises(ZeroDivisionError):
        parallel_map(lambda n: 1 // n, [1, 0])
