"""Files that a command writes where somebody tells it to: whole or not at all, and never through a symbolic link."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

LARGEST_MODE, CONFIGURATION_MODE = 0o640, 0o644
"""What others must not read, and what the daemon's user, whoever that is, has to."""


def replace_file(path: Path, text: str, mode: int = LARGEST_MODE) -> None:
    """Write a file, or replace it as a whole; a device or a pipe is written as it is. Raises ClickException.

    A link could lead what is written, by somebody with more rights, over any file of theirs.
    """
    if path.is_symlink():
        raise click.ClickException(f"{path}: is a symbolic link, and is not written through; name the file itself")
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        if path.exists() and not path.is_file():
            _fill(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC), text)
            return
        _fill(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode), text)
        part.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _fill(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode())
