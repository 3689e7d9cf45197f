"""Numbers of a package, read from its source: functions, parameters, importers, docstrings.

Nothing here judges; the limits stand in `test_house.py` and `test_size.py`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.imports import imports, modules

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith),
    *(ast.Try, ast.TryStar, ast.Match),
)
# Python gives these three the names of the caller: arguments forwarded by them escape every check.
SCOPES = {"locals", "globals", "vars"}
VAGUE = {"one", "found", "given", "own", "said", "made", "kept", "whole", "wanted"}


@dataclass(frozen=True)
class Measured:
    """A function and its numbers."""

    where: str
    name: str
    body: int
    parameters: int
    positional: int
    nesting: int
    catch_all: bool
    public: bool
    mixed_tuples: tuple[str, ...]


def measure(source: str, where: str) -> Iterator[Measured]:
    """Numbers of every function of a source text, also those inside others."""
    for node, owner in functions(ast.parse(source)):
        hidden = node.name.startswith("_") or owner.startswith("_") or compiled(node)
        yield Measured(
            where=f"{where}:{node.lineno}",
            name=node.name,
            body=body_lines(node),
            parameters=len(positional(node, owner)) + len(node.args.kwonlyargs),
            positional=len(positional(node, owner)),
            nesting=nesting(node.body),
            catch_all=node.args.kwarg is not None,
            public=not hidden,
            mixed_tuples=tuple(arg.arg for arg in every_argument(node) if is_mixed_tuple(arg)),
        )


def compiled(node: Function) -> bool:
    """Whether numba compiles it: such a function takes its arguments by position only."""
    marks = [ast.unparse(mark) for mark in node.decorator_list]
    return any(word in mark for mark in marks for word in ("jit", "intrinsic"))


def functions(tree: ast.AST, owner: str = "") -> Iterator[tuple[Function, str]]:
    """Functions below a node, each with the name of the class it stands in."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, Function):
            yield child, owner
        yield from functions(child, child.name if isinstance(child, ast.ClassDef) else "")


def body_lines(node: Function) -> int:
    """Lines of a function from its first statement after the docstring to its last."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def every_argument(node: Function) -> list[ast.arg]:
    """All named parameters, self and cls among them."""
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def positional(node: Function, owner: str) -> list[str]:
    """Parameters that may be given by position, without self and cls."""
    names = [arg.arg for arg in node.args.posonlyargs + node.args.args]
    marks = [mark.id for mark in node.decorator_list if isinstance(mark, ast.Name)]
    return names[1:] if owner and "staticmethod" not in marks else names


def is_mixed_tuple(argument: ast.arg) -> bool:
    """Whether a parameter is a tuple of unlike things: parameters in disguise."""
    note = argument.annotation
    if isinstance(note, ast.Constant) and isinstance(note.value, str):
        note = ast.parse(note.value, mode="eval").body
    if not (isinstance(note, ast.Subscript) and ast.unparse(note.value) in {"tuple", "Tuple"}):
        return False
    inner = note.slice.elts if isinstance(note.slice, ast.Tuple) else [note.slice]
    return len({ast.unparse(part) for part in inner} - {"..."}) > 1


def nesting(body: list[ast.stmt]) -> int:
    """Depth of blocks inside each other; `elif` goes no deeper, an inner function not at all."""
    return max((depth(statement) for statement in body), default=0)


def depth(statement: ast.stmt) -> int:
    """Depth of one statement: 0 for a plain one, 1 for a block of plain ones."""
    if isinstance(statement, ast.Match):
        return 1 + max(nesting(case.body) for case in statement.cases)
    if not isinstance(statement, BLOCKS):
        return 0
    inner = [getattr(statement, part, []) for part in ("body", "orelse", "finalbody")]
    inner += [handler.body for handler in getattr(statement, "handlers", [])]
    deepest = [nesting(part) for part in inner]
    orelse = getattr(statement, "orelse", [])
    if isinstance(statement, ast.If) and len(orelse) == 1 and isinstance(orelse[0], ast.If):
        return max(1 + deepest[0], deepest[1])
    return 1 + max(deepest)


def lines(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def scopes_forwarded(tree: ast.AST) -> list[int]:
    """Lines where `locals`, `globals` or `vars` of the caller's own names are passed on.

    `vars(thing)` reads a thing and stays; `**vars(thing)` in a call forwards. A module may keep,
    drop or list its own names: `globals()[name] = value`, `globals().pop(name)`, and `globals()`
    inside `__dir__`.
    """
    nodes = list(ast.walk(tree))
    listing = [
        node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "__dir__"
    ]
    held = [node.value for node in nodes if isinstance(node, ast.Subscript | ast.Attribute)]
    allowed = {id(inner) for node in listing for inner in ast.walk(node)} | set(map(id, held))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    bad = [
        node
        for node in calls
        if _named(node) in SCOPES
        and not node.args
        and (_named(node) != "globals" or id(node) not in allowed)
    ]
    spread = [key.value for node in calls for key in node.keywords if key.arg is None]
    bad += [node for node in spread if isinstance(node, ast.Call) and _named(node) == "vars"]
    return sorted({node.lineno for node in bad})


def _named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def dispatch_on_ids(tree: ast.AST) -> list[int]:
    """Lines that look into an id: `x.id.startswith(…)`, `an_id.endswith(…)`, `"tex" in x.id`."""
    places = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"startswith", "endswith"}:
            looked_into = node.value
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
            looked_into = node.comparators[0] if text else None
        else:
            continue
        name = getattr(looked_into, "attr", getattr(looked_into, "id", ""))
        if name == "id" or name.endswith("_id"):
            places.append(node.lineno)
    return sorted(places)


def vague_names(tree: ast.AST) -> list[tuple[int, str]]:
    """Parameters of functions and attributes of classes that are called `found`, `given`, …."""
    hits = [
        (arg.lineno, arg.arg)
        for node, _ in functions(tree)
        for arg in every_argument(node)
        if arg.arg in VAGUE
    ]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and node.attr in VAGUE
        ):
            hits.append((node.lineno, node.attr))
        if isinstance(node, ast.ClassDef):
            hits += [
                (part.lineno, name) for part in node.body for name in _bound(part) if name in VAGUE
            ]
    return sorted(hits)


def _bound(statement: ast.stmt) -> list[str]:
    """Names that a statement of a class body makes attributes of the class."""
    if isinstance(statement, Function):
        return [statement.name]
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [getattr(statement, "target", None)]
    )
    return [target.id for target in targets if isinstance(target, ast.Name)]


def faces(package: Path) -> dict[str, set[str]]:
    """Names in `__all__` of every `__init__.py`, by room."""
    known = modules(package)
    return {
        name: set(_exported(ast.parse(path.read_text(encoding="utf-8"))))
        for name, path in known.items()
        if path.name == "__init__.py"
    }


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def single_importers(package: Path) -> dict[str, str]:
    """Modules that exactly one other module imports, and no `__init__.py`: each with its user.

    Tests do not count as importers.
    """
    known = modules(package)
    users = defaultdict(set)
    for item in imports(package):
        if item.target in known and item.target != item.module:
            users[item.target].add(item.module)
    return {
        name: next(iter(users[name]))
        for name, path in known.items()
        if path.name != "__init__.py"
        and len(users[name]) == 1
        and known[next(iter(users[name]))].name != "__init__.py"
    }


@dataclass
class Uses:
    """Where the top-level functions of a package are used; imports alone are no use."""

    package: Path
    sites: dict[tuple[str, str], list[tuple[str, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __post_init__(self) -> None:
        for module, tree in self.trees.items():
            self._read(module, tree)

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        return {
            name: ast.parse(path.read_text(encoding="utf-8"))
            for name, path in modules(self.package).items()
        }

    @cached_property
    def defined(self) -> set[tuple[str, str]]:
        """Module and name of every undecorated function at the top of a module."""
        return {
            (module, node.name)
            for module, tree in self.trees.items()
            for node in tree.body
            if isinstance(node, Function) and not node.decorator_list
        }

    def _read(self, module: str, tree: ast.Module) -> None:
        names, rooms = self._imported(module, tree)
        called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            target = None
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                target = names.get(node.id, (module, node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                target = (rooms.get(node.value.id, ""), node.attr)
            if target in self.defined:
                self.sites[target].append((module, id(node) in called))

    def _imported(
        self, module: str, tree: ast.Module
    ) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
        names, rooms = {}, {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or node.level:
                continue
            for alias in node.names:
                local, whole = alias.asname or alias.name, f"{node.module}.{alias.name}"
                if whole in self.trees:
                    rooms[local] = whole
                else:
                    names[local] = (node.module or "", alias.name)
        return names, rooms

    def used_once(self) -> dict[tuple[str, str], str]:
        """Functions that are called at exactly one place, each with the module of the call.

        A function on a face has users outside. One that is handed on as a value stands in a
        registry or is a callback: its user is whoever calls it.
        """
        shown = set().union(*faces(self.package).values())
        return {
            key: places[0][0]
            for key, places in self.sites.items()
            if len(places) == 1 and places[0][1] and key[1] not in shown
        }


def docstrings(package: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Place, name and docstring of everything, and whether a reader of a room's face sees it.

    Seen are the names of `__all__` and the public methods of the classes among them.
    """
    shown = set().union(*faces(package).values())
    for name, path in modules(package).items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            yield from _documented(node, f"{name}:", seen=getattr(node, "name", "") in shown)


def _documented(node: ast.AST, where: str, *, seen: bool) -> Iterator[tuple[str, str, str, bool]]:
    if not isinstance(node, ast.ClassDef | Function):
        return
    text = ast.get_docstring(node)
    if text is not None:
        yield f"{where}{node.lineno}", node.name, text, seen
    for child in node.body:
        inside = (
            seen
            and isinstance(node, ast.ClassDef)
            and not getattr(child, "name", "_").startswith("_")
        )
        yield from _documented(child, where, seen=inside)


def thin_docstrings(package: Path) -> list[str]:
    """Functions and methods seen on a face whose docstring has no word about some parameter."""
    shown = set().union(*faces(package).values())
    thin = []
    for module, path in modules(package).items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if getattr(node, "name", "") not in shown:
                continue
            inside = node.body if isinstance(node, ast.ClassDef) else [node]
            public = [
                part
                for part in inside
                if isinstance(part, Function) and not part.name.startswith("_")
            ]
            thin += [f"{module}:{part.lineno} {part.name}" for part in public if is_thin(part)]
    return thin


def is_thin(node: Function) -> bool:
    """Whether a docstring says too little of the parameters; without parameters any will do."""
    names = [arg.arg for arg in every_argument(node) if arg.arg not in {"self", "cls"}]
    text = ast.get_docstring(node) or ""
    return bool(names) and (
        "Parameters\n---" not in text
        or any(name not in text.split("Parameters\n---")[1] for name in names)
    )
