"""The folder of one run of the demo, which goes with it, also where the run was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

PREFIX = "desk-"


@contextmanager
def own_folder(above: Path, tell: Callable[[str], None]) -> Iterator[Path]:
    """A new folder in `above`, absolute, until the end. Folders of runs that were killed are removed first, and each is
    told of: a run holds a lock on its own, which ends with it however it ends."""
    above.mkdir(parents=True, exist_ok=True)
    with locked(above, wait=True):  # no other start takes a folder for a left one before its run has locked it
        for left in sorted(above.glob(f"{PREFIX}????????")):
            with suppress(OSError), locked(left):
                shutil.rmtree(left)
                tell(f"{left}: left by a demo that was killed; removed")
        made = TemporaryDirectory(prefix=PREFIX, dir=above)
        lock = _lock(Path(made.name), wait=False)
    try:
        with made:
            yield Path(made.name).absolute()
    finally:
        os.close(lock)


@contextmanager
def locked(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a folder. Raises BlockingIOError where somebody else does, OSError where it is none."""
    lock = _lock(folder, wait=wait)
    try:
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
