"""The version of the package, as files that it writes tell it."""

__version__ = "0.1.0"
