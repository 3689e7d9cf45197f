"""What a report costs: time and size of the page and of its twin for a cohort. Printed, never
asserted.

.venv/bin/python -m tests.bench.report ../shared/data/tcga_skcm/log2tpm1.parquet [SAMPLES BASELINE]
"""

from __future__ import annotations

import sys
import time

import resistype as rt
from resistype.report import build_report, render, report_json


def main(words: list[str]) -> None:
    """Classify, then draw the page three times; the best of three is printed."""
    samples, baseline = (words[1], words[2]) if len(words) > 2 else (None, None)
    start = time.perf_counter()
    calls = rt.classify(words[0], samples=samples, baseline=baseline)
    print(f"classify {len(calls.samples)} samples: {time.perf_counter() - start:.1f} s")
    for name, make in (
        ("gather", lambda: build_report(calls)),
        ("page", lambda: render(build_report(calls))),
    ):
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            made = make()
            seconds.append(time.perf_counter() - start)
        size = f", {len(made.encode()) / 1e6:.2f} MB" if isinstance(made, str) else ""
        print(f"{name}: {min(seconds):.2f} s{size}")
    print(f"twin: {len(report_json(build_report(calls)).encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
