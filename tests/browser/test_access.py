"""Access for all readers: axe-core checks the pages by the Web Content Accessibility Guidelines 2.2, level AA."""

import os
from pathlib import Path

import pytest
from chapters import CHAPTERS
from opening import open_whole
from playwright.sync_api import Browser, BrowserContext, Page, expect
from waiting import wait_for

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
# Each page in both widths and in both schemes. The narrow window comes first: when a page is opened, the theme lets
# keys reach what scrolls sideways in its own box; when a window is made narrower, only a moment later.
WAYS = [(320, "light", TAGS), (1400, "dark", TAGS)]
# A page's own colours are the same in both widths; the theme's parts, which are not, are on every page. So the colours
# of a few pages are looked at in the other two ways as well; those of all where the variable EVERY_WAY is set.
MORE_WAYS = [(320, "dark", COLOURS), (1400, "light", COLOURS)]
IN_ALL_WAYS = {"book/intro", "book/questions", "notebooks/06_predict", "solutions/06_predict", "search"}
PARTS = 4  # the pages are dealt out to as many tests, so that two processes share them

FIND = """async ([rules, exceptions]) => {
    const options = {runOnly: rules, resultTypes: ["violations"], selectors: false, elementRef: true};
    const {violations} = await axe.run(options);
    return violations.flatMap(({id, nodes}) => nodes
        .filter(({element}) => !element.matches(exceptions[id] ?? ":not(*)"))
        .map(({html}) => `${id}: ${html.slice(0, 200)}`));
}"""
# The theme follows the scheme by a script, and its colours then fade from one to the other.
HAS_SETTLED = """(scheme) =>
    document.documentElement.dataset.theme === scheme && document.getAnimations().length === 0"""


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_on_any_page(part: int, book_html: Path, browser: Browser, node_modules: Path) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    window = browser.new_context(offline=True)
    page, found = window.new_page(), []
    pages = [*CHAPTERS, "search", "genindex"]
    assert set(pages) >= IN_ALL_WAYS
    in_all_ways = pages if "EVERY_WAY" in os.environ else IN_ALL_WAYS
    for name in pages[part::PARTS]:
        for width, scheme, rules in [*WAYS, *(MORE_WAYS if name in in_all_ways else [])]:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if (width, scheme) == WAYS[0][:2]:
                open_whole(page, f"{book_html.as_uri()}/{name}.html")
                page.evaluate(axe)
            wait_for(lambda scheme=scheme: page.evaluate(HAS_SETTLED, scheme))
            findings = page.evaluate(FIND, [rules, EXCEPTIONS])
            found += [f"{name}, {scheme}, {width} pixels wide: {finding}" for finding in findings]
    window.close()
    assert found == []


CHAPTER = "notebooks/06_predict"
MOST_TABS = 500  # more than a chapter has places for the focus
# The theme marks an arrow of its contents by a part of it.
FOCUS = """(selector) => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const isMarked = (part) => {
        const style = getComputedStyle(part);
        return style.boxShadow !== "none" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
    };
    return {
        isThere: element.matches(selector),
        isSeen: box.width > 0 && box.bottom > 0 && box.top < innerHeight &&
            [element, ...element.querySelectorAll(":scope > .toctree-toggle")].some(isMarked),
        html: element.outerHTML.slice(0, 200),
    };
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus. On the way, each that has it must be in sight, and marked."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS, selector)
        assert focus["isSeen"], focus["html"]
        if focus["isThere"]:
            return
    pytest.fail(f"The key Tab does not lead to {selector}.")


def test_the_first_tab_offers_to_skip_the_contents(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{book_html.as_uri()}/{CHAPTER}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip() == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_chapter_can_be_used_by_keys_and_shows_where_the_focus_is(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 1400, "height": 900})
    page.emulate_media(reduced_motion="reduce")  # the link that skips the contents would slide into sight
    page.goto(f"{book_html.as_uri()}/{CHAPTER}.html")
    page.locator(".digit-canvas").scroll_into_view_if_needed()
    expect(page.locator(".dc-surface")).to_be_visible()

    tab_to(page, ".dropdown-download-buttons > button")
    page.keyboard.press("Enter")
    tab_to(page, ".btn-download-archive-button")
    expect(page.locator(".btn-download-archive-button")).to_be_visible()

    tab_to(page, ".dc-surface")
    for key in ["Space", *["ArrowDown"] * 5, "Space"]:
        page.keyboard.press(key)
    expect(page.locator(".dc-answer strong")).to_be_visible()

    tab_to(page, "details.sd-dropdown > summary")
    page.keyboard.press("Enter")
    expect(page.locator("details.sd-dropdown").first).to_have_attribute("open", "")

    tab_to(page, "a.right-next")
