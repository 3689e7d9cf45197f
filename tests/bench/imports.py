"""What `import resistype` costs over `import pandas`, each in fresh interpreters: python -m
tests.bench.imports.
"""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

__all__ = ["main", "seconds"]

CODE = """
import json, time
start = time.perf_counter(); import pandas
middle = time.perf_counter(); import resistype
print(json.dumps([middle - start, time.perf_counter() - middle]))
"""


def seconds() -> tuple[float, float]:
    """Seconds of `import pandas` and of `import resistype` after it, in one new interpreter."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    first, second = json.loads(done.stdout)
    return first, second


def main(runs: int = 7) -> None:
    """Print the medians and their ratio."""
    pandas, ours = (median(times) for times in zip(*(seconds() for _ in range(runs)), strict=True))
    print(
        f"pandas {1000 * pandas:.1f} ms, resistype after it {1000 * ours:.2f} ms, ratio"
        f" {ours / pandas:.4f}"
    )


if __name__ == "__main__":
    main()
