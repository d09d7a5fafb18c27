"""The book's pages, by the table of contents."""

from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]
TOC = yaml.safe_load((PROJECT / "_toc.yml").read_text(encoding="utf-8"))
CHAPTERS: list[str] = [TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])]
NOTEBOOKS: list[str] = [name for name in CHAPTERS if name.startswith("notebooks/")]
