"""Cohorts to try resistype on. What is shipped is simulated; real public cohorts are not downloaded."""

from resistype.datasets.simulated import Demo, demo, write_demo

__all__ = ["Demo", "demo", "write_demo"]
