"""The built book: what a reader relies on, as far as it can be seen without a browser."""

import os
import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from chapters import CHAPTERS, NOTEBOOKS, PROJECT, TOC, read_meta_tags
from downloads import ARCHIVE, make_program
from draw_share_card import CARD

Pages = dict[Path, BeautifulSoup]


@pytest.fixture(scope="module")
def pages(book_html: Path) -> Pages:
    """Every page of the book, parsed."""
    paths = (path for path in book_html.rglob("*.html") if "_static" not in path.parts)
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in paths}


def test_every_notebook_is_a_page() -> None:
    found = [*PROJECT.glob("notebooks/*.ipynb"), *PROJECT.glob("solutions/*.ipynb")]
    assert sorted(NOTEBOOKS) == sorted(f"{path.parent.name}/{path.stem}" for path in found)


def test_reference_documents_every_public_module() -> None:
    page = (PROJECT / "book" / "api.md").read_text(encoding="utf-8")
    package = PROJECT / "mnist_utils"
    modules = {path.stem for path in package.glob("*.py")} | {path.parent.name for path in package.glob("*/*.py")}
    public = {name for name in modules if not name.startswith("_")}
    assert {name for name in public if f"automodule:: mnist_utils.{name}\n" not in page} == set()


def test_launch_buttons_lead_to_the_repository_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROJECT / "book" / "_ext")
    from launch_buttons import set_buttons

    monkeypatch.delenv("BOOK_REPOSITORY", raising=False)
    config = SimpleNamespace(html_theme_options={})
    set_buttons(None, config)
    assert config.html_theme_options == {}

    monkeypatch.setenv("BOOK_REPOSITORY", "https://github.com/someone/a-book/")
    set_buttons(None, config)
    assert config.html_theme_options["repository_url"] == "https://github.com/someone/a-book"
    assert set(config.html_theme_options["launch_buttons"]) >= {"colab_url", "binderhub_url"}


@pytest.mark.slow
@pytest.mark.skipif("BOOK_REPOSITORY" in os.environ, reason="the book is built for a repository")
def test_no_launch_button_appears_where_the_repository_is_unknown(pages: Pages) -> None:
    assert [path for path, page in pages.items() if page.find(href=re.compile(r"colab\.research|mybinder"))] == []


@pytest.mark.slow
def test_every_chapter_has_a_page(book_html: Path) -> None:
    assert [name for name in CHAPTERS if not (book_html / f"{name}.html").is_file()] == []


@pytest.mark.slow
def test_the_books_address_leads_to_the_opening_page_and_has_its_card(book_html: Path, pages: Pages) -> None:
    start, opening = pages[book_html / "index.html"], pages[book_html / f"{TOC['root']}.html"]
    assert start.html["lang"] == "en"
    assert start.title.string == opening.title.string == read_meta_tags(opening)["og:site_name"]
    assert start.find("meta", {"http-equiv": "refresh"})["content"] == f"0; url={TOC['root']}.html"
    assert [link["href"] for link in start.find_all("a")] == [f"{TOC['root']}.html"], "for who has no refresh"
    tags, of_opening = read_meta_tags(start), read_meta_tags(opening)
    for name in ("description", "og:title", "og:description", "og:image:alt", "twitter:card"):
        assert tags[name] == of_opening[name], name
    assert (book_html / tags["og:url"]).resolve() == book_html / f"{TOC['root']}.html"
    assert (book_html / tags["og:image"]).resolve().read_bytes() == CARD.read_bytes()


@pytest.mark.slow
def test_every_page_states_a_policy_that_lets_no_other_site_in(book_html: Path, pages: Pages) -> None:
    for name in [*CHAPTERS, "index", "search", "genindex"]:
        head = pages[book_html / f"{name}.html"].head
        policy = head.find("meta", {"http-equiv": "Content-Security-Policy"})
        assert not policy.find_previous_siblings(["script", "link", "style"]), name
        rules = dict(rule.strip().split(" ", 1) for rule in policy["content"].split(";"))
        assert rules["default-src"] == "'none'"
        assert "'unsafe-inline'" not in rules["script-src"]
        assert not re.search(r"https?:|\*", policy["content"])


@pytest.mark.slow
def test_what_we_write_has_no_code_inside_of_its_page(book_html: Path, pages: Pages) -> None:
    for name in CHAPTERS:
        text = pages[book_html / f"{name}.html"].find("article")
        assert text.select("script, [onclick], [onload], [onerror]") == [], name
    assert not any("<script" in path.read_text("utf-8") for path in PROJECT.glob("book/_templates/*.html"))


@pytest.mark.slow
def test_internal_links_resolve(pages: Pages) -> None:
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


@pytest.mark.slow
def test_every_image_has_alternative_text(pages: Pages) -> None:
    # Sphinx repeats the file's name where a figure has no text of its own.
    without = [
        f"{path.name}: {image.get('src')}"
        for path, page in pages.items()
        for image in page.find_all("img")
        if not image.get("alt", "").strip() or re.search(r"\.(png|svg)$", image["alt"])
    ]
    assert without == []


@pytest.mark.slow
def test_formulas_are_mathml_which_browsers_show_by_themselves(book_html: Path, pages: Pages) -> None:
    page = pages[book_html / "notebooks" / "03_batch_normalization.html"]
    assert {formula["display"] for formula in page.find_all("math")} == {"inline", "block"}
    assert page.find("math").find("mi")
    assert [path for path, page in pages.items() if page.find(class_="math")] == [], "left for MathJax"


@pytest.mark.slow
def test_every_page_has_a_title_and_a_description(book_html: Path, pages: Pages) -> None:
    for name in [*CHAPTERS, "search", "genindex"]:
        page = pages[book_html / f"{name}.html"]
        assert page.title.string.strip(), name
        description = page.find("meta", attrs={"name": "description"})
        assert description is not None, name
        assert 50 <= len(description["content"]) <= 300, name


@pytest.mark.slow
def test_every_notebook_can_be_downloaded(book_html: Path, pages: Pages) -> None:
    for name in NOTEBOOKS:
        path = book_html / f"{name}.html"
        link = pages[path].find("a", class_="btn-download-source-button", href=re.compile(r"\.ipynb$"))
        assert link, name
        assert (path.parent / link["href"]).read_bytes() == (PROJECT / f"{name}.ipynb").read_bytes()


@pytest.mark.slow
def test_every_notebook_can_be_downloaded_as_a_program(book_html: Path, pages: Pages) -> None:
    for name in NOTEBOOKS:
        path = book_html / f"{name}.html"
        link = pages[path].select_one("a.btn-download-program-button")
        assert link is not None, name
        assert (path.parent / link["href"]).resolve() == book_html / f"{name}.py"
        program = (book_html / f"{name}.py").read_text(encoding="utf-8")
        assert program == make_program(PROJECT / f"{name}.ipynb")


@pytest.mark.slow
def test_every_page_offers_the_archive_and_says_its_size(book_html: Path, pages: Pages) -> None:
    size = f"{(book_html / ARCHIVE).stat().st_size / 1e6:.0f} MB"
    for name in CHAPTERS:
        path = book_html / f"{name}.html"
        link = pages[path].select_one("a.btn-download-archive-button")
        assert link is not None, name
        assert (path.parent / link["href"]).resolve() == book_html / ARCHIVE
        assert size in link["title"]
        start = urljoin(path.as_uri(), pages[path].select_one("a.btn-start-button")["href"])
        assert start == (book_html / "book/troubleshooting.html").as_uri() + "#all-files"
    page = pages[book_html / "book" / "troubleshooting.html"]
    assert f"{ARCHIVE} ({size})" in page.find(id="all-files-of-the-book-without-git").get_text()


@pytest.mark.slow
@pytest.mark.skipif("BOOK_ADDRESS" in os.environ, reason="the book is built for an address")
def test_every_page_has_a_card_for_links_to_it(book_html: Path, pages: Pages) -> None:
    # Its addresses count from the page where the book's own is unknown: none leads to another site, or nowhere.
    for name in CHAPTERS:
        path = book_html / f"{name}.html"
        tags = read_meta_tags(pages[path])
        assert tags["og:site_name"] in pages[path].title.string, name
        assert tags["og:title"], name
        assert tags["og:description"] == tags["description"], name
        assert tags["og:image:alt"], name
        assert tags["twitter:card"] == "summary_large_image", name
        assert (path.parent / tags["og:url"]).resolve() == path, name
        assert (path.parent / tags["og:image"]).resolve().read_bytes() == CARD.read_bytes(), name


@pytest.mark.slow
def test_each_question_has_a_number_and_an_answer_that_leads_further(book_html: Path, pages: Pages) -> None:
    page = pages[book_html / "book" / "questions.html"]
    numbers, lonely = [], []
    for section in page.find_all("section"):
        heading = section.find(["h2", "h3"]).get_text()
        if number := re.match(r"(\d+)\. ", heading):
            numbers.append(int(number[1]))
            if not section.select("p a.reference.internal, ul a.reference.internal"):
                lonely.append(heading)
    assert numbers
    assert numbers == list(range(1, len(numbers) + 1))
    assert lonely == []
