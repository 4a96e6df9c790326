"""`make mutate ROOM=probe COUNT=100 SEED=1`: change a room's code at random, and print what its tests do not notice.

One change each: an operator, a comparison, a constant, a boundary, a condition turned round, a statement or a keyword
argument dropped. The room is copied for each, so the checkout is never touched. A change that makes the tests hang is
noticed too. The exit status is 1 if anything survives (whether that changes anything at all is for people to say), and
2 if the tests fail as it is: then every change would seem to be noticed.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("sla_monitor", "tests", "config", "docs", "pyproject.toml", "README.md")
HANGS_AFTER = 4
"""A change makes the tests hang if they take so many times as long as without any."""
TESTS = {
    "archive": ("tests/archive", "tests/cli/ledger", "tests/ledger/housekeeping"),
    "assess": ("tests/assess", "tests/cli/assess", "tests/contract_cases/test_cases.py"),
    "backfill": ("tests/backfill", "tests/cli/ledger"),
    "contract": ("tests/contract", "tests/cli/test_check.py"),
    "demo": ("tests/demo", "tests/cli/generate/test_demo.py"),
    "generate": ("tests/generate", "tests/cli/generate"),
    "ledger": ("tests/ledger", "tests/archive", "tests/cli/ledger"),
    "periods": ("tests/periods", "tests/sla", "tests/assess"),
    "register": ("tests/register", "tests/cli/register"),
    "review": ("tests/review", "tests/web", "tests/cli/review"),
    "sla": ("tests/sla", "tests/contract_cases/test_cases.py", "tests/assess"),
}
"""Of rooms that others' doors lead to; those of the rest are in the folder of their name."""

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change: in which file, where, what, and the module's new text."""

    path: Path
    line: int
    what: str
    text: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:  # noqa: C901, PLR0912 - a table of cases
    """What may be made of a node; None: nothing."""
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in COMPARISONS:
            new = deepcopy(node)
            new.ops[0] = COMPARISONS[type(op)]()
            yield ast.unparse(node) + " → " + ast.unparse(new), new
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            new_op = deepcopy(node)
            new_op.op = OPERATORS[type(op)]()
            yield ast.unparse(node) + " → " + ast.unparse(new_op), new_op
        case ast.BoolOp():
            turned = deepcopy(node)
            turned.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
            yield ast.unparse(node) + " → " + ast.unparse(turned), turned
        case ast.UnaryOp(op=ast.Not()):
            yield ast.unparse(node) + " → without not", node.operand
        case ast.Constant(value=bool() as truth):
            yield f"{truth} → {not truth}", ast.Constant(not truth)
        case ast.Constant(value=int() as number):
            yield f"{number} → {number + 1}", ast.Constant(number + 1)
        case ast.Constant(value=str() as words) if words:
            yield f"{words!r} → changed", ast.Constant("XX" + words)
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            called = deepcopy(node)
            called.func = ast.Name(SWAPPED[name], ast.Load())
            yield ast.unparse(node) + " → " + ast.unparse(called), called
        case ast.If() | ast.While():
            unless = deepcopy(node)
            unless.test = ast.UnaryOp(ast.Not(), node.test)
            yield f"if {ast.unparse(node.test)} → if not", unless
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.unparse(node) + " → return None", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise():
            yield ast.unparse(node) + " → dropped", ast.Pass()


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST | None:
        return self.new if node is self.old else self.generic_visit(node)


def mutant(path: Path, number: int) -> Mutant:
    """A module with the change of that number, from 0."""
    tree = ast.parse(path.read_text())
    node, what, new = next(islice(places(tree), number, None))
    line: int = node.lineno  # type: ignore[attr-defined]  # everything that is changed has one
    return Mutant(path.relative_to(ROOT), line, what, ast.unparse(_Replace(node, new).visit(tree)))


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, str, ast.AST | None]]:
    """Every node with every change, without what only describes: docstrings, annotations, slots, exported names, how a
    data class is made, log lines."""
    idle: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            idle.add(node.value)
        noted = [getattr(node, name, None) for name in ("annotation", "returns", "type_params")]
        if isinstance(node, ast.ClassDef):
            noted += [one for one in node.decorator_list if ast.unparse(one).startswith("dataclass(")]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"__all__", "__slots__"}:
            noted.append(node.value)
        if isinstance(node, ast.Expr) and ast.unparse(node).startswith("log."):
            noted.append(node)
        idle.update(below for each in noted if isinstance(each, ast.AST) for below in ast.walk(each))
    for node in ast.walk(tree):
        if node not in idle:
            yield from ((node, what, new) for what, new in changes(node))


def survives(changed: Mutant, tests: list[str], limit_s: float | None = None) -> bool:
    with TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, Path(folder) / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        (Path(folder) / changed.path).write_text(changed.text)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *tests]
        try:
            done = subprocess.run(
                command, cwd=folder, env={"PYTHONPATH": folder, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"},
                capture_output=True, timeout=limit_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--room", default="probe")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="modules of the room")
    parser.add_argument("--tests", nargs="*", help="instead of the room's own")
    parser.add_argument("--jobs", type=int, default=2)
    wanted = parser.parse_args()
    room = ROOT / "sla_monitor" / wanted.room
    files = [path for path in sorted(room.rglob("*.py")) if not wanted.only or path.stem in wanted.only]
    every = [(path, number) for path in files for number, _ in enumerate(places(ast.parse(path.read_text())))]
    drawn = Random(wanted.seed).sample(every, min(wanted.count, len(every)))  # noqa: S311 - to be made again
    chosen = [mutant(path, number) for path, number in drawn]
    tests = wanted.tests or list(TESTS.get(wanted.room, (f"tests/{wanted.room}",)))
    unchanged = Mutant(files[0].relative_to(ROOT), 0, "", files[0].read_text())
    began = time.monotonic()
    if not survives(unchanged, tests):
        print(f"the tests fail without any change: {' '.join(tests)}")
        return 2
    limit_s = max(60.0, HANGS_AFTER * wanted.jobs * (time.monotonic() - began))
    survivors = []
    with ThreadPoolExecutor(wanted.jobs) as pool:
        done = pool.map(lambda each: survives(each, tests, limit_s), chosen)
        for number, (one, survived) in enumerate(zip(chosen, done, strict=True), start=1):
            print(f"{number} of {len(chosen)}", file=sys.stderr, flush=True)
            if survived:
                survivors.append(one)
                print(f"{one.path}:{one.line}: {one.what}", flush=True)
    print(f"{len(chosen)} of {len(every)} changes to {wanted.room} (seed {wanted.seed}): {len(survivors)} survive")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
