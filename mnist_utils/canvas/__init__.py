"""A canvas on which to draw a digit, in a notebook or on a page, and what a model reads in it.

In a notebook :class:`DigitCanvas` is a widget (``widget``); its drawings are saved in folders and read back
(``folders``). On a page there is no Python: :func:`encode_model` writes a model as JSON (``weights``), and
:func:`write_page_files`, or the command ``python -m mnist_utils.canvas``, writes all that the page loads (``page``).

The JavaScript lies in ``js/``, one module a job. ``npm run build`` bundles it into ``static/``, which is what browsers
load; the bundles are committed, so only those who change a module need npm.
"""

from mnist_utils.canvas.folders import load_folder, save_drawing
from mnist_utils.canvas.page import write_page_files
from mnist_utils.canvas.weights import encode_model
from mnist_utils.canvas.widget import DigitCanvas

__all__ = ["DigitCanvas", "encode_model", "load_folder", "save_drawing", "write_page_files"]
