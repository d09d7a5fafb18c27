"""The rules by which pictures are read: each is documented and used."""

import re
from pathlib import Path

from mnist_utils.reading import rules

FOLDER = Path(rules.__file__).parent
NAMES = [name for name in vars(rules) if name.isupper()]


def test_each_rule_stands_on_a_line_of_its_own_and_says_what_it_is() -> None:
    text = (FOLDER / "rules.py").read_text(encoding="utf-8")
    documented = re.findall(r"^([A-Z_]+) = [^#\n]+  #: \w.{10,}$", text, re.MULTILINE)
    assert documented == NAMES


def test_each_rule_is_used() -> None:
    used = {name for file in FOLDER.glob("*.py") for name in re.findall(r"\brules\.([A-Z_]+)", file.read_text("utf-8"))}
    assert used == set(NAMES)
