"""Files in ``results/`` to which a program adds an entry with each run."""

import json
from collections.abc import Collection
from pathlib import Path


def read_entries(path: Path, fields: Collection[str]) -> dict[str, dict]:
    """Read the entries of a results file.

    Parameters
    ----------
    path : Path
        The file.
    fields : collection of str
        What each entry must tell.

    Returns
    -------
    dict of str to dict
        The entries by name; none if there is no such file yet.

    Raises
    ------
    ValueError
        If the file is damaged, or was written by another version of the program. It stays as it is.
    """
    if not path.exists():
        return {}
    advice = "The file is left as it is. Take it anew from the repository."
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        incomplete = [name for name, entry in entries.items() if not entry.keys() >= set(fields)]
    except (ValueError, AttributeError) as error:  # no JSON, or no object of objects
        raise ValueError(f"{path}: this results file is damaged. {advice}") from error
    if incomplete:
        raise ValueError(f"{path}: another version has written the entry {incomplete[0]!r}. {advice}")
    return entries
