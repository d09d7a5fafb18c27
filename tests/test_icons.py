"""The icons of the pages' buttons, in small fonts."""

import base64
import io
from pathlib import Path

import pydata_sphinx_theme
import pytest
from fontTools.ttLib import TTFont
from icons import make_rule

FONT = next(Path(pydata_sphinx_theme.__file__).parent.rglob("fa-solid-*.ttf"))


def test_font_holds_the_icons_that_are_named_and_no_others() -> None:
    rule = make_rule(FONT, frozenset({"download", "moon"}))
    data = rule.split("base64,")[1].split('"')[0]
    drawn = TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()
    assert set(drawn.values()) == {"download", "moon"}
    for code in drawn:
        assert f"U+{code:X}" in rule, "browsers take the small font for these characters"
    assert TTFont(FONT)["name"].getBestFamilyName() in rule


@pytest.mark.parametrize("icons", [frozenset(), frozenset({"no-such-icon"})])
def test_font_with_none_of_the_icons_is_left_out(icons: frozenset[str]) -> None:
    assert make_rule(FONT, icons) == ""
