"""Puts a folder of new files in place: all of them or none, and never over anything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from sla_monitor.cli.shared.output_files import CONFIGURATION_MODE

MOST_NAMED = 10


def refuse_occupied(folder: Path) -> None:
    """Raises ClickException where something is in the folder's place; it names what is there."""
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise click.ClickException(f"{folder}: is in the way; nothing was written (name another with --folder)")
        there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise _unwritable(folder, error) from None
    if there:
        named = ", ".join(there[:MOST_NAMED]) + (f" and {len(there) - MOST_NAMED} more" if there[MOST_NAMED:] else "")
        raise click.ClickException(
            f"{folder}: already holds {named}; nothing was written (name another folder with --folder,"
            " or add a contract to this one by hand)"
        )


@contextmanager
def staged(files: Mapping[str, str], folder: Path) -> Iterator[Path]:
    """The files in a folder beside the one that is meant, which is gone afterwards unless `place` has moved it. Raises
    ClickException."""
    stage = None
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.absolute().parent))
        for name, text in files.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(CONFIGURATION_MODE)
        stage.chmod(0o755)
        yield stage
    except OSError as error:
        raise _unwritable(folder, error) from None
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)


def place(stage: Path, folder: Path) -> None:
    """Move it where it is meant to be, in one step. Raises ClickException where something is there by now."""
    refuse_occupied(folder)
    try:
        stage.rename(folder)  # the system refuses it over a folder with anything in it
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> click.ClickException:
    return click.ClickException(
        f"{folder}: cannot be written: {error.strerror}; nothing is left of it (name another folder with --folder)"
    )
