"""Highlighted code has elements only where they have a colour of their own."""

import re
from pathlib import Path

import pytest
from highlighting import PlainNamesLexer
from pygments import highlight
from pygments.formatters import HtmlFormatter

CODE = 'def read(x):\n    return f"{x}", plot(x, 2)  # both\n'


def test_names_and_punctuation_have_no_elements_and_the_code_is_the_same() -> None:
    html = highlight(CODE, PlainNamesLexer(), HtmlFormatter(nowrap=True))
    assert set(re.findall(r'class="(\w+)"', html)) == {"k", "nf", "sa", "s2", "si", "mi", "c1", "w"}
    assert re.sub("<[^>]+>", "", html).replace("&quot;", '"') == CODE


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_their_colour_is_that_of_plain_text(theme: str, book_html: Path) -> None:
    styles = (book_html / "_static" / "pygments.css").read_text(encoding="utf-8")
    rule = rf'^html\[data-theme="{theme}"\] \.highlight (\.[np] )?{{.*\bcolor: (#\w+)'
    found = re.findall(rule, styles, re.MULTILINE)
    assert [name for name, _ in found] == ["", ".n ", ".p "]
    assert len({colour for _, colour in found}) == 1
