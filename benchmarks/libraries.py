"""Measure what libraries for the browser weigh: `python benchmarks/libraries.py`. It needs npm and the network.

Downloads each library from npm's registry, compresses the files that a page loads to compute on the processor, each by
itself as a web server does, and writes the sizes to ``results/libraries.json``, which the chapter
*In the browser* shows.
"""

import gzip
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from mnist_utils import paths

# npm's package and version, and the files that a page loads.
LIBRARIES = [
    ("@tensorflow/tfjs@4.22.0", ["dist/tf.min.js"]),
    (
        "@litertjs/core@2.5.3",
        ["dist/index.js", "wasm/litert_wasm_internal.js", "wasm/litert_wasm_internal.wasm"],
    ),
    (
        "onnxruntime-web@1.30.0",
        ["dist/ort.wasm.min.js", "dist/ort-wasm-simd-threaded.mjs", "dist/ort-wasm-simd-threaded.wasm"],
    ),
]


def compressed_bytes(package: str, files: list[str]) -> int:
    """Return the size of a package's files, each compressed with gzip."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as tar:
            return sum(len(gzip.compress(tar.extractfile(f"package/{file}").read())) for file in files)


def main() -> None:
    """Measure all, print the sizes and write them down."""
    found = [
        {"package": package, "files": files, "compressed_bytes": compressed_bytes(package, files)}
        for package, files in LIBRARIES
    ]
    for library in found:
        print(f"{library['package']:26} {library['compressed_bytes'] / 1e6:5.1f} MB compressed")
    path = paths.output_path("results/libraries.json")
    with paths.write_whole(path) as scratch:
        scratch.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
