"""List the files that the book consists of."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
# What is made by building, running and testing, in a folder that git knows nothing of.
MADE = {"_build", "node_modules", "__pycache__", "figures", "mnist_utils.egg-info", "my_digits", "my_notebooks"}


def list_book_files(project: Path = PROJECT) -> list[str]:
    """Return the paths of the book's files, relative to its folder, sorted.

    They are those that git tracks. Where the folder is no repository, but an unpacked archive, they are all files
    except hidden ones and those that are made by building, running and testing.

    Parameters
    ----------
    project : pathlib.Path
        The book's folder.

    Raises
    ------
    RuntimeError
        If the folder is a repository and git cannot list its files.
    """
    if not (project / ".git").exists():
        paths = (path.relative_to(project) for path in project.rglob("*") if path.is_file())
        return sorted(
            path.as_posix()
            for path in paths
            if MADE.isdisjoint(path.parts) and not any(part.startswith(".") for part in path.parts)
        )
    command = ["git", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8", check=True)
    except FileNotFoundError:
        raise RuntimeError(
            "The book's folder is a git repository, so git must be installed to list its files."
        ) from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"git could not list the book's files: {error.stderr.strip()}") from None
    # A file that was deleted and is not yet committed is no part of the book any more.
    return sorted(name for name in listed.stdout.split("\0") if (project / name).is_file())
