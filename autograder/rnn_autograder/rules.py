"""What an exercise's source may not use: answers that pass every number and teach nothing."""

from __future__ import annotations

import ast
import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

CELL_END = "\n\0\n"  # between cells; no Python source holds it
MAX_LOOKED_AT = 2_000_000  # nodes of syntax: definitions within definitions are looked at again and again
_LIBRARIES = frozenset({"torch", "tensorflow", "jax", "keras", "autograd"})


def numpy_only(source: str, name: str) -> str | None:
    """The complaint if a function, or one that it calls by name, uses a deep-learning library; else None.

    Imports that the function never reaches are nobody's business, nor are names that it gives to things of its own.

    Args:
        source: the student's cells, joined by `CELL_END`.
        name: the function to look at.
    """
    notebook = _read(source)
    reached = notebook.reached(name)
    if notebook.looked_at > MAX_LOOKED_AT:
        return f"{name} is made of too many definitions within definitions to be read."
    imported = dict(notebook.meaning("").imports)
    for meaning in map(notebook.meaning, reached):
        used = [imported[other] for other in sorted((meaning.mentions - meaning.own) & imported.keys())]
        used += [library for _, library in meaning.imports]
        if used:
            return f"{name} uses {used[0]}. Writing it with NumPy alone is the point of this exercise."
    return None


def forbids(what: str) -> Callable[[str, str], str | None]:
    """The rule that a function, and those that it calls by name, leave one function of a library alone.

    What the notebook itself defines by that name may be used, also as a method of `self`.
    """

    def rule(source: str, name: str) -> str | None:
        notebook = _read(source)
        borrowed = {new for new, old in notebook.meaning("").borrowed if old == what} | {what}
        if notebook.defines(what):  # by that name, the notebook's own is meant
            borrowed.remove(what)
        for meaning in map(notebook.meaning, notebook.reached(name)):
            within = {new for new, old in meaning.borrowed if old == what}
            if what in meaning.attributes or within or (meaning.mentions - meaning.own) & borrowed:
                return f"{name} uses {what} of a library. Writing it yourself is the point of this exercise."
        return None

    return rule


def calls(source: str, name: str) -> set[str]:
    """The names that a function's source reaches in its own notebook, directly or through others."""
    return set(_read(source).reached(name)) - {name}


@dataclass(frozen=True)
class _Meaning:
    """What a name stands for: the names in its source, those that it binds itself, and what it imports.

    Attributes:
        mentions: names that are read or written.
        attributes: names behind a dot, but for those of `self`.
        own: names that it binds itself.
        imports: names that are bound to deep-learning libraries, with the library.
        borrowed: names that are bound to what a module holds, with what it is called there.
    """

    mentions: frozenset[str]
    attributes: frozenset[str]
    own: frozenset[str]
    imports: tuple[tuple[str, str], ...]
    borrowed: tuple[tuple[str, str], ...]


class _Source:
    """A notebook's definitions, each looked through at most once."""

    def __init__(self, tree: ast.Module) -> None:
        self._nodes: dict[str, ast.AST] = {"": tree}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._nodes[node.name] = node
            elif isinstance(node, ast.Assign):
                named = (target.id for target in node.targets if isinstance(target, ast.Name))
                self._nodes |= dict.fromkeys(named, node.value)
        self._meanings: dict[str, _Meaning] = {}
        self.looked_at = 0

    def defines(self, name: str) -> bool:
        """Whether a name stands for something of the notebook's own."""
        return name in self._nodes

    def meaning(self, name: str) -> _Meaning:
        """Of a name that is defined; of the whole notebook for the empty one."""
        if name not in self._meanings:
            parts = list(ast.walk(self._nodes[name]))
            self.looked_at += len(parts)
            mentions = frozenset(part.id for part in parts if isinstance(part, ast.Name))
            attributes = frozenset(
                part.attr for part in parts if isinstance(part, ast.Attribute) and not _is_self(part.value)
            )
            borrowed = tuple(
                (alias.asname or alias.name, alias.name)
                for part in parts
                if isinstance(part, ast.ImportFrom)
                for alias in part.names
            )
            self._meanings[name] = _Meaning(
                mentions, attributes, _own_names(parts), tuple(_imports(parts)), borrowed
            )
        return self._meanings[name]

    def reached(self, name: str) -> list[str]:
        """The names that are defined, from this one on: what it mentions, what that mentions, and so on."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting and self.looked_at <= MAX_LOOKED_AT:
            here = waiting.pop()
            if here in self._nodes and here not in found:
                found[here] = None
                waiting += self.meaning(here).mentions
        return list(found)


@functools.lru_cache(maxsize=4)
def _read(source: str) -> _Source:
    return _Source(_parse(source))


def _parse(source: str) -> ast.Module:
    """All cells that are Python: one that is not did not run either, and hides no other."""
    body: list[ast.stmt] = []
    for cell in source.split(CELL_END):
        # An enemy's cell can be too deep (RecursionError, MemoryError) or no text at all (ValueError).
        with (
            contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            try:
                body += ast.parse(cell).body
            except SyntaxError:
                body += ast.parse(_without_magics(cell)).body
    return ast.Module(body, [])


def _without_magics(cell: str) -> str:
    """A cell without IPython's lines: `%matplotlib inline`, `%%time`, `!ls`, `np.tanh?`."""
    return "\n".join(
        "" if line.startswith(("%", "!")) or line.endswith("?") else line for line in cell.split("\n")
    )


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _own_names(parts: Sequence[ast.AST]) -> frozenset[str]:
    """The names that a function binds itself: `N, T, D = x.shape` is no mention of `import torch as T`."""
    own, borrowed = set(), set()
    for part in parts:
        if isinstance(part, ast.arg):
            own.add(part.arg)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            own.add(part.id)
        elif isinstance(part, ast.Global | ast.Nonlocal):
            borrowed |= set(part.names)
    return frozenset(own - borrowed)


def _imports(parts: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """The names that imports of deep-learning libraries bind, with the library."""
    for node in parts:
        match node:
            case ast.Import(names=names):
                found = [(alias.asname or alias.name.split(".")[0], alias.name) for alias in names]
            case ast.ImportFrom(module=str(module), names=names):
                found = [(alias.asname or alias.name, module) for alias in names]
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                found = [("import_module", module)]
            case _:
                continue
        for name, module in found:
            library = module.split(".")[0]
            if library in _LIBRARIES:
                yield name, library
