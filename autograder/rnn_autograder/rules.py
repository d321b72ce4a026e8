"""What an exercise's source may not use: answers that pass every number and teach nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_LIBRARIES = frozenset({"torch", "tensorflow", "jax", "keras", "autograd"})


def numpy_only(source: str, name: str) -> str | None:
    """The complaint if a function, or one that it calls by name, uses a deep-learning library; else None.

    Imports that the function never reaches are nobody's business.

    Args:
        source: the student's cells, joined.
        name: the function to look at.
    """
    tree = _parse(source)
    aliases = dict(_imports(tree))
    for node in _reached(tree, name).values():
        inside = [
            aliases[part.id] for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in aliases
        ]
        inside += [library for _, library in _imports(node)]
        if inside:
            return f"{name} uses {inside[0]}. Writing it with NumPy alone is the point of this exercise."
    return None


def calls(source: str, name: str) -> set[str]:
    """The names that a function's source reaches in its own notebook, directly or through others."""
    return set(_reached(_parse(source), name)) - {name}


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])  # the cell did not run either, and says so


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
