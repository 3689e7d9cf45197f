"""Reads the imports of a package from its source, also those inside functions and under TYPE_CHECKING."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import: the module it stands in, what it imports, and whether only a function call runs it."""

    module: str
    target: str
    line: int
    lazy: bool


def modules(package: Path) -> dict[str, Path]:
    """Dotted name of every module of a package, with its file."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path) -> list[Import]:
    """Every import of every module; `from a import b` counts as `a.b` where that is a module of the package."""
    known = modules(package)
    return [found for name, path in known.items() for found in _imports_of(name, path, set(known))]


def _imports_of(module: str, path: Path, known: set[str]) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    lazy = {id(inner) for node in ast.walk(tree) if _is_put_off(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for target in _targets(node, module, path, known):
            yield Import(module, target, node.lineno, lazy=id(node) in lazy)  # type: ignore[attr-defined]


def _is_put_off(node: ast.AST) -> bool:
    """A function, or `if TYPE_CHECKING:`: what is imported there is not imported with the module."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _targets(node: ast.AST, module: str, path: Path, known: set[str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        parents = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        kept = parents[: len(parents) - node.level + 1]
        base = ".".join([*kept, *([node.module] if node.module else [])])
    names = [f"{base}.{alias.name}" for alias in node.names]
    return sorted({name if name in known else base for name in names})


def cycles(package: Path) -> list[list[str]]:
    """Groups of modules that import each other in a circle."""
    known = modules(package)
    edges: dict[str, set[str]] = {name: set() for name in known}
    for found in imports(package):
        if found.target in known and found.target != found.module:
            edges[found.module].add(found.target)
    reach = {name: _reachable(name, edges) for name in edges}
    groups = {tuple(sorted(other for other in reach[name] if name in reach[other])) for name in edges}
    return [list(group) for group in sorted(groups) if group]


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(edges[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += edges[name]
    return seen
