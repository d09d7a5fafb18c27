"""The policy that each page states: which code inside of the page a browser may run."""

import base64
import hashlib
from pathlib import Path
from types import SimpleNamespace

from content_policy import MARK, add_policies, make_policy

HEAD = f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{MARK}'


def digest(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def test_a_page_may_run_the_code_that_it_holds_when_it_is_built() -> None:
    script, button = "\n  if (1 < 2) { show('é'); }\n", 'show("é")'
    page = (
        f'{HEAD}<script data-a="b">{script}</script></head><body>'
        '<script src="own.js"></script><button class="on" onclick="show(&quot;é&quot;)">Show</button>'
        "<p>Text</p><pre>&lt;script&gt;alert(1)&lt;/script&gt;</pre></body></html>"
    )
    policy = make_policy(page)
    assert policy.count("sha256-") == 2
    assert digest(script) in policy
    assert digest(button) in policy


def test_each_page_gets_one_policy_before_all_that_it_loads(tmp_path: Path) -> None:
    page = f'{HEAD}<script src="own.js"></script></head><body></body></html>'
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page.html").write_text(page, encoding="utf-8")
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=tmp_path)
    for _ in range(2):  # a build that takes up the pages of an earlier one
        add_policies(app, None)
        assert (tmp_path / "book" / "page.html").read_text("utf-8") == page.replace(MARK, MARK + make_policy(page))
