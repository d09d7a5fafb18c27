"""What `make run` saves and records, what `make verify` reports, and how programs keep the results of earlier runs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import check_supply
import libraries
import nbformat
import numpy as np
import pytest
import run_torture
from nbformat.v4 import new_code_cell, new_notebook, new_output

import notebooks
from mnist_utils import paths


@pytest.fixture(autouse=True)
def times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where times are recorded in a test: not in the project's own file."""
    path = tmp_path / "results" / "notebooks.json"
    path.parent.mkdir()
    monkeypatch.setattr(notebooks, "TIMES", path)
    return path


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


def drawn(point: int, hour: int) -> nbformat.NotebookNode:
    """A notebook whose only figure is SVG as matplotlib writes it, with the time and a random name."""
    figure = f'<svg><dc:date>2026-11-29T{hour}:00:00</dc:date><path id="m{hour}345678ab" d="M {point} 2"/></svg>'
    return new_notebook(cells=[new_code_cell("...", outputs=[new_output("display_data", {"image/svg+xml": figure})])])


def test_compare_tells_of_another_figure_and_not_of_another_hour(capsys: pytest.CaptureFixture) -> None:
    notebooks.compare("x.ipynb", drawn(1, hour=10), drawn(1, hour=11))
    assert capsys.readouterr().out == ""
    notebooks.compare("x.ipynb", drawn(1, hour=10), drawn(2, hour=10))
    assert capsys.readouterr().out == "x.ipynb cell 0: the figure differs\n"


def test_compare_leaves_out_where_an_object_lies_in_memory() -> None:
    before, after = (notebook_that_printed(f"<Canvas object at {place}> 7") for place in ("0x7f66aa", "0x7f0173f8"))
    assert notebooks.compare("x.ipynb", before, after) == (1, 0)


def test_recorded_time_says_how_long_when_where_and_with_what(times: Path) -> None:
    notebooks.record_time("01_dataset", 12.34)
    (entry,) = json.loads(times.read_text()).values()
    assert entry["seconds"] == 12.3
    assert date.fromisoformat(entry["date"]) <= date.today()
    assert entry["processor"]
    assert entry["cores"] >= 1
    assert set(entry["versions"]) == {"python", "tensorflow", "keras", "numpy"}
    assert entry["versions"]["python"] == ".".join(str(part) for part in sys.version_info[:3])
    assert entry["versions"]["numpy"] == np.__version__


def test_recording_one_time_leaves_the_others_as_they_are(times: Path) -> None:
    notebooks.record_time("02_baseline", 60)
    before = json.loads(times.read_text())["02_baseline"]
    notebooks.record_time("03_batch_normalization", 70)
    notebooks.record_time("01_dataset", 10)
    notebooks.record_time("03_batch_normalization", 80)
    entries = json.loads(times.read_text())
    assert list(entries) == ["01_dataset", "02_baseline", "03_batch_normalization"]
    assert entries["02_baseline"] == before
    assert entries["03_batch_normalization"]["seconds"] == 80


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
def test_run_refuses_to_save_what_is_not_fit_to_be_committed(tmp_path: Path, times: Path) -> None:
    path = tmp_path / "x.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("import warnings; warnings.warn('a warning')")]), path)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="a warning"):
        notebooks.run([path])
    assert path.read_bytes() == before
    assert not times.exists(), "no time for a notebook that was not saved"


@pytest.mark.slow
def test_command_runs_at_full_scale_and_records_the_time(
    tmp_path: Path, times: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "07_own.ipynb"
    source = "import os\nprint(os.environ.get('MNIST_UTILS_SMOKE', 'full'))"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    monkeypatch.setenv("MNIST_UTILS_SMOKE", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["notebooks.py", "run", str(path)])
    assert notebooks.main() == 0
    (cell,) = nbformat.read(path, as_version=4).cells
    assert [output.text for output in cell.outputs] == ["full\n"]
    assert list(json.loads(times.read_text())) == ["07_own"]


@pytest.mark.slow
def test_verify_reports_what_differs_and_changes_no_file(
    tmp_path: Path, times: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(notebooks, "PROJECT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")  # verify sets it
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks" / "x.ipynb"
    output = new_output("stream", name="stdout", text="6 times 7 is 41\n")
    cell = new_code_cell("print('6 times 7 is', 6 * 7)", outputs=[output], execution_count=1)
    nbformat.write(new_notebook(cells=[cell]), path)
    times.write_text("{}\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    before = path.read_bytes()
    assert notebooks.verify([path]) == 1
    assert "x.ipynb cell 0: 41 -> 42\n3 numbers compared, 1 differ" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert times.read_text() == "{}\n"


@pytest.fixture
def torture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the torture's counts are recorded in a test: not in the project's own file."""
    monkeypatch.setattr(run_torture, "RESULTS", tmp_path / "torture.json")
    monkeypatch.setattr(run_torture, "TABLE", tmp_path / "torture.md")
    return tmp_path / "torture.json"


def test_torture_adds_up_what_its_tests_counted() -> None:
    counts = run_torture.Counts()
    for survived, failed in [(5, False), (3, True), (7, False)]:
        for when in ("setup", "call", "teardown"):
            counts.pytest_runtest_logreport(
                SimpleNamespace(
                    nodeid=f"tests/torture/test_images.py::test_{survived}",
                    when=when,
                    failed=failed and when == "call",
                    skipped=False,
                    user_properties=[("torture", {"tried": 7, "survived": survived, "at_stake": 1, "kept": 1})],
                )
            )
    assert counts.counts == {"tried": 21, "survived": 15, "at_stake": 3, "kept": 3}
    assert counts.failed == ["tests/torture/test_images.py::test_3"]


FOUND = {"tried": 1_200, "survived": 1_200, "at_stake": 0, "kept": 0, "failed": [], "date": "2026-11-27"}


def test_torture_records_one_area_and_leaves_the_others(torture: Path) -> None:
    run_torture.record("data", FOUND)
    run_torture.record("images", FOUND | {"tried": 1_300})
    run_torture.record("data", FOUND | {"tried": 1_400})
    results = json.loads(torture.read_text())
    assert {area: counts["tried"] for area, counts in results.items()} == {"images": 1_300, "data": 1_400}
    table = torture.with_suffix(".md").read_text()
    assert "| pictures | 1,300 | 1,200 | 0 | 0 | 2026-11-27 |" in table
    assert "| training | | | | | not yet |" in table


def test_the_table_of_the_torture_says_what_was_recorded() -> None:
    results = json.loads(run_torture.RESULTS.read_text("utf-8")) if run_torture.RESULTS.exists() else {}
    assert run_torture.TABLE.read_text("utf-8") == run_torture.to_table(results)


def test_each_area_of_the_torture_has_its_tests_and_is_run() -> None:
    files = (run_torture.PROJECT / "tests" / "torture").glob("test_*.py")
    assert {file.stem.removeprefix("test_") for file in files} == set(run_torture.AREAS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged"),
        (b'{"images": {"tri', "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[1]", "is damaged"),
        (b'{"images": 1}', "is damaged"),
        (b'{"images": {"cases": 1}}', "another version has written the entry 'images'"),
    ],
)
def test_a_damaged_results_file_is_named_before_anything_is_run_and_left_as_it_is(
    content: bytes, message: str, times: Path, torture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (times, torture):
        file.write_bytes(content)
    monkeypatch.setattr(notebooks, "execute", lambda _: pytest.fail("a notebook was run"))
    monkeypatch.setattr(run_torture, "run_area", lambda *_: pytest.fail("an area was run"))
    with pytest.raises(ValueError, match=rf"notebooks\.json: .*{message}.* Take it anew from the repository"):
        notebooks.run([Path("01_dataset.ipynb")])
    with pytest.raises(ValueError, match=rf"torture\.json: .*{message}.* Take it anew from the repository"):
        run_torture.main(["--area", "images"])
    for file in (times, torture):
        assert file.read_bytes() == content


WRITERS: dict[str, Callable[[], object]] = {
    "results/notebooks.json": lambda: notebooks.record_time("01_dataset", 10),
    "torture.json": lambda: run_torture.record("images", FOUND),
    "licences.md": lambda: check_supply.main(["--licences"]),
    "results/libraries.json": libraries.main,
    "01_dataset.ipynb": lambda: notebooks.run([notebooks.TIMES.parents[1] / "01_dataset.ipynb"]),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_a_program_could_not_write_whole_leaves_what_was_there(
    name: str, tmp_path: Path, times: Path, torture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_supply, "PAGE", tmp_path / "licences.md")
    monkeypatch.setattr(libraries, "compressed_bytes", lambda *_: 1)
    monkeypatch.setattr(notebooks, "execute", lambda _: new_notebook())
    monkeypatch.setattr(paths, "SMOKE", tmp_path)  # where benchmarks write
    (tmp_path / name).write_text("{}")
    files = set(tmp_path.rglob("*"))

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        WRITERS[name]()
    assert (tmp_path / name).read_text() == "{}"
    assert set(tmp_path.rglob("*")) == files
