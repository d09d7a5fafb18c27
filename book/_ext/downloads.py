"""Sphinx extension: each chapter as a program, and all files of the book as one archive, to be downloaded.

Both are made anew in each build. The button with the arrow, at the top of each page, offers them.
"""

import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from nbconvert import PythonExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

PROJECT = Path(__file__).resolve().parents[2]
sys.path.append(str(PROJECT / "scripts"))

from book_files import list_book_files  # noqa: E402

ARCHIVE = "handwritten-digits.zip"
FOLDER = Path(ARCHIVE).stem  # what the archive unpacks into
NOTEBOOKS = ("notebooks/", "solutions/")
HEADING = re.compile(r"^##+ (.*)", re.MULTILINE)
# How a notebook shows figures, with the comment above.
SETTING = re.compile(r"(?:^#.*\n)?^%(?:config|matplotlib) .*\n?", re.MULTILINE)

# What a program begins with. A template of nbconvert's takes the place of its own first lines.
HEADER = """\
# {title}
#
# The code of {notebook} as one program, from the book "A Network That Reads Handwritten Digits".
#
# Install the book as its README says, put this file into the book's folder {folder}, and run it there:
#
#     python {program}
#
# It prints what the notebook's cells print, saves the figures in the book's folder figures, and takes as long as the
# notebook. What the notebook records in the folders results and models, it records there, too. With an empty folder
# named in the environment variable MNIST_UTILS_SMOKE, it trains for one epoch on 128 images, to see whether it runs at
# all, and writes into that folder only.

import os

os.environ.setdefault("MPLBACKEND", "module://mnist_utils.figure_files")  # plt.show() saves a figure and goes on
del __file__  # as in a notebook: a new worker process of Dask would run the file of its parent once more
"""
TEMPLATE = "{% extends 'python/index.py.j2' %}{% block header %}{{ resources.header }}{% endblock header %}"


def keep_what_a_program_needs(node: NotebookNode) -> NotebookNode:
    """Return a notebook with its code only, and before it the heading that it stands below.

    The cell that prepares Colab is left out, and so are the settings of figures in a notebook.
    """
    cells, heading = [], ""
    for cell in node.cells:
        if cell.cell_type == "markdown":
            heading = [heading, *HEADING.findall(cell.source)][-1]
        elif "google.colab" not in cell.source and (source := SETTING.sub("", cell.source).strip()):
            if heading:
                cells.append(new_markdown_cell(heading))
            cells.append(new_code_cell(source))
            heading = ""
    return NotebookNode(node, cells=cells)


def make_program(path: Path) -> str:
    """Return the code of a notebook as a Python program.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.

    Raises
    ------
    SyntaxError
        If a cell holds what is not Python, such as a magic command other than those that are left out.
    """
    notebook = nbformat.read(path, as_version=4)
    title = re.search(r"^# (.*)", notebook.cells[0].source, re.MULTILINE)[1]
    node = keep_what_a_program_needs(notebook)
    for cell in node.cells:
        if cell.cell_type == "code":
            compile(cell.source, path.name, "exec")
    header = HEADER.format(
        title=title, notebook=f"{path.parent.name}/{path.name}", folder=path.parent.name, program=f"{path.stem}.py"
    )
    exporter = PythonExporter(raw_template=TEMPLATE, exclude_input_prompt=True)
    program, _ = exporter.from_notebook_node(node, resources={"header": header})
    return program


def write_archive(path: Path) -> None:
    """Write all files of the book into a ZIP archive, in one folder."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in list_book_files(PROJECT):
            archive.write(PROJECT / name, f"{FOLDER}/{name}")


def write_downloads(app: Sphinx, config: Config) -> None:
    """Write the programs and the archive beside the pages, and tell the pages the archive's size."""
    folder = Path(app.outdir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_archive(folder / ARCHIVE)
    except RuntimeError as error:
        raise ExtensionError(f"The archive of the book's files could not be made. {error}") from error
    for name in NOTEBOOKS:
        for path in PROJECT.glob(f"{name}*.ipynb"):
            program = folder / name / f"{path.stem}.py"
            program.parent.mkdir(exist_ok=True)
            program.write_text(make_program(path), encoding="utf-8")
    link = f'<a href="../{ARCHIVE}"><code>{ARCHIVE}</code></a> ({describe_size(app)})'  # from a page in the folder book
    config.myst_substitutions = config.myst_substitutions | {"archive": link}


def describe_size(app: Sphinx) -> str:
    """Return the size of the archive as a reader reads it."""
    return f"{(Path(app.outdir) / ARCHIVE).stat().st_size / 1e6:.0f} MB"


def add_buttons(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.Node) -> None:
    """Add the downloads to the group of buttons in which the theme offers a page's source."""
    groups = [button for button in context["header_buttons"] if button.get("label") == "download-buttons"]
    for group in groups:
        if pagename.startswith(NOTEBOOKS):
            group["buttons"].append(
                {
                    "type": "link",
                    "url": context["pathto"](f"{pagename}.py", resource=True),
                    "text": ".py",
                    "tooltip": "Download this page's code as one program",
                    "icon": "fas fa-code",
                    "label": "download-program-button",
                }
            )
        group["buttons"].append(
            {
                "type": "link",
                "url": context["pathto"](ARCHIVE, resource=True),
                "text": ".zip",
                "tooltip": f"Download all files of the book ({describe_size(app)})",
                "icon": "fas fa-download",
                "label": "download-archive-button",
            }
        )
        group["buttons"].append(
            {
                "type": "link",
                "url": context["pathto"]("book/troubleshooting").removesuffix("#") + "#all-files",
                "text": "How to start",
                "tooltip": "How to unpack the book's files and start the chapters",
                "icon": "fas fa-play",
                "label": "start-button",
            }
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Write before the pages are read; add buttons after the theme has added its own (with priority 501)."""
    app.connect("config-inited", write_downloads)
    app.connect("html-page-context", add_buttons, priority=502)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
