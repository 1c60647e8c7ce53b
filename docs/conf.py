"""The manual: Markdown pages of this folder, and the public names that doxygen reads from the headers."""

import pathlib
import re

root = pathlib.Path(__file__).resolve().parent.parent
version_lines = (root / "include/minnow/core/version.hpp").read_text()

project = "minnow"
author = "the minnow authors"
release = ".".join(re.findall(r"#define MINNOW_VERSION_[A-Z]+ (\d+)", version_lines))

extensions = ["breathe", "myst_parser"]
myst_heading_anchors = 3
breathe_projects = {"minnow": str(root / "build/docs/xml")}
breathe_default_project = "minnow"
primary_domain = "cpp"
highlight_language = "text"

html_theme = "sphinx_rtd_theme"
html_static_path = ["pages"]
html_css_files = ["minnow.css"]
html_show_sphinx = False
html_copy_source = False
