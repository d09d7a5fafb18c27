"""Judge pages of the built book with Lighthouse, in Chromium, as a phone on a slow line.

    .venv/bin/python scripts/run_lighthouse.py [PAGE ...]

``make book`` first. Prints each page's scores and what lowers them, and fails if a score is below its goal. npm fetches
Lighthouse when it is called for the first time: 180 MB, which no other command needs. The performance depends on the
machine, and varies: let nothing else run meanwhile. So a page's performance is the median of some runs, and a machine
that is slow itself is slowed down less.
"""

import gzip
import http.server
import json
import mimetypes
import os
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from chromium import find_chromium

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
LIGHTHOUSE = "lighthouse@12.8.2"  # the newest that runs on Node.js 20
PAGES = ["book/intro.html", "notebooks/10_difference.html"]  # the opening page, and the chapter with the most figures
GOALS = {"performance": 0.95, "accessibility": 1, "best-practices": 1, "seo": 1}
PACKED = {".html", ".css", ".js", ".svg"}
RUNS = 5
# Chromium without a window would show the first picture of a page up to two seconds late, at full seconds.
FLAGS = "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-features=PaintHolding"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the book's files as GitHub Pages does: text is compressed, and may be kept for a while."""

    def do_GET(self) -> None:
        """Send a file."""
        path = HTML / self.path.partition("?")[0].lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        if path.suffix in PACKED:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def run_lighthouse(url: str, slowdown: int) -> dict[str, Any]:
    """Return Lighthouse's report on a page, as on a processor that is so many times slower.

    Raises
    ------
    subprocess.CalledProcessError
        If Lighthouse could not judge the page.
    """
    browser = find_chromium()
    if browser is None or shutil.which("npx") is None:
        sys.exit("Lighthouse needs Chromium and Node.js with npm.")
    options = ["--quiet", "--output=json", f"--throttling.cpuSlowdownMultiplier={slowdown}", FLAGS]
    command = ["npx", "--yes", LIGHTHOUSE, url, *options]
    done = subprocess.run(command, env=os.environ | {"CHROME_PATH": browser}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def choose_slowdown(benchmark_index: float) -> int:
    """Return how many times slower than this machine a phone is, by the table in Lighthouse's docs/throttling.md."""
    return 4 if benchmark_index >= 1500 else 2


def find_shortfalls(report: dict[str, Any]) -> list[str]:
    """Return a line for each score below its goal, followed by what lowers it."""
    lines = []
    for name, goal in GOALS.items():
        category = report["categories"][name]
        if category["score"] >= goal:
            continue
        lines.append(f"{name}: {category['score']:.2f}, the goal is {goal}")
        for part in category["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                lines.append(f"    {audit['title']} {audit.get('displayValue', '')}")
    return lines


def main() -> None:
    """Judge the pages that the command line names, or else the two that count most."""
    failed = False
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        trials = [run_lighthouse(f"{address}/{PAGES[0]}", slowdown=1) for _ in range(RUNS)]
        benchmark_index = statistics.median(trial["environment"]["benchmarkIndex"] for trial in trials)
        slowdown = choose_slowdown(benchmark_index)
        print(f"Lighthouse's benchmark of this machine: {benchmark_index:.0f}, so it is slowed down {slowdown} times.")
        for page in sys.argv[1:] or PAGES:
            reports = [run_lighthouse(f"{address}/{page}", slowdown) for _ in range(RUNS)]
            reports.sort(key=lambda report: report["categories"]["performance"]["score"])
            report = reports[RUNS // 2]
            scores = ", ".join(f"{name} {100 * report['categories'][name]['score']:.0f}" for name in GOALS)
            print(f"{page}: {scores}")
            shortfalls = find_shortfalls(report)
            print("".join(f"  {line}\n" for line in shortfalls), end="", flush=True)
            failed |= bool(shortfalls)
        server.shutdown()
    sys.exit(failed)


if __name__ == "__main__":
    main()
