"""No module imports itself, also not by way of others and not inside a function. Read from the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sla_monitor

HOUSE = Path(sla_monitor.__file__).parent


def modules(root: Path) -> dict[str, Path]:
    """Every module of a package by its dotted name."""
    found = {}
    for path in root.rglob("*.py"):
        parts = (root.name, *path.relative_to(root).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(tree: ast.AST, *, types: bool) -> Iterator[tuple[str, str]]:
    """(module, name) of every import of a tree, also inside functions; `types`: also under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and not types and ast.unparse(node.test) == "TYPE_CHECKING":
            for other in node.orelse:
                yield from imported(other, types=types)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        else:
            yield from imported(node, types=types)


def graph(root: Path, *, types: bool = False) -> dict[str, set[str]]:
    """What each module of a package imports of the package."""
    known = modules(root)
    found: dict[str, set[str]] = {}
    for name, path in known.items():
        pairs = imported(ast.parse(path.read_text(encoding="utf-8")), types=types)
        several = {f"{one}.{other}" if f"{one}.{other}" in known else one for one, other in pairs}
        found[name] = several & known.keys() - {name}
    return found


def cycle(imports: Mapping[str, set[str]]) -> list[str]:
    """One cycle, if there is any."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        several: list[str] = error.args[1]
        return several
    return []


def test_no_module_is_in_a_cycle() -> None:
    assert cycle(graph(HOUSE)) == []


@pytest.mark.parametrize("room", ["cli", "probe.exchange"])
def test_nor_do_types_lead_in_a_circle(room: str) -> None:
    """In these rooms also what is imported for the type checker alone goes one way."""
    imports = graph(HOUSE, types=True)
    inside = {name for name in imports if name.startswith(f"sla_monitor.{room}.")}
    assert len(inside) > 5
    assert cycle({name: imports[name] & inside for name in inside}) == []


def test_a_cycle_is_found_also_inside_a_function(tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "__init__.py").touch()
    (house / "one.py").write_text("def f():\n    from house.two import g\n")
    (house / "two.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.one import f\n")
    assert cycle(graph(house)) == []
    assert {"house.one", "house.two"} == set(cycle(graph(house, types=True)))
    (house / "two.py").write_text("from house import one\n")
    assert {"house.one", "house.two"} == set(cycle(graph(house)))
