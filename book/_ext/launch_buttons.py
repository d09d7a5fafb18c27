"""Sphinx extension: launch buttons that appear only where they lead somewhere.

The book does not know where it will be published. The publishing workflow tells it, in environment variables:

``BOOK_REPOSITORY``
    The repository's address, such as ``https://github.com/someone/some-book``. Unset: no button at all.
``BOOK_LAUNCH_BRANCH``
    The branch that holds the notebooks ready for Colab; ``launch`` unless set.
"""

import os
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config


def set_buttons(app: Sphinx, config: Config) -> None:
    """Set the theme's options from the environment."""
    repository = os.environ.get("BOOK_REPOSITORY", "").rstrip("/")
    if not repository:
        return
    config.html_theme_options |= {
        "repository_url": repository,
        "repository_branch": os.environ.get("BOOK_LAUNCH_BRANCH", "launch"),
        "path_to_docs": "",
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Run before the theme reads its options."""
    app.connect("config-inited", set_buttons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
