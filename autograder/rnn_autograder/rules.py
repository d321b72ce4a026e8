"""What an exercise's source may not use: answers that pass every number and teach nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_LIBRARIES = frozenset({"torch", "tensorflow", "jax", "keras", "autograd"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def numpy_only(source: str, name: str) -> str | None:
    """The complaint if a function, or one that it calls by name, uses a deep-learning library; else None.

    Imports that the function never reaches are nobody's business.

    Args:
        source: the student's cells, joined.
        name: the function to look at.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None  # the cell did not run either, and says so
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, _Function | ast.ClassDef)}
    values = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    aliases = dict(_imports(tree))
    seen: set[str] = set()
    reached = [name]
    while reached:
        here = reached.pop()
        node = functions.get(here) or values.get(here)
        if here in seen or node is None:
            continue
        seen.add(here)
        for part in ast.walk(node):
            library = dict(_imports(part)).popitem()[1] if dict(_imports(part)) else None
            if isinstance(part, ast.Name):
                library = library or aliases.get(part.id)
                reached.append(part.id)
            if library:
                return f"{name} uses {library}. Writing it with NumPy alone is the point of this exercise."
    return None


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that imports of deep-learning libraries bind, with the library."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                library = alias.name.split(".")[0]
                if library in _LIBRARIES:
                    yield (alias.asname or library), library
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _LIBRARIES:
            for alias in node.names:
                yield (alias.asname or alias.name), (node.module or "").split(".")[0]
