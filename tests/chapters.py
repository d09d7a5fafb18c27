"""The book's pages, by the table of contents."""

from pathlib import Path

import yaml
from bs4 import BeautifulSoup

PROJECT = Path(__file__).resolve().parents[1]
TOC = yaml.safe_load((PROJECT / "_toc.yml").read_text(encoding="utf-8"))
TOP = [entry for part in TOC["parts"] for entry in part["chapters"]]
ENTRIES = [entry for chapter in TOP for entry in [chapter, *chapter.get("sections", [])]]
CHAPTERS: list[str] = [TOC["root"], *(entry["file"] for entry in ENTRIES)]
NOTEBOOKS: list[str] = [name for name in CHAPTERS if name.startswith(("notebooks/", "solutions/"))]


def read_meta_tags(page: BeautifulSoup) -> dict[str, str]:
    """Return the contents of a page's meta tags, by their properties or names."""
    return {tag.get("property") or tag.get("name"): tag.get("content") for tag in page.find_all("meta")}
