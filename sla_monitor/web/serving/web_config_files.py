"""The web-config file and its certificates, read again when they change: rotation needs no restart."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from sla_monitor.errors import ConfigError
from sla_monitor.web.serving.server_tls import server_context
from sla_monitor.web_config import WebConfig, read_web_config

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None
"""Modification time in nanoseconds, size, inode; None for a file that is not there."""


class WebFiles:
    """What the files say; while a changed file is wrong, what they said before.

    A certificate and its key are two files: between the two renames they do not fit. That state is refused like
    any other mistake, and the next look finds the pair.
    """

    def __init__(self, path: Path | None) -> None:
        """Read everything. Raises ConfigError: a daemon must not start open because its lock did not load."""
        self.path = path
        self.config = WebConfig()
        self.context: ssl.SSLContext | None = None
        self._watched: list[Path] = []
        self._tried: tuple[Stamp, ...] = ()
        if path is not None:
            self._load(path)

    def refresh(self) -> bool:
        """Look at the files, and take in what has changed. True when something new is in force."""
        if self.path is None or tuple(map(_stamp, self._watched)) == self._tried:
            return False
        try:
            self._load(self.path)
        except ConfigError as error:
            log.error("web-config not taken, the one before stays in force: %s", error)
            return False
        log.info("web-config and certificates read again from %s", self.path)
        return True

    def _load(self, path: Path) -> None:
        # Each file is stamped before it is read: a change in between is then seen as one the next time.
        self._watched, self._tried = [path], (_stamp(path),)
        config = read_web_config(path)
        tls = config.tls_server_config
        if tls is not None:
            self._watched += tls.files
            self._tried += tuple(map(_stamp, tls.files))
        self.context = server_context(tls) if tls else None
        self.config = config


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
