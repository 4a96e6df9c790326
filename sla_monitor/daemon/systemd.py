"""Notifications to systemd over the datagram socket of sd_notify(3). Without systemd every call is a no-op.

Our own few lines rather than a library: docs/dependencies.md says why.
"""

from __future__ import annotations

import logging
import os
import socket
import time

log = logging.getLogger(__name__)


def notify(**fields: str | int) -> bool:
    """Send `NAME=value` lines in one message, such as notify(READY=1, STATUS="watching"); whether it was sent.

    A service manager that has gone away is logged and never raised: it must not stop the probes.
    """
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return False
    # A line break in a value would begin another assignment, and a status may hold a supplier's words.
    message = "\n".join(f"{name}={' '.join(str(value).splitlines())}" for name, value in fields.items())
    address = "\0" + path[1:] if path.startswith("@") else path
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(message.encode(errors="replace"), address)
    except OSError as error:
        log.warning("cannot notify systemd", extra={"socket": path, "error": error.strerror or str(error)})
        return False
    return True


def ready(text: str = "") -> bool:
    """We are listening and probing; also the end of a reload."""
    return notify(READY=1, **({"STATUS": text} if text else {}))


def reloading() -> bool:
    """A reload begins; `ready` ends it. systemd pairs the two by this clock."""
    return notify(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1000)


def stopping() -> bool:
    """The orderly stop has begun."""
    return notify(STOPPING=1)


def ping() -> bool:
    """Proof of progress. To be called by the loop that is watched and by nobody else, or it proves nothing."""
    return notify(WATCHDOG=1)
