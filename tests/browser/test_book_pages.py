"""The built book in a browser: its pages opened from disk or from a server, on a desktop and on a phone."""

from pathlib import Path

import pytest
from chapters import CHAPTERS, NOTEBOOKS
from opening import open_whole
from playwright.sync_api import BrowserContext, expect
from waiting import wait_for

pytestmark = pytest.mark.slow


DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 320, "height": 780}


def test_pages_open_silently_load_nothing_from_elsewhere_and_fit_a_phone(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on(
        "request",
        lambda request: (
            said.append(f"{page.url} asks for {request.url}")
            if not request.url.startswith((address, "data:", "blob:"))
            else None
        ),
    )
    page.on(
        "requestfailed",
        lambda request: (
            said.append(f"{page.url} cannot load {request.url}: {request.failure}")
            if request.failure != "net::ERR_ABORTED"  # the test left a page whose icon was still on its way
            else None
        ),
    )
    # Each page in one way: half of them from disk in a light scheme, half from a server in a dark one.
    from_disk = address.startswith("file:")
    page.emulate_media(color_scheme="light" if from_disk else "dark")
    too_wide = []
    for name in [*CHAPTERS, "search", "genindex"][int(from_disk) :: 2]:
        page.set_viewport_size(DESKTOP)
        open_whole(page, f"{address}/{name}.html")
        page.set_viewport_size(PHONE)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            too_wide.append(name)
    assert said == []
    assert too_wide == []


def test_a_page_runs_the_code_that_it_was_built_with_and_no_other(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{address}/{NOTEBOOKS[0]}.html")
    page.locator(".btn-fullscreen-button").click()
    wait_for(lambda: page.evaluate("document.fullscreenElement !== null"))
    page.evaluate("document.exitFullscreen()")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.locator(".dropdown-download-buttons button").first.click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("printed")
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.foreign = true";
                document.body.append(script);
            }"""
        )
    assert page.evaluate("window.foreign") is None


def test_search_finds_a_term(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{address}/search.html?q=softmax")
    page.locator("#search-results li a", has_text="Glossary").first.wait_for()


def test_dark_mode_can_be_chosen_and_figures_keep_a_light_ground(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="light")
    page.goto(f"{book_html.as_uri()}/{NOTEBOOKS[0]}.html")
    switch = page.locator(".theme-switch-button").first
    for _ in range(3):  # auto, light, dark, in turn
        switch.click()
        if page.locator("html").get_attribute("data-theme") == "dark":
            break
    assert page.locator("html").get_attribute("data-theme") == "dark"
    figure = page.locator(".cell_output img").first
    assert figure.evaluate("image => getComputedStyle(image).backgroundColor") == "rgb(255, 255, 255)"
    assert figure.evaluate("image => getComputedStyle(image).filter") == "none"


def test_code_can_be_copied(book_html: Path, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{book_html.as_uri()}/book/questions.html")
    block = page.locator("div.highlight-python").first
    block.hover()
    block.locator("button.copybtn").click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == block.locator("pre").inner_text().strip()


def test_a_click_saves_a_chapter_as_a_program_or_shows_it(
    address: str, book_html: Path, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{address}/{NOTEBOOKS[0]}.html")
    page.locator(".dropdown-download-buttons button").first.click()
    program = (book_html / f"{NOTEBOOKS[0]}.py").read_text(encoding="utf-8")
    button = page.locator("a.btn-download-program-button")
    if address.startswith("file:"):  # what is on the disk already is not saved, but shown in another tab
        with page.expect_popup() as shown:
            button.click()
        assert shown.value.locator("body").inner_text().strip() == program.strip()
    else:
        with page.expect_download() as saved:
            button.click()
        assert saved.value.path().read_text(encoding="utf-8") == program


def test_answers_are_folded_on_the_screen_and_open_on_paper(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{book_html.as_uri()}/notebooks/03_batch_normalization.html")
    visible = page.locator("details .sd-summary-content").filter(visible=True)
    expect(visible).to_have_count(0)
    page.emulate_media(media="print")
    expect(visible).to_have_count(3)


@pytest.mark.parametrize(("width", "height", "least"), [(1280, 720, 280), (390, 844, 350)])
def test_the_opening_page_shows_its_whole_drawing_area_on_the_first_screen(
    width: int, height: int, least: int, book_html: Path, context: BrowserContext
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{book_html.as_uri()}/book/intro.html")
    surface = page.locator(".dc-surface")
    expect(surface).to_be_visible()
    box = surface.bounding_box()
    assert box["y"] + box["height"] <= height
    assert box["width"] >= least


def test_nothing_moves_by_itself_for_readers_who_ask_for_that(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{book_html.as_uri()}/{NOTEBOOKS[2]}.html")
    moving = """all => all.map(one => getComputedStyle(one)).filter(style => style.scrollBehavior !== "auto" ||
        /[1-9]/.test(style.transitionDuration + style.animationDuration)).length"""
    assert page.locator("html, html *").evaluate_all(moving) == 0


@pytest.mark.parametrize("name", ["notebooks/03_batch_normalization", "notebooks/10_difference", "book/questions"])
def test_paper_cuts_no_code_off_and_parts_no_cell(name: str, book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 with the usual margins
    page.goto(f"{book_html.as_uri()}/{name}.html")
    page.emulate_media(media="print")
    cut_off = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.innerText)"
    assert page.locator("article pre").evaluate_all(cut_off) == []
    parted = "cells => cells.filter(cell => getComputedStyle(cell).breakInside !== 'avoid').length"
    assert page.locator("article div.cell").evaluate_all(parted) == 0


def test_what_an_exercise_types_into_the_browsers_console_runs(book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{book_html.as_uri()}/notebooks/15_in_the_browser.html")
    for canvas in page.locator(".digit-canvas").all():
        canvas.scroll_into_view_if_needed()
        expect(canvas.locator(".dc-surface")).to_be_visible()
    page.evaluate(page.locator("pre", has_text="console.timeEnd").inner_text())
    assert [line.partition(":")[0] for line in said] == ["100 predictions"]
