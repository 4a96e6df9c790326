"""What the desk's pages, forms and JSON cost, for many contracts with ten years of entries.

    python -m bench.desk [--contracts 50] [--years 10] [--profile ADDRESS]

Every address of the desk is asked for by somebody of each role, over HTTP, and processor time is that of the whole
process, client included: first after a new entry of the contract, when what follows from its register is worked out
again, then as it stands. Signing in is apart: bcrypt is meant to be slow.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.desk_estate import NOW_MS, PEOPLE, aged_desk
from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.web.desk.entry_fields import form_model
from sla_monitor.web.desk.routes import DESK_ROUTES
from sla_monitor.web.serving.register_routes import REGISTER_ROUTES
from tests.web.desk.house import Browser, House, Page

AIM_MS = 50
RUNS = 5
NAMED = re.compile(r"\([^()]*\)")
APART = {"/sign-in", "/sign-in/openid", "/sign-in/openid/answer", "/sign-out"}
MORE = ("/api/v1/desk", "/api/v1/contracts/{contract}")
KIND, NUMBER = r"/enter/([^/]+)", r"([1-9][0-9]{0,9})"


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time in ms of the dearest role: after a new entry of the contract, and as it stands."""

    anew_ms: float
    again_ms: float
    role: str
    size: int


def addresses(contract: str, number: int) -> Iterator[str]:
    """Every address of the desk that is fetched, about a contract and an entry of it."""
    routes = [pattern for pattern, _ in (*DESK_ROUTES, *REGISTER_ROUTES)]
    for pattern in dict.fromkeys(routes):
        plain = pattern.replace("\\", "")
        if plain in APART:
            continue
        kinds = [kind for kind in KINDS if form_model(kind)] if pattern.endswith(KIND) else [f"{number}"]
        for kind in kinds:
            values = iter((contract, kind))
            yield NAMED.sub(lambda _, values=values: next(values), plain.replace(NUMBER, f"{number}"))  # type: ignore[misc]
    yield from (address.format(contract=contract) for address in MORE)


def spent(task: Callable[[], Page]) -> tuple[float, Page]:
    began = time.process_time()
    page = task()
    return (time.process_time() - began) * 1000, page


def add(register: Register, contract: str) -> int:
    """One more line of the minutes, as a command enters it."""
    said = {"kind": "minute", "month": "2026-10"}
    words = {"number": 1, "at": Milliseconds(NOW_MS), "actor": "carl", "contract": contract, "note": "Noted."}
    return register.add([Entry.model_validate({**words, "known_by": "command", "said": said})])[0]


def cost(browsers: Mapping[str, Browser], register: Register, contract: str, address: str) -> Cost | None:
    """None: nobody is shown anything there."""
    found: list[Cost] = []
    for name, browser in browsers.items():
        if browser.get(address).status != 200:
            continue
        add(register, contract)
        anew_ms, page = spent(lambda browser=browser: browser.get(address))  # type: ignore[misc]
        again_ms = min(spent(lambda browser=browser: browser.get(address))[0] for _ in range(RUNS))  # type: ignore[misc]
        found.append(Cost(anew_ms, again_ms, PEOPLE[name], len(page.text)))
    return max(found, key=lambda one: (one.anew_ms, one.again_ms), default=None)


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


def desk_cost(contracts: int = 50, years: int = 10, profile: str = "") -> None:
    """Print all of it, beside the status page of the same run."""
    with tempfile.TemporaryDirectory() as name:
        began = time.process_time()
        with aged_desk(Path(name), contracts, years) as (house, several, count):
            print(f"desk of {contracts} contracts with {count:,} entries in {years} years, ms of processor time")
            print(f"  (built in {time.process_time() - began:.0f} s)")
            told(house, several[-1].id, profile)


def told(house: House, contract: str, profile: str) -> None:
    signing_ms, browsers = [], dict[str, Browser]()
    for name in PEOPLE:
        browsers[name] = house.browser()
        ms, page = spent(lambda name=name: browsers[name].sign_in(name))  # type: ignore[misc]
        assert page.status == 303, page.text
        signing_ms.append(ms)
    register = Register.open(house.ledger, SystemClock())
    first_ms, page = spent(lambda: browsers["carl"].get("/desk"))
    assert page.status == 200
    number = add(register, contract)
    status_ms = min(spent(lambda: browsers["carl"].get("/"))[0] for _ in range(RUNS))
    print(f"  sign-in {min(signing_ms):.0f}; the first page after a start, which reads the register {first_ms:.0f}")
    print(f"  status page {status_ms:.1f}")
    dear = []
    for address in addresses(contract, number):
        if profile and profile not in address:
            continue
        one = cost(browsers, register, contract, address)
        if one is None:
            print(f"  {address}: shown to nobody")
            continue
        ratio = one.again_ms / status_ms
        print(
            f"  {address}: {one.anew_ms:.1f} after a new entry, then {one.again_ms:.1f}"
            f" ({ratio:.1f} of the status page),"
            f" {one.role}, {one.size / 1000:.0f} kB",
            flush=True,
        )
        dear += [address] if max(one.anew_ms, one.again_ms) > AIM_MS else []
    made = entering_ms(browsers["carl"], contract)
    print(f"  entering a line of the minutes: {min(made):.1f} ({min(made) / status_ms:.1f} of the status page)")
    print(f"  above {AIM_MS} ms: {', '.join(dear) or 'none'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__.partition("\n")[0])
    parser.add_argument("--contracts", type=int, default=50)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--profile", default="", metavar="PART", help="only addresses with this in them")
    given = parser.parse_args()
    desk_cost(given.contracts, given.years, given.profile)
