"""The documentation site: `make docs` builds it into docs/_build; it opens from the disk, with the network off."""

from __future__ import annotations

import steepest

project = "steepest"
copyright = "2026, the steepest authors"
version = release = steepest.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_design"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types are shown as they are written, without links to other projects
default_role = "code"  # one backtick is code in our docstrings, as in Markdown
add_module_names = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the suite runs every block; here they are shown

html_theme = "pydata_sphinx_theme"
html_title = "steepest"
html_static_path = ["static"]
html_css_files = ["steepest.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
}
