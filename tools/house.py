"""Figures of the house: where modules crowd, which have one importer or no test, which names occur more than once.

    python tools/house.py [FOLDER]        # FOLDER: a checkout; this one unless told otherwise

The figures show whether rebuilding moves the house towards docs/architecture.md. They are no limits to cut code for.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "sla_monitor"
CROWDED = 24
"""A folder of more entries than this no longer reads as a table of contents."""


def modules_of(root: Path) -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((root / PACKAGE).rglob("*.py"))
    }


def imports_of(name: str, path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """The package's own modules that one imports, wherever in its text."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                if submodule in modules:
                    yield submodule
                elif node.module in modules and node.module != name:
                    yield node.module


def types_of(path: Path) -> Iterator[str]:
    """Names of the classes at a module's top level."""
    return (node.name for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ClassDef))


def test_of(path: Path, root: Path) -> Path:
    """Path of a module's own test: `tests/` mirrors the folders of the package."""
    return root / "tests" / path.relative_to(root / PACKAGE).with_name(f"test_{path.name}")


def repeated(names: Counter[str]) -> list[str]:
    """Names that occur more than once, the most frequent first, with how often."""
    return [f"{name} ×{count}" for name, count in names.most_common() if count > 1]


def main(root: Path) -> None:
    """Print the figures of one checkout."""
    modules = modules_of(root)
    importers: dict[str, set[str]] = defaultdict(set)
    for name, path in modules.items():
        for imported in set(imports_of(name, path, modules)):
            importers[imported].add(name)
    plain = [name for name, path in modules.items() if path.name != "__init__.py"]
    mirrored = [name for name in plain if test_of(modules[name], root).exists()]
    lonely = sorted(name for name in plain if len(importers[name]) == 1)
    entries = Counter(
        str(path.parent.relative_to(root))
        for path in modules.values()
        if path.name not in ("__init__.py", "__main__.py")
    )
    for path in modules.values():
        if path.name == "__init__.py" and path.parent != root / PACKAGE:
            entries[str(path.parent.parent.relative_to(root))] += 1
    lines = sum(len(path.read_bytes().splitlines()) for path in modules.values())
    module_names = repeated(Counter(name.rpartition(".")[2] for name in plain if not name.endswith("__main__")))
    type_names = repeated(Counter(kind for path in modules.values() for kind in types_of(path)))
    print(f"{len(modules)} modules of {lines:,} lines")
    print(f"{len(lonely)} modules with one importer")
    print(f"{len(mirrored)} of {len(plain)} modules have a test at the mirrored path")
    print(f"{len(module_names)} names of modules occur more than once: {', '.join(module_names)}")
    print(f"{len(type_names)} names of types occur more than once: {', '.join(type_names)}")
    print("entries of a folder:")
    for folder, count in entries.most_common():
        print(f"  {count:3} {folder}{'  crowded' if count > CROWDED else ''}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
