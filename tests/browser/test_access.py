"""Access for all readers: axe-core checks the pages by the Web Content Accessibility Guidelines 2.2, level AA."""

from pathlib import Path

import pytest
from chapters import CHAPTERS
from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EXCEPTIONS = {
    "region": "the theme's logo is outside of its navigation, and leads to the opening page as the contents do",
    "label-content-name-mismatch": "the theme's search button is named Search: the keys beside the word are no name",
    "aria-allowed-role": "the bibliography's marks are those of docutils",
    "aria-deprecated-role": "the bibliography's marks are those of docutils",
    "aria-required-children": "the bibliography's marks are those of docutils",
}
# Each page is looked at in one of four ways; all pages in all ways would take minutes.
WAYS = [("light", 1400), ("dark", 320), ("light", 320), ("dark", 1400)]
FIND = """options => axe.run(document, options).then(result => result.violations.flatMap(rule =>
    rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`)))"""


@pytest.mark.parametrize("way", range(4), ids=lambda way: "{} theme, {} pixels wide".format(*WAYS[way]))
def test_axe_finds_nothing(way: int, book_html: Path, browser: Browser, node_modules: Path) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    options = {"runOnly": TAGS, "rules": {rule: {"enabled": False} for rule in EXCEPTIONS}}
    scheme, width = WAYS[way]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page, found = context.new_page(), []
    for name in [*CHAPTERS, "search", "genindex"][way::4]:
        page.goto(f"{book_html.as_uri()}/{name}.html")
        page.evaluate(axe)
        found += [f"{name}: {finding}" for finding in page.evaluate(FIND, options)]
    context.close()
    assert found == []
