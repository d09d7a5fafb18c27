"""What other sites show beside a link to a page of the book: Open Graph's tags, and a picture."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from chapters import CHAPTERS, PROJECT
from draw_share_card import CARD, HEIGHT, WIDTH, draw_card
from PIL import Image


def read_tags(path: Path) -> dict[str, str]:
    """The contents of a page's meta tags, by their names or properties."""
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return {tag.get("property") or tag.get("name"): tag.get("content") for tag in page.find_all("meta")}


def test_picture_has_the_size_that_sites_ask_for_and_can_be_drawn_anew(tmp_path: Path) -> None:
    draw_card(tmp_path / "card.png")
    for path in (CARD, tmp_path / "card.png"):
        with Image.open(path) as picture:
            assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT)) == ("PNG", (1200, 630))
            assert len(picture.convert("RGB").getcolors()) > 10, "it shows something"
        assert path.stat().st_size < 100_000


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small book, built with a known address."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    (source / "conf.py").write_text("extensions = ['share_cards']\n", encoding="utf-8")
    (source / "book").mkdir()
    (source / "index.rst").write_text("A title\n=======\n\nA sentence.\n\n.. toctree::\n\n   book/one\n", "utf-8")
    page = '.. meta::\n   :description: What "it" is & does.\n\nOne\n===\n\nThe first sentence.\n'
    (source / "book" / "one.rst").write_text(page, encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "book" / "_ext"), os.environ.get("PYTHONPATH", "")]),
        "BOOK_ADDRESS": "https://someone.github.io/a-book",
    }
    command = [sys.executable, "-m", "sphinx", "-q", "-W", source, target]
    subprocess.run(command, env=environment, check=True)
    return target


def test_a_published_page_has_whole_addresses_and_its_own_description(published: Path) -> None:
    tags = read_tags(published / "book" / "one.html")
    assert tags["og:url"] == "https://someone.github.io/a-book/book/one.html"
    assert tags["og:image"] == "https://someone.github.io/a-book/_static/share_card.png"
    assert tags["og:description"] == tags["description"] == 'What "it" is & does.'
    assert tags["og:title"] == "One"


def test_a_page_without_a_description_shows_its_first_sentence(published: Path) -> None:
    assert read_tags(published / "index.html")["og:description"].startswith("A sentence.")


@pytest.mark.slow
@pytest.mark.skipif("BOOK_ADDRESS" in os.environ, reason="the book is built for an address")
def test_every_page_of_the_book_has_a_card_that_leads_nowhere_else(book_html: Path) -> None:
    for name in CHAPTERS:
        path = book_html / f"{name}.html"
        tags = read_tags(path)
        assert tags["og:title"], name
        assert tags["og:description"] == tags["description"], name
        assert tags["og:image:alt"], name
        assert tags["twitter:card"] == "summary_large_image", name
        assert (path.parent / tags["og:url"]).resolve() == path, name
        picture = (path.parent / tags["og:image"]).resolve()
        assert picture.read_bytes() == CARD.read_bytes(), name
