"""The version of this code; that of an installation may be of an older checkout."""

__version__ = "0.2.0"
