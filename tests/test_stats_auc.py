"""AUC once: pairs counted one by one, mirrored sides, any monotone scale; and no module loads
scipy.stats on import.
"""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.stats import auc

PACKAGE = Path(__file__).parents[1] / "resistype"
# classifiers of others, which are loaded only where one is asked for
OPINIONS = (
    "opinions/",
    "scheme/portraits/",
    "scheme/trained/",
    "scheme/second_opinion",
    "cohort/tree/",
)
VALUES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=12)


def pair_by_pair(first: list[float], second: list[float]) -> float:
    wins = sum((a > b) + 0.5 * (a == b) for a in first for b in second)
    return wins / (len(first) * len(second))


@given(VALUES, VALUES)
@settings(max_examples=80, deadline=None)
def test_auc_is_the_share_of_pairs(first: list[float], second: list[float]) -> None:
    a, b = np.array(first), np.array(second)

    assert auc(a, b) == pytest.approx(pair_by_pair(first, second), abs=1e-12)
    assert auc(b, a) == pytest.approx(1 - auc(a, b), abs=1e-12)
    assert auc(np.exp(a), np.exp(b)) == auc(a, b)


def at_the_top(tree: ast.Module) -> set[str]:
    """What a module imports when it is loaded: not in functions, not for types only."""
    names = set()
    nodes: list[ast.AST] = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            nodes += ast.iter_child_nodes(node)
    return names


def test_no_module_loads_scipy_stats_on_import() -> None:
    paths = sorted(PACKAGE.rglob("*.py"))
    found = {path: at_the_top(ast.parse(path.read_text(encoding="utf-8"))) for path in paths}
    names = {path.relative_to(PACKAGE).as_posix(): names for path, names in found.items()}
    wrong = [
        name for name in names if "scipy.stats" in names[name] and not name.startswith(OPINIONS)
    ]
    assert not wrong, (
        f"scipy.stats takes 0.6 s to load: use scipy.special, or import it in the function: {wrong}"
    )
