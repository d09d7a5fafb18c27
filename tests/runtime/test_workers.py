"""Work in processes of their own."""

import os
import subprocess
import sys

import pytest
from filelock import FileLock

from mnist_utils._runtime.workers import parallel_map

pytestmark = pytest.mark.slow


@pytest.fixture(params=[1, 2], ids=["one core", "two cores"], autouse=True)
def cores(request, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", str(request.param))
    return request.param


def test_results_come_in_order_from_functions_defined_anywhere():
    offset = 3
    assert parallel_map(lambda a, b: a * b + offset, range(20), range(20)) == [i * i + 3 for i in range(20)]
    assert parallel_map(abs, []) == []


def test_an_error_comes_back_as_it_is():
    with pytest.raises(ZeroDivisionError):
        parallel_map(lambda n: 1 // n, [1, 0])


def test_arguments_of_different_length_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        parallel_map(pow, [1, 2], [1])


def run(code, folder):
    """Run Python in a process with a folder of its own for temporary files; return what it prints."""
    environment = os.environ | {"TMPDIR": str(folder), "TEMP": str(folder)}
    command = [sys.executable, "-c", f"from mnist_utils._runtime.workers import parallel_map\n{code}"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_folders_of_killed_processes_are_removed_and_those_of_living_ones_stay(tmp_path, cores):
    locks = {name: tmp_path / f"mnist_utils_{name}/caller_lives.lock" for name in ("killed", "lives", "starts")}
    for lock in locks.values():
        lock.parent.mkdir()
        (lock.parent / "X.npy").touch()
        lock.touch()
    with FileLock(locks["lives"]):
        for name in ("killed", "lives"):
            os.utime(locks[name], (0, 0))
        run("parallel_map(abs, [1, 2])", tmp_path)
    left = {name for name, lock in locks.items() if lock.exists()}
    # With one core no process is started, and nothing is written.
    assert left == ({"lives", "starts"} if cores > 1 else set(locks))


def test_it_goes_on_after_the_system_has_removed_old_temporary_files(tmp_path):
    code = f"""
import pathlib, shutil
for _ in range(2):
    print(parallel_map(abs, [-1, -2]))
    for folder in pathlib.Path({str(tmp_path)!r}).glob("mnist_utils_*"):
        shutil.rmtree(folder)
"""
    assert run(code, tmp_path) == "[1, 2]\n" * 2
