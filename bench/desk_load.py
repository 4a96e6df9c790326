"""Twenty people at a desk at once: how long each waits, and what is refused.

    python -m bench.desk_load [--people 20] [--rounds 5] [--pause 0.5] [--contracts 50] [--years 10]

Each goes through pages of a contract of their own, looks at a closed month, at what a decision would change, and
enters a line of the minutes, with a pause after each. They ask from a process of their own; times are on the wall, and
mean little on a machine that does something else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles

from bench.desk_estate import LAST_MONTH, aged_desk, assessed
from sla_monitor.cli import collect_seldom
from tests.web.desk.house import Browser, Page

ACTORS = "carl", "anna"
DECIDING, FORM, ENTERING = "{at}/entries/{booking}/decide", "{at}/enter/minute", "enters a line of the minutes"
PAGES = (
    "/desk", "{at}/credits", "{at}/obligations", "{at}/maintenance", "/api/v1/contracts/{id}/entries",
    f"{{at}}/months/{LAST_MONTH}", DECIDING, "/",
)  # fmt: skip


@dataclass
class Seen:
    """Of each kind of page, how long it took in ms; and what came in place of a page."""

    took_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, began_s: float, page: Page | None, status: int) -> None:
        with self.lock:
            if page is not None and page.status == status:
                self.took_ms[kind].append((time.monotonic() - began_s) * 1000)
            else:
                what = "no answer" if page is None else f"{page.status}, Retry-After {page.headers.get('retry-after')}"
                self.refused[f"{kind}: {what}"] += 1


@dataclass(frozen=True)
class Crowd:
    """Who comes. `bookings`: of each contract, an entry to decide about."""

    port: int
    people: int
    rounds: int
    pause_s: float
    bookings: Sequence[tuple[str, int]]

    def come(self) -> Seen:
        """All at once, until each is done; they have signed in before, one by one."""
        seen, browsers = Seen(), [Browser(self.port) for _ in range(self.people)]
        for n, browser in enumerate(browsers):
            began_s = time.monotonic()
            seen.note("signs in, one by one", began_s, browser.sign_in(ACTORS[n % 2]), 303)
        several = [threading.Thread(target=self._work, args=(n, one, seen)) for n, one in enumerate(browsers)]
        for one in several:
            one.start()
        for one in several:
            one.join()
        return seen

    def _work(self, n: int, browser: Browser, seen: Seen) -> None:
        name, booking = self.bookings[n % len(self.bookings)]
        at = f"/desk/contracts/{name}"
        pages = [kind for kind in PAGES if n % 2 or kind != DECIDING]
        for _ in range(self.rounds):
            for kind in pages:
                self._ask(seen, kind, partial(browser.get, kind.format(at=at, id=name, booking=booking)))
            form = self._ask(seen, FORM, partial(browser.get, FORM.format(at=at)))
            if form is not None and form.status == 200:
                said = {"month": LAST_MONTH, "note": "Noted."}
                self._ask(seen, ENTERING, partial(browser.fill_in, form, FORM.format(at=at), **said), 303)

    def _ask(self, seen: Seen, kind: str, asking: Callable[[], Page], status: int = 200) -> Page | None:
        began_s, page = time.monotonic(), None
        with suppress(OSError):
            page = asking()
        seen.note(kind, began_s, page, status)
        time.sleep(self.pause_s)
        return page


def _come(crowd: Crowd, answers: multiprocessing.Queue[tuple[dict[str, list[float]], dict[str, int]]]) -> None:
    seen = crowd.come()
    answers.put((dict(seen.took_ms), dict(seen.refused)))


def desk_load(people: int, rounds: int, pause_s: float, contracts: int, years: int) -> None:
    """Print it, page by page."""
    collect_seldom()
    with tempfile.TemporaryDirectory() as name, aged_desk(Path(name), contracts, years, 0) as (house, several, count):
        assessed(house)
        bookings = []
        for one in several:
            kinds = {entry.body.kind: entry.number for entry in house.entries(one.id)}
            bookings.append((one.id, kinds["maintenance"]))
        context = multiprocessing.get_context("spawn")
        answers: multiprocessing.Queue[tuple[dict[str, list[float]], dict[str, int]]] = context.Queue()
        crowd = Crowd(house.web.port, people, rounds, pause_s, bookings)
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        process = context.Process(target=_come, args=(crowd, answers))
        process.start()
        took_ms, refused = answers.get()
        process.join()
        lasted_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        answered = sum(map(len, took_ms.values()))
        print(
            f"{people} people at once, {contracts} contracts, {count:,} entries, a pause of {pause_s} s after each page"
        )
        print(f"  {answered} answers in {lasted_s:.0f} s, {cpu_s / answered * 1000:.0f} ms of processor time each")
        for kind, ms in took_ms.items():
            cuts = quantiles(ms, n=20) if len(ms) > 1 else ms * 19
            print(f"  {kind}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f}, longest {max(ms):.0f}, {len(ms)} times")
        for what, times in refused.items():
            print(f"  {what}: {times} times")
        if not refused:
            print("  nothing was refused")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.desk_load", description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds")
    parser.add_argument("--contracts", type=int, default=50)
    parser.add_argument("--years", type=int, default=10)
    given = parser.parse_args()
    desk_load(given.people, given.rounds, given.pause, given.contracts, given.years)
