"""Sphinx extension: highlighted Python in half as many elements.

Pygments puts each name and each punctuation mark into an element of its own, although they have the colour of plain
text. These are half of all elements of a long chapter, and a phone lays out each of them.
"""

from collections.abc import Iterator
from typing import Any

from pygments.lexers.python import PythonLexer
from pygments.token import Name, Punctuation, Text
from sphinx.application import Sphinx


class PlainNamesLexer(PythonLexer):
    """Python, whose names and punctuation marks count as plain text."""

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Yield each token: its place, its kind and its text."""
        for place, kind, token in super().get_tokens_unprocessed(text):
            yield place, Text if kind in (Name, Punctuation) else kind, token


def setup(app: Sphinx) -> dict[str, Any]:
    """Use it for every block of Python."""
    app.add_lexer("python", PlainNamesLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
