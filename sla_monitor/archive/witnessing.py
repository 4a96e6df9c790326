"""The supplier as witness: it checks a checkpoint, signs it, and returns it."""

from __future__ import annotations

import re
from pathlib import Path

from sla_monitor.archive.checkpoint import LARGEST, Checkpoint
from sla_monitor.archive.sealed import CHECKPOINT, SealedDay, contents, sealed_days
from sla_monitor.archive.sealing import replace
from sla_monitor.errors import ArchiveError
from sla_monitor.signing import SigningKey, VerifyingKey

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}", re.ASCII)


def cosign(day: SealedDay, name: str, key: SigningKey, at_s: int) -> Path:
    """Sign a day's checkpoint, which has been checked; the file that now carries the signature. Raises ArchiveError."""
    if not _NAME.fullmatch(name):
        raise ArchiveError(f"{name!r} is no name for a signature (write letters, digits, and . _ / -)")
    return _put(day, day.checkpoint.cosigned(name, key, at_s))


def accept(folder: Path, returned: Path, witness: VerifyingKey) -> Path:
    """Take over a witness's signature from a checkpoint that it returned; the checkpoint that now carries it.

    Nothing else of what was returned is taken. Raises ArchiveError where it is of no day here, or is not signed.
    """
    found = Checkpoint.read(contents(returned, LARGEST))
    days = sealed_days(folder)
    if found.size > len(days):
        raise ArchiveError(f"{returned}: is of {found.size} days, and there are {len(days)} here")
    day = days[found.size - 1]
    if day.checkpoint.text != found.text:
        raise ArchiveError(f"{returned}: is not the checkpoint of {day.on}; the witness has seen other days than these")
    signature = found.signature_of(witness)
    if signature is None or found.cosigned_at(witness) is None:
        raise ArchiveError(f"{returned}: the witness has not signed it with this key")
    return _put(day, day.checkpoint.with_signature(signature))


def _put(day: SealedDay, checkpoint: Checkpoint) -> Path:
    path = day.folder / CHECKPOINT
    try:
        replace(path, checkpoint.content)
    except OSError as error:
        raise ArchiveError(f"{path}: {error.strerror}") from None
    return path
