"""Open a page of the book whole: with all that it folds, and with what it loads only when it comes into view."""

from playwright.sync_api import Page, expect
from waiting import wait_for

SHOW_ALL = """() => {
    for (const picture of document.images) picture.loading = "eager";
    for (const answer of document.querySelectorAll("details")) answer.open = true;
}"""


def open_whole(page: Page, address: str) -> None:
    """Open a page, unfold its answers, and wait until its pictures and canvases are there."""
    page.goto(address)
    page.evaluate(SHOW_ALL)
    for canvas in page.locator(".digit-canvas").all():
        canvas.scroll_into_view_if_needed()
        expect(canvas.locator(".dc-surface")).to_be_visible()
    wait_for(lambda: page.evaluate("[...document.images].every((picture) => picture.complete)"))
