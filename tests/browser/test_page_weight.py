"""How much a page of the built book loads, and how its figures behave."""

import gzip
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.slow

CHAPTER = "notebooks/10_difference"  # the one with the most figures
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LIMIT = 200_000  # bytes, compressed: text, code and styles of a page, without its canvas and its figures


def read_what_loads(page_html: Path, context: BrowserContext) -> dict[Path, int]:
    """Return the files that a page loads without being scrolled, with their compressed sizes in bytes."""
    page, files = context.new_page(), []
    page.on("request", lambda request: files.append(Path(unquote(urlsplit(request.url).path))))
    page.goto(page_html.as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready.then(() => {})")
    page.close()
    return {path: len(gzip.compress(path.read_bytes())) for path in files if path.is_file()}


@pytest.mark.parametrize("name", ["book/intro", CHAPTER])
def test_text_code_and_styles_of_a_page_are_light(name: str, book_html: Path, context: BrowserContext) -> None:
    loaded = read_what_loads(book_html / f"{name}.html", context)
    text = {path: size for path, size in loaded.items() if path.suffix in {".html", ".css", ".js", ".woff2", ".ttf"}}
    assert {path.suffix for path in text} == {".html", ".css", ".js"}, "all icons are in the style sheet icons.css"
    page = {path: size for path, size in text.items() if "digit_canvas" not in path.parts}
    assert sum(page.values()) < LIMIT, sorted((size, path.name) for path, size in page.items())


def test_figures_further_down_are_loaded_late_and_keep_their_place(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto((book_html / f"{CHAPTER}.html").as_uri(), wait_until="load")
    figures = page.locator(".bd-article img")
    assert not figures.last.evaluate("figure => figure.complete")
    height = page.evaluate("document.documentElement.scrollHeight")
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        figure.evaluate("figure => figure.decode()")
        shown = figure.bounding_box()
        natural = figure.evaluate("figure => figure.naturalWidth / figure.naturalHeight")
        assert shown["width"] / shown["height"] == pytest.approx(natural, rel=0.02)
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(height, abs=5)


def test_a_wide_figure_opens_at_full_size_by_keys_on_a_phone(book_html: Path, browser: Browser) -> None:
    context = browser.new_context(**PHONE, offline=True)
    page = context.new_page()
    page.goto((book_html / f"{CHAPTER}.html").as_uri())
    link = page.locator("a.full-size").first
    link.scroll_into_view_if_needed()
    drawn = link.locator("img").bounding_box()["width"]
    width = int(link.locator("img").get_attribute("width"))
    assert drawn < width
    link.press("Enter")
    page.wait_for_url("**/_images/*")
    figure = page.locator("img, svg").first
    assert figure.evaluate("figure => figure.naturalWidth ?? Math.round(figure.width.baseVal.value)") == width
    page.go_back()
    page.wait_for_url("**/notebooks/*")
    context.close()
