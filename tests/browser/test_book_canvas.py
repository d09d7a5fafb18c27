"""The canvas in the built book, opened from disk or from a server, with the network off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import EVERY_DIGIT, draw_with_finger, draw_with_mouse, pen_digit
from playwright.sync_api import Browser, Locator, Route, expect

pytestmark = pytest.mark.slow

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
HANDS = {"mouse": (DESKTOP, draw_with_mouse), "touch": (PHONE, draw_with_finger)}


@pytest.fixture(scope="module")
def pages(book_html: Path) -> list[Path]:
    """The book's pages with a canvas."""
    return [path for path in sorted(book_html.rglob("*.html")) if 'class="digit-canvas"' in path.read_text("utf-8")]


def test_the_opening_page_and_a_chapter_have_a_canvas(pages, book_html):
    names = {path.relative_to(book_html).parts[0] for path in pages}
    assert {"book", "notebooks"} <= names


@pytest.fixture(scope="module", params=HANDS)
def opening_canvas(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[tuple]:
    """The opening page's canvas, and a hand to draw on it."""
    options, draw = HANDS[request.param]
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(f"{address}/book/intro.html")
    canvas = page.locator(".digit-canvas").first
    canvas.scroll_into_view_if_needed()
    yield canvas, draw
    context.close()


@pytest.mark.parametrize(("digit", "place"), EVERY_DIGIT)
def test_reads_what_is_drawn_on_the_opening_page(opening_canvas, digit, place):
    canvas, draw = opening_canvas
    canvas.get_by_role("button", name="Clear").click()
    draw(canvas.locator(".dc-surface"), pen_digit(digit, place))
    expect(canvas.locator(".dc-answer strong")).to_have_text(str(digit))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_canvas_of_the_book_reads_a_digit(pages, browser, scheme):
    context = browser.new_context(**DESKTOP, offline=True, color_scheme=scheme)
    page = context.new_page()
    for path in pages:
        page.goto(path.as_uri())
        for canvas in page.locator(".digit-canvas").all():
            canvas.scroll_into_view_if_needed()
            draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(3))
            expect(canvas.locator(".dc-answer strong")).to_have_text("3")
            assert contrast(canvas.locator(".dc-answer")) >= 4.5
            assert contrast(canvas.locator("figcaption")) >= 4.5
            page.keyboard.press("Tab")  # from the surface to the next button, which is marked
            assert contrast(canvas.locator(":focus-visible"), "outlineColor") >= 3
    context.close()


@pytest.mark.parametrize("width", [320, 390, 620, 1280])
def test_what_stands_below_stays_where_it_is_when_the_canvas_comes(book_html, page, width):
    held: list[Route] = []
    page.route("**/loader.js*", lambda route: held.append(route))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{book_html.as_uri()}/book/intro.html", wait_until="commit")
    place = page.locator(".digit-canvas").first
    expect(place).to_be_visible()
    while not held:
        page.wait_for_timeout(20)
    before = place.bounding_box()["height"]
    held[0].continue_()
    expect(place.locator(".dc-surface")).to_be_visible()
    assert place.bounding_box()["height"] == pytest.approx(before, abs=12), "less than a line"


def contrast(element: Locator, part: str = "color") -> float:
    """Return the contrast of an element's text, or its outline, with the page, as WCAG defines it."""
    text, ground = element.evaluate(
        """(element, part) => [getComputedStyle(element)[part], getComputedStyle(document.body).backgroundColor].map(
            (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number))""",
        part,
    )

    def luminance(color: list[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(text), luminance(ground)])
    return (high + 0.05) / (low + 0.05)
