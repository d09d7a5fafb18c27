"""Work spread over the machine's cores, in processes of their own."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import loky

__all__ = ["parallel_map"]

Result = TypeVar("Result")


def parallel_map(function: Callable[..., Result], *iterables: Iterable[Any]) -> list[Result]:
    """Return what `map` would, computed in as many processes as there are cores.

    Parameters
    ----------
    function : callable
        May be defined in a notebook, or be a lambda.
    *iterables
        Its arguments, as for `map`.

    Returns
    -------
    list
        One result for each call, in order.
    """
    calls = list(zip(*iterables, strict=True))
    if not calls:
        return []
    workers = loky.cpu_count(only_physical_cores=True)
    chunksize = max(1, len(calls) // (8 * workers))
    with loky.ProcessPoolExecutor(workers) as pool:
        return list(pool.map(function, *zip(*calls, strict=True), chunksize=chunksize))
