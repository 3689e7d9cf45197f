"""Benchmarks against peers. Not part of the tests; see README.md in this folder."""
