"""What must not be committed in a notebook is found, and nothing else."""

import sys
from pathlib import Path

import check_notebooks
import nbformat
import pytest
from check_notebooks import find_faults, find_placeholders
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def notebook(*outputs: NotebookNode, source: str = "6 * 7", execution_count: int = 1) -> NotebookNode:
    cell = new_code_cell(source, outputs=list(outputs), execution_count=execution_count)
    return new_notebook(cells=[new_markdown_cell("Some prose."), cell])


def printed(text: str, stream: str = "stdout") -> NotebookNode:
    return new_output("stream", name=stream, text=text)


def test_a_clean_notebook_has_no_fault() -> None:
    answer = new_output("execute_result", data={"text/plain": "42"}, execution_count=1)
    assert find_faults(notebook(printed("98% right\n"), answer)) == []


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        (notebook(execution_count=2), "not executed once each, from top to bottom"),
        (notebook(new_output("error", ename="ValueError", evalue="no digit")), "failed with ValueError: no digit"),
        (notebook(printed("a warning", "stderr")), "wrote to stderr"),
        (notebook(new_output("display_data", data={"text/plain": "fold 1:  40%|████  | 20/50"})), "a progress bar"),
        (notebook(printed("saved as /home/me/digit.png")), "a path of one machine: /home/me/digit.png"),
        (notebook(*[new_output("display_data", data={"image/png": ""})] * 2), "several figures, which share its"),
        (notebook(source="load('C:\\\\digits\\\\2.png')"), "a path of one machine: C:"),
    ],
)
def test_each_fault_is_named(node: NotebookNode, fault: str) -> None:
    (found,) = find_faults(node)
    assert fault in found


def test_an_alternative_text_still_to_be_written_is_a_fault() -> None:
    node = notebook()
    node.cells[1].metadata["mystnb"] = {"image": {"alt": "The scores rise [in %] with the rows."}}
    assert find_placeholders(node) == []
    node.cells[1].metadata["mystnb"] = {"image": {"alt": "[scores-figure]"}}
    assert find_placeholders(node) == ["An alternative text is still to be written: [scores-figure]"]


def test_traces_of_when_and_by_what_it_was_run_are_faults() -> None:
    node = notebook()
    node.cells[1].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    node.metadata |= {"widgets": {}, "language_info": {"name": "python", "version": "3.11.7"}}
    assert len(find_faults(node)) == 3


def test_command_fails_and_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    clean, faulty = tmp_path / "clean.ipynb", tmp_path / "faulty.ipynb"
    nbformat.write(notebook(), clean)
    nbformat.write(notebook(execution_count=7), faulty)
    monkeypatch.setattr(sys, "argv", ["check_notebooks.py", str(clean)])
    assert check_notebooks.main() == 0
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sys, "argv", ["check_notebooks.py", str(clean), str(faulty)])
    assert check_notebooks.main() == 1
    assert capsys.readouterr().out.startswith(f"{faulty}: ")
