"""Starts the processes of sites: itself a small process, forked before the daemon has threads, secrets or a ledger.

A site started from it has never held any of these, shares the memory of the program's code with it, and is there within
milliseconds: one that was held by a supplier's bytes is replaced at once.
"""

from __future__ import annotations

import array
import contextlib
import json
import logging
import os
import signal
import socket
from typing import Any, Self

from sla_monitor.site.process import confine, run_site

log = logging.getLogger(__package__)

_REQUEST = 1024


class Spawner:
    """The daemon's end. `start` may be called from any one thread at a time."""

    def __init__(self, sock: socket.socket, pid: int) -> None:
        self._sock, self.pid = sock, pid

    @classmethod
    def fork(cls) -> Self:
        """Call it while the process has one thread, and nothing that a site should not have."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            ours.close()
            with contextlib.suppress(KeyboardInterrupt):
                _serve(theirs, parent)
            os._exit(0)
        theirs.close()
        return cls(ours, pid)

    def start(self, sock: socket.socket, words_fd: int, host_fd: int, memory_limit: int, nice: int) -> int:
        """Start a site at the other end of `sock`, which may then be closed here; its process id.

        Raises OSError when there is no spawner any more, or it cannot fork.
        """
        request = json.dumps({"memory_limit": memory_limit, "nice": nice}).encode()
        socket.send_fds(self._sock, [request], [sock.fileno(), words_fd, host_fd])
        answer = self._sock.recv(_REQUEST)
        if not answer:
            raise ConnectionResetError("the process that starts sites has ended")
        found: dict[str, Any] = json.loads(answer)
        if "pid" not in found:
            raise OSError(found.get("error", "no site could be started"))
        return int(found["pid"])

    def close(self) -> None:
        """Let it end, and with it every site that it started."""
        self._sock.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _serve(sock: socket.socket, parent: int) -> None:
    """Fork for each request, until the daemon hangs up."""
    confine_spawner(parent)
    while True:
        request, fds, _, _ = socket.recv_fds(sock, _REQUEST, 3)
        if not request:
            return
        wanted = json.loads(request)
        try:
            pid = os.fork()
        except OSError as error:
            sock.send(json.dumps({"error": f"no process can be started: {error.strerror}"}).encode())
        else:
            if pid == 0:
                sock.close()
                _become_a_site(fds, wanted)
            sock.send(json.dumps({"pid": pid}).encode())
        finally:
            for fd in fds:
                os.close(fd)


def confine_spawner(parent: int) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # sites are watched by the daemon; here they only need no burial
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _become_a_site(fds: array.array[int] | list[int], wanted: dict[str, int]) -> None:
    code = 1
    try:
        confine(wanted["memory_limit"], os.getppid(), nice=wanted["nice"])
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # its judges are its own
        site, words, host = fds
        run_site(socket.socket(fileno=site), words, host)
        code = 0
    except BaseException:
        logging.getLogger(__package__).critical("a site ended in an exception", exc_info=True)
    finally:
        os._exit(code)
