"""A bar over long work that leaves its state in files."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm.auto import tqdm

__all__ = ["follow"]


@contextlib.contextmanager
def follow(bar: "tqdm", measure: Callable[[], int]) -> Iterator[None]:
    """Move a bar, twice a second, while the work in the ``with`` block goes on. A bar never goes back.

    Parameters
    ----------
    bar : tqdm
        The bar.
    measure : callable
        Returns how much is done, in the bar's unit.
    """
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            bar.update(max(0, measure() - bar.n))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
