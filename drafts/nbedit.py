"""Small tools to write notebooks. python: /work/main/.venv/bin/python (or any with nbformat)."""
import json
from pathlib import Path
COLAB = None
def colab_source():
    nb = json.loads(Path("/work/main/notebooks/02_baseline.ipynb").read_text())
    return "".join(next(c for c in nb["cells"] if c["cell_type"] == "code")["source"])
def md(id, text):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text.strip("\n").splitlines(keepends=True)}
def code(id, text, tags=(), alt=None):
    meta = {}
    if alt: meta["mystnb"] = {"image": {"alt": alt}}
    if tags: meta["tags"] = list(tags)
    return {"cell_type": "code", "execution_count": None, "id": id, "metadata": meta, "outputs": [], "source": text.strip("\n").splitlines(keepends=True)}
def colab():
    return code("colab", colab_source(), tags=["remove-cell"])
def save(path, description, cells):
    """Write a new notebook (unexecuted)."""
    nb = {"cells": cells, "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}, "myst": {"html_meta": {"description": description}}}, "nbformat": 4, "nbformat_minor": 5}
    Path(path).write_text(json.dumps(nb, indent=1, ensure_ascii=False) + "\n")
class NB:
    """Edit an existing notebook: NB(path); nb[id]; nb.set(id, source); nb.insert_after(id, cell...); nb.delete(id); nb.save()."""
    def __init__(self, path): self.path = Path(path); self.nb = json.loads(self.path.read_text())
    def index(self, id): return next(i for i, c in enumerate(self.nb["cells"]) if c["id"] == id)
    def __getitem__(self, id): return "".join(self.nb["cells"][self.index(id)]["source"])
    def set(self, id, text): self.nb["cells"][self.index(id)]["source"] = text.strip("\n").splitlines(keepends=True)
    def sub(self, id, old, new):
        s = self[id]; assert s.count(old) == 1, (id, s.count(old), old); self.set(id, s.replace(old, new))
    def insert_after(self, id, *cells):
        i = self.index(id) + 1; self.nb["cells"][i:i] = list(cells)
    def delete(self, id): del self.nb["cells"][self.index(id)]
    def save(self): self.path.write_text(json.dumps(self.nb, indent=1, ensure_ascii=False) + "\n")
