"""What the desk's pages, forms and JSON cost, for many contracts with ten years of entries.

    python -m bench.desk [--contracts 50] [--years 10] [--audit 100000] [--only PART]

Every address of the desk is asked for by somebody of each role, over HTTP, and processor time is that of the whole
process, client included: first after a new entry of the contract, when what follows from its register is worked out
again, then after an entry by which a figure of the last month is another, then as it stands. Of whoever it costs most,
the medians of several runs are told, each beside the status page of the same run, and garbage collection apart. Signing
in is apart too: bcrypt is meant to be slow.
"""

from __future__ import annotations

import argparse
import gc
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from bench.desk_estate import LAST_MONTH, NOW_MS, PARTICIPANT, PEOPLE, aged_desk, assessed, propose
from sla_monitor.cli import collect_seldom
from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.web.api.service_json import API
from sla_monitor.web.desk.entry_fields import form_model
from sla_monitor.web.serving.routes import ROUTES
from tests.web.desk.house import Browser, House, Page

AIM_MS = 50
SLOW_MS = 500
RUNS = 5
PATIENCE = 6
"""So often is asked for what takes longer than a browser of the tests waits."""
OURS = ("/desk", f"{API}/desk", f"{API}/contracts/", f"{API}/audit")
APART = {"/desk/audit.csv", rf"{API}/contracts/([^/]+)/entries/([1-9][0-9]{{0,9}})/attachments/([0-9a-f]{{64}})"}
"""Files as they are: of up to 100,000 rows, and of somebody's evidence."""
T = TypeVar("T")
GROUP = re.compile(r"\(\[[^()]*\)|\((?:\w+\|)+\w+\)")
ABOUT = {
    "decide": "maintenance", "file": "credit_invoiced", "undo-file": "credit_invoiced", "terms": "terms_proposed",
    "undo": "minute",
}  # fmt: skip
"""What sort of entry a page is about, by a word of its address behind the contract's name; else it is about any."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time in ms of the dearest role, without garbage collection: after a new entry of the contract, after
    one that changes a figure, and as it stands; and the longest collection meanwhile."""

    anew_ms: float
    figured_ms: float
    again_ms: float
    garbage_ms: float
    role: str
    size: int


@dataclass
class Garbage:
    """How long garbage collection takes. Entries of ten years are looked through whenever enough was made since."""

    spent_s: float = 0.0
    longest_s: float = 0.0
    _began_s: float = 0.0

    def __call__(self, phase: str, _: object) -> None:
        if phase == "start":
            self._began_s = time.process_time()
        else:
            lasted_s = time.process_time() - self._began_s
            self.spent_s, self.longest_s = self.spent_s + lasted_s, max(self.longest_s, lasted_s)


GARBAGE = Garbage()


class AddressError(Exception):
    """A part of an address for which nobody has said what stands there."""


def addresses(contract: str, entries: Sequence[Entry]) -> Iterator[str]:
    """Every address of the desk that is fetched, about a contract. `entries`: those that there are, of which some pages
    need one of a kind. Raises AddressError for a new one that cannot be filled in."""
    last: dict[str, int] = {entry.body.kind: entry.number for entry in entries}
    for pattern, handler in ROUTES:
        plain = pattern.replace("\\.", ".")
        if not plain.startswith(OURS) or plain in APART or "GET" not in handler.methods:
            continue
        kinds = [kind for kind in KINDS if form_model(kind)] if "/enter/" in plain else [""]
        words = plain.split("/")
        about = next((kind for word, kind in ABOUT.items() if word in words), "")
        number = last.get(about, entries[-1].number)
        for kind in kinds:
            made = "".join(_parts(plain, contract, kind, number))
            yield f"{made}?number={number}" if made.endswith("/entered") else made


def _parts(pattern: str, contract: str, kind: str, number: int) -> Iterator[str]:
    """A pattern with something in place of each group."""
    end = 0
    for group in GROUP.finditer(pattern):
        before, end = pattern[end : group.start()], group.end()
        yield before
        known = {
            "([0-9]{4}-[0-9]{2})": LAST_MONTH, "([1-9][0-9]{0,9})": f"{number}",
            "([^/]+)": {"contracts": contract, "enter": kind, "participants": PARTICIPANT}.get(before.split("/")[-2]),
        }  # fmt: skip
        found = group[0][1:].partition("|")[0] if "|" in group[0] else known.get(group[0])
        if found is None:
            raise AddressError(f"bench.desk does not know what stands for {group[0]} in {pattern}: say it in _parts")
        yield found
    yield pattern[end:]
    if "(" in pattern[end:]:
        raise AddressError(f"bench.desk does not know what stands for {pattern[end:]} in {pattern}: see GROUP")


def spent(task: Callable[[], T]) -> tuple[float, T]:
    """Processor time in ms, without garbage collection, and what came of it."""
    began, before = time.process_time(), GARBAGE.spent_s
    found = task()
    return (time.process_time() - began - (GARBAGE.spent_s - before)) * 1000, found


def patiently(browser: Browser, address: str) -> Page:
    """Ask until it is answered, which may take longer than a browser of the tests waits."""
    for _ in range(PATIENCE):
        try:
            return browser.get(address)
        except TimeoutError:
            continue
    raise TimeoutError(f"{address} was not answered")


MINUTE: Mapping[str, object] = {"kind": "minute", "month": LAST_MONTH}


def figure(run: int) -> Mapping[str, object]:
    """Another one each time."""
    return {"kind": "figure", "kpi": "KPI2", "month": LAST_MONTH, "party": "agreed", "value": f"{81 + run}"}


def add(register: Register, contract: str, said: Mapping[str, object] = MINUTE) -> int:
    """One more entry, as a command enters it."""
    words = {"number": 1, "at": Milliseconds(NOW_MS), "actor": "carl", "contract": contract, "note": "Noted."}
    return register.add([Entry.model_validate({**words, "known_by": "command", "said": said})])[0]


def cost(browsers: Mapping[str, Browser], register: Register, contract: str, address: str) -> Cost | None:
    """None: nobody is shown anything there."""
    GARBAGE.longest_s = 0.0
    asked = {name: spent(lambda browser=browser: patiently(browser, address)) for name, browser in browsers.items()}  # type: ignore[misc]
    once = {name: ms for name, (ms, page) in asked.items() if page.status == 200 or page.location.startswith(OURS)}
    if not once:
        return None
    name = max(once, key=lambda each: spent(lambda: patiently(browsers[each], address))[0])
    page = asked[name][1]
    runs = 1 if once[name] > SLOW_MS else RUNS
    anew, figured, again = [], [], []
    for run in range(runs):
        add(register, contract)
        anew.append(spent(lambda: patiently(browsers[name], address))[0])
        add(register, contract, figure(run))
        figured.append(spent(lambda: patiently(browsers[name], address))[0])
        again.append(spent(lambda: patiently(browsers[name], address))[0])
    return Cost(median(anew), median(figured), median(again), GARBAGE.longest_s * 1000, PEOPLE[name], len(page.text))


def entering_ms(browser: Browser, contract: str) -> Sequence[float]:
    """Of one form sent, by which an entry is made, without the page before it and the one after it."""
    found = []
    for n in range(RUNS):
        address = f"/desk/contracts/{contract}/enter/minute"
        form = browser.get(address)
        ms, page = spent(lambda: browser.fill_in(form, address, month="2026-10", note=f"Noted, number {n}."))  # noqa: B023
        assert page.status == 303, page.text
        found.append(ms)
    return found


def desk_cost(contracts: int = 50, years: int = 10, audit: int = 100_000, only: str = "") -> list[str]:
    """Print all of it, beside the status page of the same run. The addresses that nobody is shown."""
    collect_seldom()
    gc.callbacks.append(GARBAGE)
    with tempfile.TemporaryDirectory() as name:
        began = time.process_time()
        with aged_desk(Path(name), contracts, years, audit) as (house, several, count):
            counted = f"{count:,} entries in {years} years, and {audit:,} rows of audit"
            print(f"desk of {contracts} contracts with {counted}, ms of processor time")
            print(f"  (built in {time.process_time() - began:.0f} s)")
            return measured(house, several[-1].id, only)


def measured(house: House, contract: str, only: str) -> list[str]:
    signing_ms, browsers = [], dict[str, Browser]()
    for name in PEOPLE:
        browsers[name] = house.browser()
        ms, page = spent(lambda name=name: browsers[name].sign_in(name))  # type: ignore[misc]
        assert page.status == 303, page.text
        signing_ms.append(ms)
    register = Register.open(house.ledger, SystemClock())
    one_ms, page = spent(lambda: patiently(browsers["carl"], f"/desk/contracts/{contract}/obligations"))
    assert page.status == 200
    assessing_ms, _ = spent(lambda: assessed(house))
    first_ms, page = spent(lambda: patiently(browsers["carl"], "/desk"))
    assert page.status == 200
    propose(house, browsers["carl"], contract)
    status_ms = median(spent(lambda: browsers["carl"].get("/"))[0] for _ in range(RUNS))
    print(f"  sign-in {median(signing_ms):.0f}; status page {status_ms:.1f}")
    print(f"  after a start: the first page of a contract {one_ms:.0f}, when nobody has read the register;")
    print(f"    the first assessment, which reads it {assessing_ms:.0f}; then the first page of all {first_ms:.0f}")
    costs: dict[str, Cost] = {}
    unseen = []
    for address in dict.fromkeys(addresses(contract, house.entries(contract))):
        if only not in address:
            continue
        one = cost(browsers, register, contract, address)
        if one is None:
            unseen.append(address)
            continue
        costs[address] = one
        told = f"{one.anew_ms:.1f} after a new entry, {one.figured_ms:.1f} after a new figure, then {one.again_ms:.1f}"
        ratio = f"{one.anew_ms / status_ms:.1f} and {one.again_ms / status_ms:.1f} of the status page"
        garbage = f", garbage {one.garbage_ms:.0f}" if one.garbage_ms > AIM_MS else ""
        print(f"  {address}: {told} ({ratio}), {one.role}, {one.size / 1000:.0f} kB{garbage}", flush=True)
    made = median(entering_ms(browsers["carl"], contract))
    print(f"  entering a line of the minutes: {made:.1f} ({made / status_ms:.1f} of the status page)")
    dear = [address for address, one in costs.items() if max(one.anew_ms, one.figured_ms, one.again_ms) > AIM_MS]
    print(f"  above {AIM_MS} ms: {', '.join(dear) or 'none'}")
    if unseen:
        print(f"  shown to nobody (is it asked for rightly?): {', '.join(unseen)}")
    return unseen


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__.partition("\n")[0])
    parser.add_argument("--contracts", type=int, default=50)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument(
        "--audit", type=int, default=100_000, help="rows; 3,000,000 are those of 40 people in ten years"
    )
    parser.add_argument("--only", default="", metavar="PART", help="addresses with this in them")
    given = parser.parse_args()
    return min(len(desk_cost(given.contracts, given.years, given.audit, given.only)), 1)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AddressError as unknown:
        sys.exit(f"{unknown}")
