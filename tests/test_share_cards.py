"""What other sites show beside a link to a page of the book: Open Graph's tags, and a picture."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from chapters import PROJECT, read_meta_tags
from draw_share_card import CARD, HEIGHT, WIDTH, draw_card
from PIL import Image


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
    tags = read_meta_tags(BeautifulSoup((published / "book" / "one.html").read_text(encoding="utf-8"), "html.parser"))
    assert tags["og:url"] == "https://someone.github.io/a-book/book/one.html"
    assert tags["og:image"] == "https://someone.github.io/a-book/_static/share_card.png"
    assert tags["og:description"] == tags["description"] == 'What "it" is & does.'
    assert tags["og:title"] == "One"


def test_a_page_without_a_description_shows_its_first_sentence(published: Path) -> None:
    tags = read_meta_tags(BeautifulSoup((published / "index.html").read_text(encoding="utf-8"), "html.parser"))
    assert tags["og:description"].startswith("A sentence.")
