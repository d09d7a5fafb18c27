"""Let older versions of Keras read the book's models: take settings out of their files that older ones do not know.

Keras writes each setting of a layer into the file, also those that are not used. One that a newer version has added,
such as ``input_axes`` in Keras 3.15, keeps older versions from loading the model, although it says nothing. Run this
after a chapter has saved a model.
"""

import json
import zipfile

from mnist_utils.paths import PROJECT, write_whole

NEWER_SETTINGS = frozenset({"input_axes", "output_axes", "quantization_config"})


def without_newer_settings(config: object) -> object:
    """Return a model's configuration without the newer settings that are not used.

    Parameters
    ----------
    config : dict, list or scalar
        What JSON may hold.
    """
    if isinstance(config, dict):
        unused = {key for key, value in config.items() if key in NEWER_SETTINGS and value is None}
        return {key: without_newer_settings(value) for key, value in config.items() if key not in unused}
    if isinstance(config, list):
        return [without_newer_settings(value) for value in config]
    return config


def main() -> None:
    """Rewrite the models that hold such settings."""
    for path in sorted((PROJECT / "models").glob("*.keras")):
        with zipfile.ZipFile(path) as file:
            parts = {info: file.read(info) for info in file.infolist()}
        (info,) = (info for info in parts if info.filename == "config.json")
        config = json.loads(parts[info])
        opened = without_newer_settings(config)
        if opened == config:
            continue
        parts[info] = json.dumps(opened).encode()
        with write_whole(path) as scratch, zipfile.ZipFile(scratch, "w") as file:
            for info, content in parts.items():
                file.writestr(info, content)
        print(f"{path.name} can be read by older versions of Keras, too")


if __name__ == "__main__":
    main()
