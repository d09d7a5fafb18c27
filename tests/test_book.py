"""The built book: what a reader relies on when the pages are opened, from disk or from a server."""

import functools
import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import BrowserContext

PROJECT = Path(__file__).resolve().parents[1]
TOC = yaml.safe_load((PROJECT / "_toc.yml").read_text(encoding="utf8"))
CHAPTERS = [TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])]
NOTEBOOKS = [name for name in CHAPTERS if name.startswith("notebooks/")]

sys.path.insert(0, str(PROJECT / "book" / "_ext"))

pytestmark = pytest.mark.slow


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def pages(book_html: Path) -> dict[Path, BeautifulSoup]:
    """Every page of the book, parsed."""
    paths = (path for path in book_html.rglob("*.html") if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_text(encoding="utf8"), "html.parser") for path in paths}


@pytest.fixture(scope="module", params=["from disk", "from a server"])
def address(request: pytest.FixtureRequest, book_html: Path) -> Iterator[str]:
    """The book's address, its pages read from disk or served on this computer."""
    if request.param == "from disk":
        yield book_html.as_uri()
        return
    handler = functools.partial(QuietHandler, directory=book_html)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_every_chapter_has_a_page_and_the_index_leads_to_the_first(book_html: Path) -> None:
    assert [name for name in CHAPTERS if not (book_html / f"{name}.html").is_file()] == []
    assert f"{TOC['root']}.html" in (book_html / "index.html").read_text(encoding="utf8")


def test_every_notebook_is_a_chapter() -> None:
    assert sorted(NOTEBOOKS) == sorted(f"notebooks/{path.stem}" for path in (PROJECT / "notebooks").glob("*.ipynb"))


def test_internal_links_resolve(pages: dict[Path, BeautifulSoup]) -> None:
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for tag in page.find_all(["a", "link", "script", "img", "source"]):
            link = urlsplit(tag.get("href") or tag.get("src") or "")
            if link.scheme or link.netloc:
                continue
            target = (path.parent / unquote(link.path)).resolve() if link.path else path
            if not target.is_file() or (
                link.fragment and target in anchors and unquote(link.fragment) not in anchors[target]
            ):
                broken.append(f"{path.name}: {link.geturl()}")
    assert broken == []


def test_every_image_has_alternative_text(pages: dict[Path, BeautifulSoup]) -> None:
    without = [
        f"{path.name}: {img.get('src')}"
        for path, page in pages.items()
        for img in page.find_all("img")
        if not img.get("alt", "").strip()
    ]
    # Sphinx repeats the file's name where a figure has no text of its own.
    named = [
        f"{path.name}: {img['alt']}"
        for path, page in pages.items()
        for img in page.find_all("img")
        if re.search(r"\.(png|svg)$", img.get("alt", ""))
    ]
    assert without + named == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_page_has_title_and_description(name: str, book_html: Path) -> None:
    page = BeautifulSoup((book_html / f"{name}.html").read_text(encoding="utf8"), "html.parser")
    description = page.find("meta", attrs={"name": "description"})
    assert page.title.string.strip()
    assert description is not None
    assert 50 <= len(description["content"]) <= 300


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_can_be_downloaded(name: str, book_html: Path) -> None:
    page = BeautifulSoup((book_html / f"{name}.html").read_text(encoding="utf8"), "html.parser")
    links = [
        tag["href"]
        for tag in page.find_all("a", href=re.compile(r"\.ipynb$"))
        if "btn-download-source-button" in tag.get("class", [])
    ]
    assert links
    downloaded = (book_html / f"{name}.html").parent / links[0]
    assert downloaded.read_bytes() == (PROJECT / f"{name}.ipynb").read_bytes()


def test_thirty_questions_each_with_an_answer_that_leads_further(book_html: Path) -> None:
    page = BeautifulSoup((book_html / "book" / "questions.html").read_text(encoding="utf8"), "html.parser")
    questions = [
        section for section in page.find_all("section") if re.match(r"\d+\. ", section.find(["h2", "h3"]).get_text())
    ]
    assert [int(section.h3.get_text().split(".")[0]) for section in questions] == list(range(1, 31))
    lonely = [
        section.h3.get_text()
        for section in questions
        if not section.select("p a.reference.internal, ul a.reference.internal")
    ]
    assert lonely == []


def test_reference_documents_every_module() -> None:
    page = (PROJECT / "book" / "api.md").read_text(encoding="utf8")
    package = PROJECT / "mnist_utils"
    modules = {path.stem for path in package.glob("*.py")} | {
        path.parent.name for path in package.glob("*/__init__.py")
    }
    modules.discard("__init__")
    assert {name for name in modules if f"automodule:: mnist_utils.{name}\n" not in page} == set()


def test_pages_open_silently_and_load_nothing_from_elsewhere(address: str, context: BrowserContext) -> None:
    page = context.new_page()
    # Either scheme once: all pages in both ways and both schemes would take minutes.
    page.emulate_media(color_scheme="light" if address.startswith("file:") else "dark")
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
    page.on("requestfailed", lambda request: said.append(f"{page.url} cannot load {request.url}"))
    for name in [*CHAPTERS, "search", "genindex"]:
        page.goto(f"{address}/{name}.html", wait_until="load")
        page.mouse.wheel(0, 100_000)  # what loads only when it comes into view
        page.wait_for_load_state("networkidle")
    assert said == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_page_does_not_scroll_sideways_on_a_phone(name: str, book_html: Path, context: BrowserContext) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(f"{book_html.as_uri()}/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


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


def test_launch_buttons_appear_only_when_the_address_is_known(
    pages: dict[Path, BeautifulSoup], monkeypatch: pytest.MonkeyPatch
) -> None:
    from launch_buttons import set_buttons

    if "BOOK_REPOSITORY" not in os.environ:
        assert [path for path, page in pages.items() if page.find(href=re.compile(r"colab\.research|mybinder"))] == []

    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    config = SimpleNamespace(html_theme_options={})
    set_buttons(None, config)
    assert config.html_theme_options == {}

    monkeypatch.setenv("BOOK_REPOSITORY", "https://github.com/someone/a-book/")
    set_buttons(None, config)
    assert config.html_theme_options["repository_url"] == "https://github.com/someone/a-book"
    assert set(config.html_theme_options["launch_buttons"]) >= {"colab_url", "binderhub_url"}


def test_no_tracked_file_names_a_package_registry() -> None:
    # Written in two parts, so that this file names none either.
    hosts = [
        ".".join(parts) for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com")]
    ]
    command = ["git", "grep", "-I", "-l", "-i", "-F", *(f"-e{host}" for host in hosts)]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode in (0, 1), found.stderr
    assert found.stdout == ""
