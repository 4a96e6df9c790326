"""The example configuration that points at the demo estate, as it is shipped with the program.

`shipped/` holds links to the files in `config/`; a wheel has the files themselves.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "shipped"


def example_files() -> dict[str, str]:
    """The text of each file by its path in a configuration's folder: settings, contracts, calendars, a
    month, schemas."""
    # os.walk would not enter the links.
    return dict(sorted(_files(FOLDER, "")))


def schema_files() -> dict[str, str]:
    """Of those, the schemas with which an editor completes and checks settings and contracts."""
    return {name: text for name, text in example_files().items() if name.startswith("schema/")}


def _files(folder: Path, below: str) -> list[tuple[str, str]]:
    found = []
    for path in folder.iterdir():
        name = below + path.name
        found += _files(path, f"{name}/") if path.is_dir() else [(name, path.read_text(encoding="utf-8"))]
    return found
