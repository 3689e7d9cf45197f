"""The command line. Each verb parses its words, calls one function of the package, and writes.

A bad input ends with exit code 2 and its message on stderr, without a traceback and with nothing
written. Warnings of the package go to stderr as one line each. Results that are tables go to stdout
or to the file named.
"""

from resistype.cli.app import app, main

__all__ = ["app", "main"]
