"""How Sphinx builds the manual: `make docs`, into var/docs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import errorkit

project = "errorkit"
author = "the errorkit contributors"
version = release = errorkit.__version__
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"errorkit {release}"
