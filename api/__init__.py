"""The HTTP face of Thaw: a Flask application over the search port."""

VERSION = "0.1.0"
"""The released version of project and API; the same as in pyproject.toml (tested)."""
