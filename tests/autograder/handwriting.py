"""How two who think alike come to write unlike code; and what somebody does to a copy so that nobody notices."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np

Change = Callable[[str, np.random.Generator], str]
HABITS = ("assert x is not None", "print('here')", "N = len(x)", "x = np.asarray(x)")


def by_own_hand(source: str, rng: np.random.Generator) -> str:
    """The same thought: operands the other way round, products by another name, a step more, a line that is not needed.

    Nobody has to run it. Some change much and some little.
    """
    return ast.unparse(ast.fix_missing_locations(_Hand(rng).visit(ast.parse(source))))


def verbatim(source: str, rng: np.random.Generator) -> str:
    """A copy."""
    return source


def with_other_names(source: str, rng: np.random.Generator) -> str:
    """A copy in which everything that is assigned is called something else."""
    tree = ast.parse(source)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    renamed = {node.id: f"my_{node.id}" for node in names if isinstance(node.ctx, ast.Store)}
    for node in names:
        node.id = renamed.get(node.id, node.id)
    return ast.unparse(tree)


def in_another_order(source: str, rng: np.random.Generator) -> str:
    """A copy with other names, in which neighbouring lines change places wherever neither needs the other."""
    tree = ast.parse(source)
    for block in filter(None, (getattr(node, "body", None) for node in ast.walk(tree))):
        for k in range(len(block) - 1):
            one, other = block[k : k + 2]
            both = isinstance(one, ast.Assign) and isinstance(other, ast.Assign)
            if both and not _sets(one) & _names(other) and not _sets(other) & _names(one):
                block[k], block[k + 1] = other, one
    return with_other_names(ast.unparse(tree), rng)


def _names(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _sets(statement: ast.Assign) -> set[str]:
    return set().union(*(_names(target) for target in statement.targets))


class _Hand(ast.NodeTransformer):
    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.chance = 0.6 * rng.random()

    def happens(self) -> bool:
        return bool(self.rng.random() < self.chance)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if not self.happens():
            return node
        if isinstance(node.op, ast.MatMult):
            product = ast.Attribute(ast.Name("np", ast.Load()), "matmul", ast.Load())
            return ast.Call(product, [node.left, node.right], [])
        if isinstance(node.op, ast.Add | ast.Mult):
            return ast.BinOp(node.right, node.op, node.left)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.body = self.block(node.body)
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.body = self.block(node.body)
        return node

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The same lines: some begin with a step of their own, some have a useless one before them."""
        written: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.Return | ast.Assign) and statement.value and self.happens():
                parts = [n for n in ast.walk(statement.value) if isinstance(n, ast.Call | ast.BinOp)]
                if len(parts) > 1:
                    part, name = parts[self.rng.integers(1, len(parts))], f"part{self.rng.integers(9)}"
                    written.append(ast.Assign([ast.Name(name, ast.Store())], part))
                    statement = _Named(part, name).visit(statement)
            if self.happens() and self.happens():
                written += ast.parse(HABITS[self.rng.integers(len(HABITS))]).body
            written.append(statement)
        return written


class _Named(ast.NodeTransformer):
    """A name where an expression stood."""

    def __init__(self, part: ast.expr, name: str) -> None:
        self.part, self.name = part, name

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.Name(self.name, ast.Load()) if node is self.part else super().visit(node)
