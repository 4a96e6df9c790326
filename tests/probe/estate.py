"""Servers in a process of their own, so that theirs is not the time of whoever probes them. Run as a program.

`python -m tests.probe.estate CA_FILE hostile`: serves the row of `hostile.ALL` whose number it reads, and says at which
port; an empty line ends that. `… innocent`: serves a page over HTTP and over HTTPS, and says at which ports.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.probe.conftest import server_context
from tests.probe.hostile import ALL, bomb
from tests.probe.hostile_tls import server_contexts, trusted
from tests.probe.servers import OK, answering, serving

ROOT = Path(__file__).parents[2]


class Estate:
    """The process, as its user sees it."""

    def __init__(self, ca_file: Path, what: str) -> None:
        command = [sys.executable, "-m", "tests.probe.estate", str(ca_file), what]
        self.ca_file = ca_file
        self._process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def heard(self) -> list[int]:
        assert self._process.stdout is not None
        return [int(word) for word in self._process.stdout.readline().split()]

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    @contextmanager
    def row(self, number: int) -> Iterator[int]:
        self.say(str(number))
        [port] = self.heard()
        try:
            yield port
        finally:
            self.say("")

    def end(self) -> None:
        self._process.communicate()


@contextmanager
def estate(ca_file: Path, what: str) -> Iterator[Estate]:
    one = Estate(ca_file, what)
    try:
        yield one
    finally:
        one.end()


def _serve_hostile(ca_file: Path) -> None:
    os.nice(10)  # what a flood costs its sender is not the time of those whom it is sent to
    authority = trustme.CA()
    ca_file.write_bytes(trusted(authority))
    contexts = server_contexts(authority)
    bomb(1), bomb(2)
    while line := sys.stdin.readline():
        row = ALL[int(line)]
        with serving(row.conduct, tls=contexts[row.tls]) as server:
            print(server.port, flush=True)
            sys.stdin.readline()


def _serve_innocent(ca_file: Path) -> None:
    authority = trustme.CA()
    ca_file.write_bytes(authority.cert_pem.bytes())
    tls = server_context(authority.issue_cert("127.0.0.1"))
    with serving(answering(OK)) as plain, serving(answering(OK), tls=tls) as secure:
        print(plain.port, secure.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    {"hostile": _serve_hostile, "innocent": _serve_innocent}[sys.argv[2]](Path(sys.argv[1]))
