"""Access for all readers: axe-core checks the pages by the Web Content Accessibility Guidelines 2.2, level AA."""

from pathlib import Path

import pytest
from chapters import CHAPTERS
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that see in which of two colour schemes a page is
# By rule: the elements of the theme's and of docutils' in which it may find something.
EXCEPTIONS = {
    # The theme's logo is outside of its navigation, and leads to the opening page as the contents do.
    "region": ".navbar-brand *",
    # The theme's search button is named Search: the keys beside the word are no name.
    "label-content-name-mismatch": ".search-button-field",
    # The bibliography's marks are those of docutils.
    "aria-allowed-role": ".citation",
    "aria-deprecated-role": ".citation",
    "aria-required-children": ".citation-list",
}
# The narrow one first: when a page is opened, the theme lets keys reach what scrolls sideways in its own box; when a
# window is made narrower, only a moment later.
WAYS = [(320, "light", TAGS), (320, "dark", COLOURS), (1400, "dark", TAGS), (1400, "light", COLOURS)]
PARTS = 4  # the pages are dealt out to as many tests, so that two processes share them

FIND = """([rules, exceptions]) =>
    axe.run({runOnly: rules, resultTypes: ["violations"], selectors: false, elementRef: true}).then(({violations}) =>
        violations.flatMap(({id, nodes}) => nodes
            .filter(({element}) => !element.matches(exceptions[id] ?? ":not(*)"))
            .map(({html}) => `${id}: ${html.slice(0, 200)}`)))"""
SHOW_ALL = """() => {
    for (const picture of document.images) picture.loading = "eager";
    for (const answer of document.querySelectorAll("details")) answer.open = true;
}"""


def open_and_settle(page: Page, address: str) -> None:
    """Open a page with all that it folds, and wait for what it loads when it comes into view."""
    page.goto(address)
    page.evaluate(SHOW_ALL)
    for canvas in page.locator(".digit-canvas").all():
        canvas.scroll_into_view_if_needed()
        expect(canvas.locator(".dc-surface")).to_be_visible()
    page.wait_for_function("[...document.images].every((picture) => picture.complete)")


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(part: int, book_html: Path, browser: Browser, node_modules: Path) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(offline=True)
    page, found = context.new_page(), []
    for name in [*CHAPTERS, "search", "genindex"][part::PARTS]:
        for width, scheme, rules in WAYS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            if (width, scheme, rules) == WAYS[0]:
                open_and_settle(page, f"{book_html.as_uri()}/{name}.html")
                page.evaluate(axe)
            findings = page.evaluate(FIND, [rules, EXCEPTIONS])
            found += [f"{name}, {scheme}, {width} pixels wide: {finding}" for finding in findings]
    context.close()
    assert found == []
