"""Files as data: dumped in one fixed style, compared, and replaced as a set or not at all."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

MARK = "# Written by sla-monitor generate. Changes by hand are lost; change the contract files or the settings.\n"
NEW = ".new"


class _FileStyle(yaml.SafeDumper):
    """Block style throughout; text of several lines stays readable; nothing is an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style)


_FileStyle.add_representer(str, _text)


def dumped(data: Any) -> str:
    """Plain data as YAML: the same text for the same data."""
    return yaml.dump(data, Dumper=_FileStyle, sort_keys=False, allow_unicode=True, width=10_000)


def rendered(files: Mapping[str, Any]) -> dict[str, str]:
    """The text of each file: data becomes YAML under our mark, text stays as it is."""
    return {name: data if isinstance(data, str) else MARK + dumped(data) for name, data in sorted(files.items())}


def write(texts: Mapping[str, str], folder: Path) -> None:
    """Replace each file in a folder, and take away those of ours that are no longer wanted. Every text is on the disk
    before the first one is moved into place, so that a full disk leaves everything as it was. Raises OSError."""
    fresh: list[Path] = []
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.append(path.with_name(path.name + NEW))
            fresh[-1].unlink(missing_ok=True)  # of a run that was killed, or a link that somebody has put there
            with fresh[-1].open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        for path in fresh:
            path.replace(path.with_name(path.name.removesuffix(NEW)))
    finally:
        for path in fresh:
            path.unlink(missing_ok=True)
    for path in stale(texts, folder):
        path.unlink()


def differences(texts: Mapping[str, str], folder: Path) -> Iterator[str]:
    """What `write` would change, as unified diffs; nothing when the folder is up to date."""
    wanted = {folder / name: text for name, text in texts.items()}
    for path in sorted([*wanted, *stale(texts, folder)]):
        old = _lines(path.read_text(encoding="utf-8") if path.is_file() else "")
        new = _lines(wanted.get(path, ""))
        yield from difflib.unified_diff(old, new, str(path), f"{path} (as it should be)")


def stale(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Files below a folder that bear our mark and are not in the set: those of a contract that is gone."""
    wanted = {folder / name for name in texts}
    return [path for path in sorted(folder.rglob("*.y*ml")) if path not in wanted and _is_ours(path)]


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline() == MARK


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
