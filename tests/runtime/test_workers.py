"""Work in processes of their own."""

import pytest

from mnist_utils._runtime.workers import parallel_map

pytestmark = pytest.mark.slow


@pytest.fixture(params=[1, 2], ids=["one core", "two cores"], autouse=True)
def cores(request, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", str(request.param))


def test_results_come_in_order_from_functions_defined_anywhere():
    offset = 3
    assert parallel_map(lambda a, b: a * b + offset, range(20), range(20)) == [i * i + 3 for i in range(20)]
    assert parallel_map(abs, []) == []


def test_an_error_comes_back_as_it_is():
    with pytest.raises(ZeroDivisionError):
        parallel_map(lambda n: 1 // n, [1, 0])
