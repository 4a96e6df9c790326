"""Two collectors on one server, and what is said at either of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.common_entries import tail
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.pair.shared_register import register_of
from sla_monitor.register.entries import Entry
from tests.register.saying import entry, ticket
from tests.support.nats import PAIR, Collector, Server, collecting, wait


@contextmanager
def paired(folder: Path, server: Server) -> Iterator[tuple[Collector, Collector]]:
    with ExitStack() as stack:
        both = [
            stack.enter_context(collecting(folder / name, server.settings("collector"), name=name)) for name in PAIR
        ]
        wait(lambda: all(not trouble(one) for one in both))
        yield both[0], both[1]


def trouble(one: Collector) -> str:
    return "it does not follow" if one.following is None else one.following.trouble


def register(one: Collector) -> Register:
    """As a command has it at this collector."""
    return register_of(one.settings, one.path, SystemClock())


def said(name: str) -> Entry:
    kind, words = ticket(name)
    return entry(1, kind, **words)


def names(one: Collector) -> list[str]:
    """Of the tickets in its register."""
    return [entry.body.id for entry in Register(one.path).entries("small")]  # type: ignore[union-attr]


def are_the_same(*several: Collector) -> bool:
    first, *others = [tail(one.path) for one in several]
    return all(first == other for other in others)
