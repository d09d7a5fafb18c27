"""Wait for what another process or thread does: none of these waits depends on how fast it is."""

import subprocess
import time
from collections.abc import Callable

PATIENCE = 900  # seconds after which a test gives up


def wait_for(condition: Callable[[], object], process: subprocess.Popen | None = None) -> None:
    """Wait until a condition holds; fail at once if the process that should bring it about has ended."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "what the test waits for has not happened"
        time.sleep(0.02)
