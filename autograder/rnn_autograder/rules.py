"""What an exercise's source may not use: answers that pass every number and teach nothing."""

from __future__ import annotations

import ast
import contextlib
import functools
import warnings
from collections.abc import Iterator

CELL_END = "\n\0\n"  # between cells; no Python source holds it
_LIBRARIES = frozenset({"torch", "tensorflow", "jax", "keras", "autograd"})


def numpy_only(source: str, name: str) -> str | None:
    """The complaint if a function, or one that it calls by name, uses a deep-learning library; else None.

    Imports that the function never reaches are nobody's business, nor are names that it gives to things of its own.

    Args:
        source: the student's cells, joined by `CELL_END`.
        name: the function to look at.
    """
    tree = _parse(source)
    imported = dict(_imports(tree))
    for node in _reached(tree, name).values():
        mentioned = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - _own_names(node)
        used = [imported[other] for other in sorted(mentioned & set(imported))]
        used += [library for _, library in _imports(node)]
        if used:
            return f"{name} uses {used[0]}. Writing it with NumPy alone is the point of this exercise."
    return None


def calls(source: str, name: str) -> set[str]:
    """The names that a function's source reaches in its own notebook, directly or through others."""
    return set(_reached(_parse(source), name)) - {name}


@functools.lru_cache(maxsize=4)
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


def _reached(tree: ast.Module, name: str) -> dict[str, ast.AST]:
    """What a name stands for in a source, and what that mentions, and so on."""
    meanings: dict[str, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            meanings[node.name] = node
        elif isinstance(node, ast.Assign):
            meanings |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
    found: dict[str, ast.AST] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here in meanings and here not in found:
            found[here] = meanings[here]
            waiting += [part.id for part in ast.walk(meanings[here]) if isinstance(part, ast.Name)]
    return found


def _own_names(function: ast.AST) -> set[str]:
    """The names that a function binds itself: `N, T, D = x.shape` is no mention of `import torch as T`."""
    own, borrowed = set(), set()
    for part in ast.walk(function):
        if isinstance(part, ast.arg):
            own.add(part.arg)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            own.add(part.id)
        elif isinstance(part, ast.Global | ast.Nonlocal):
            borrowed |= set(part.names)
    return own - borrowed


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that imports of deep-learning libraries bind, with the library."""
    for node in ast.walk(tree):
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
