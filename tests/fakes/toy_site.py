"""A site whose `tcp` probes do to their site what the endpoint says: real processes, real sockets, no real TLS flood.

Started as a site is, by `python -m tests.fakes.toy_site`.
"""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from sla_monitor.contract.endpoints.endpoint import TcpEndpoint
from sla_monitor.probe import KINDS, Finding, Stopwatch, Surroundings
from sla_monitor.probe.connections.connecting import connect
from sla_monitor.probe.loop import park
from sla_monitor.site.process import main
from sla_monitor.sla.observation import Outcome, Reason


def hold() -> NoReturn:
    while True:
        pass


def eat() -> NoReturn:
    eaten = []
    while True:
        eaten.append(bytearray(1 << 20))


def tell(what: str) -> str:
    """Something about the process itself, in the 200 characters that a detail has."""
    if what == "environment":
        return " ".join(sorted(os.environ))
    if what == "first environment":
        pairs = Path("/proc/self/environ").read_text().split("\0")
        return " ".join(sorted(pair.partition("=")[0] for pair in pairs if pair))
    if what == "descriptors":
        own = [fd for fd in Path("/proc/self/fd").iterdir() if int(fd.name) > 2]
        links = (str(fd.readlink()) for fd in own if fd.is_symlink())  # the listing's own is gone by now
        return " ".join(sorted({link.partition(":")[0] for link in links}))
    if what.startswith("harm "):
        return harm(what.removeprefix("harm "))
    kinds = (resource.RLIMIT_CORE, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE)
    flags = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "NoNewPrivs" in line]
    return " ".join(str(one) for kind in kinds for one in resource.getrlimit(kind)) + f" {flags[0]} {Path.cwd()}"


def harm(file: str) -> str:
    """What of all this it can do to a file, and to its parent."""
    tries: dict[str, Callable[[], object]] = {
        "write": lambda: os.open(file, os.O_WRONLY),
        "truncate": lambda: os.truncate(file, 0),
        "remove": Path(file).unlink,
        "make": lambda: Path(f"{file}-2").touch(),
        "rename": lambda: Path(file).rename(f"{file}-3"),
        "execute": lambda: os.execv("/bin/true", ["true"]),
        "memory": lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDONLY),
        "environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "descriptors": lambda: os.open(f"/proc/{os.getppid()}/fd/2", os.O_RDONLY),
        "signal": lambda: os.kill(os.getppid(), 0),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "read": lambda: Path(file).read_bytes(),
        "nothing": lambda: os.open(os.devnull, os.O_RDWR),
    }
    done = []
    for name, attempt in tries.items():
        try:
            attempt()
        except OSError:
            continue
        done.append(name)
    return " ".join(done)


class Toy:
    """Connects, reads a word, and does what it says."""

    def __init__(self, terms: TcpEndpoint, _: Surroundings) -> None:
        self.terms = terms

    async def probe(self, watch: Stopwatch) -> Finding:
        channel = await connect(watch, self.terms.host, self.terms.port, self.terms.family)
        watch.grant(1_000)
        try:
            word = (await channel.receive(watch)).decode()
            if word == "wait":
                await park()
        finally:
            channel.close()
        return act(word)

    def close(self) -> None:
        """Nothing is kept."""


def act(word: str) -> Finding:
    if word == "hold":
        hold()
    if word == "sleep":
        time.sleep(600)
    if word == "eat":
        eat()
    if word == "end":
        os._exit(3)
    if word == "fail":
        return Finding(Outcome.DOWN, Reason.TIMEOUT, "as it was told")
    if word == "fat":
        return Finding(Outcome.DOWN, Reason.BODY_UNEXPECTED, "x" * 200, evidence=bytes(2048))
    if word.startswith("tell "):
        return Finding(Outcome.DOWN, Reason.BODY_UNEXPECTED, tell(word.removeprefix("tell "))[:200])
    return Finding(Outcome.UP)


if __name__ == "__main__":
    KINDS["tcp"] = Toy
    main()
