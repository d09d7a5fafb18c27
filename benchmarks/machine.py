"""What a benchmark has to say of the machine it ran on."""

import platform
from pathlib import Path

import loky

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # x86, x86, ARM


def describe() -> dict[str, str | int]:
    """Return what identifies the machine in a report.

    Returns
    -------
    dict
        ``processor``, ``cores`` (physical ones), ``system``, ``python``.
    """
    return {
        "processor": _read_cpuinfo("model name") or platform.processor() or platform.machine(),
        "cores": loky.cpu_count(only_physical_cores=True),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def bfloat16_instructions() -> list[str]:
    """Return the processor's instructions for bfloat16, by Linux's names; empty where it has none or nobody says."""
    flags = _read_cpuinfo("flags") or _read_cpuinfo("Features")  # x86, ARM
    return sorted(BFLOAT16_FLAGS.intersection(flags.split()))


def _read_cpuinfo(field: str) -> str:
    """Return what Linux says of the first core; empty on other systems."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")
