"""The queues before the web server's threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from sla_monitor.web.serving.limits import ASKING, Bounded, Busy


async def asked(bounded: Bounded, several: Sequence[str]) -> tuple[list[str], list[str]]:
    """What several people ask for while the one thread is held up, in this order: by whom it was done, and who was
    sent away."""
    gate, done, away = threading.Event(), list[str](), list[str]()

    async def ask(whose: str) -> None:
        ASKING.set(whose)
        try:
            await bounded.run(done.append, whose)
        except Busy:
            away.append(whose)

    began = threading.Event()

    def hold() -> None:
        began.set()
        gate.wait(60)

    held = asyncio.create_task(bounded.run_for("first", hold))
    await asyncio.to_thread(began.wait, 60)
    tasks = [asyncio.create_task(ask(whose)) for whose in several]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(held, *tasks)
    bounded.close()
    return done, away


@pytest.mark.parametrize(
    ("several", "done", "away"),
    [
        ("aaab", "abaa", ""),  # each in turn
        ("aaaab", "abaa", "a"),  # who comes late takes the latest place of whoever has most
        ("aaaaa", "aaaa", "a"),  # nobody takes a place of their own
        ("abcde", "abcd", "e"),  # nor of somebody who has as little
        ("aabbc", "abcb", "a"),
    ],
)
def test_who_asks_for_much_takes_no_place_from_others(several: str, done: str, away: str) -> None:
    assert tuple(map("".join, asyncio.run(asked(Bounded(1, 4), several)))) == (done, away)
