"""Files that a command writes where somebody tells it to: whole or not at all, and never through a symbolic link."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

LARGEST_MODE, CONFIGURATION_MODE = 0o640, 0o644
"""What others must not read, and what the daemon's user, whoever that is, has to."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def replace_file(path: Path, text: str | bytes, mode: int = LARGEST_MODE) -> None:
    """Write a file, or replace it as a whole; a device or a pipe is written as it is. Raises ClickException.

    A link could lead what is written, by somebody with more rights, over any file of theirs.
    """
    _refuse_link(path)
    part, content = _part(path), text.encode() if isinstance(text, str) else text
    try:
        if path.exists() and not path.is_file():
            _fill(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC), content)
            return
        _fill(os.open(part, _NEW, mode), content)
        part.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def refuse_another(path: Path, content: bytes, replaces: bool) -> None:
    """Raises ClickException where something else is in a new file's place, and is not to be replaced."""
    _refuse_link(path)
    try:
        is_other = path.exists() and (not path.is_file() or path.read_bytes() != content)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}") from None
    if is_other and not (replaces and path.is_file()):
        raise click.ClickException(f"{path}: already exists with other contents (pass --replace to overwrite it)")


def put_file(path: Path, content: bytes, replaces: bool) -> None:
    """Write a new file, in another's place where that is asked for. Raises ClickException."""
    refuse_another(path, content, replaces)
    part = _part(path)
    try:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        _fill(os.open(part, _NEW, LARGEST_MODE), content)
        if path.exists():
            part.replace(path)
        else:
            os.link(part, path)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise click.ClickException(f"{path}: is a symbolic link, and is not written through; name the file itself")


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")


def _fill(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
