"""What `make run` saves, and what `make verify` reports."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

import notebooks


def notebook_that_printed(text: str, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    output = new_output("stream", name="stdout", text=text)
    return new_notebook(cells=[new_code_cell("...", metadata={"tags": list(tags)}, outputs=[output])])


def test_compare_counts_and_names_each_number_that_differs(capsys: pytest.CaptureFixture) -> None:
    before, after = notebook_that_printed("mean 98.5, std 0.1, n=5"), notebook_that_printed("mean 98.7, std 0.1, n=5")
    assert notebooks.compare("x.ipynb", before, after) == (3, 1)
    assert capsys.readouterr().out == "x.ipynb cell 0: 98.5 -> 98.7\n"


def test_compare_reports_other_words_and_missing_numbers(capsys: pytest.CaptureFixture) -> None:
    before = notebook_that_printed("deeper is better by 1")
    assert notebooks.compare("x.ipynb", before, notebook_that_printed("deeper is worse by 1")) == (1, 1)
    assert notebooks.compare("x.ipynb", before, notebook_that_printed("deeper is better by 1 2")) == (1, 1)
    assert "the text differs" in capsys.readouterr().out


def test_compare_leaves_out_cells_that_print_times() -> None:
    before, after = (notebook_that_printed(f"{n} s", tags=("nbval-ignore-output",)) for n in (1, 2))
    assert notebooks.compare("x.ipynb", before, after) == (0, 0)


@pytest.mark.slow
def test_run_saves_outputs_without_progress_bars_and_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    source = "from tqdm.auto import tqdm\nfor _ in tqdm(range(3)):\n    pass\nprint(6 * 7)"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    assert notebooks.run([path]) == 0
    once = path.read_bytes()
    (cell,) = nbformat.read(path, as_version=4).cells
    assert [output.text for output in cell.outputs] == ["42\n"]
    notebooks.run([path])
    assert path.read_bytes() == once


@pytest.mark.slow
def test_run_refuses_to_save_what_wrote_to_stderr(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import warnings; warnings.warn('a warning')")]), path)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="a warning"):
        notebooks.run([path])
    assert path.read_bytes() == before
