"""Documentation: Markdown, warnings are errors."""

project = "shanshui"
extensions = ["myst_parser", "numpydoc"]
html_theme = "furo"
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["myst.xref_missing"]
