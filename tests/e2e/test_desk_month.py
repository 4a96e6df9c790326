"""A month at the desk, from the supplier's first claim to what finance does with it: four people, four screens, one
daemon, in a real browser. And what happens to forms that are sent twice, late, at once, or as the daemon dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.demo.estate import Estate
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.wording.waiting import TO_DO
from tests.e2e.seat import DESKTOP, PHONE, PLAIN_PHONE, WIDE, Seat, seats
from tests.register.office import TERMS
from tests.support.nats import Network
from tests.support.running import Monitor
from tests.support.waiting import PATIENCE_S, wait_until
from tests.web.desk.house import PASSWORD, hashed
from tests.web.desk.waiting_house import PARTS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOTS = Path(os.environ["DESK_SHOTS"]) if "DESK_SHOTS" in os.environ else None
PEOPLE = {"sue": PHONE, "carl": DESKTOP, "anna": PLAIN_PHONE, "adam": DESKTOP, "fred": WIDE}
ROLES = {"sue": "supplier", "carl": "contract_manager", "anna": "approver", "adam": "approver", "fred": "finance"}

People = dict[str, Seat]
Story = Callable[[People], Awaitable[None]]


def at(hour: int, day: int) -> str:
    return f"{MONTH}-{day:02}T{hour:02}:00"


NOW = datetime.now(UTC)
FIRST = (NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - DAY).replace(day=1)
MONTH = f"{FIRST:%Y-%m}"
OUTAGES = ((6, 9, 8), (13, 14, 2), (20, 10, 2))
"""By day and hour of the month that is over, and how many hours: the one that is claimed, the one that is disputed, and
the one that is nobody's fault but the supplier's."""


class DeskDaemon(Monitor):
    """A daemon with the desk of one contract, of which a month is over."""

    def write(self, **_: Any) -> None:
        relief = {"notice_working_days": 2, "late": "decided", "deadline_months": 3}
        terms = {
            **TERMS,
            **PARTS,
            "term": {"start": f"{FIRST:%Y-%m-%d}", "end": "2089-12-31"},
            "time_zone": "UTC",
            "relief": relief,
        }
        (self.folder / "contracts" / "small.yaml").write_text(json.dumps(terms))
        (self.folder / "password").write_text(hashed())
        users = [
            {"name": name, "password": f"${{file:{self.folder / 'password'}}}",
             "roles": [{"role": role, "contracts": ["small"]}]}
            for name, role in ROLES.items()
        ]  # fmt: skip
        settings = {"listen": f"127.0.0.1:{self.port}", "ledger": {"path": "ledger.db"}, "assess_every": "1s"}
        self.settings.write_text(json.dumps({**settings, "desk": {"users": users}}))
        self._record()

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return self.status("/sign-in") == 200  # its probe is due within the hour

    def _record(self) -> None:
        down = {FIRST + (day - 1) * DAY + (hour + one) * HOUR for day, hour, hours in OUTAGES for one in range(hours)}
        with Ledger.open(self.ledger, SystemClock()) as ledger:
            when, count = FIRST, 0
            while when < NOW:
                seen = Finding(Outcome.DOWN, Reason.TIMEOUT) if when in down else Finding(Outcome.UP, duration_us=2_000)
                ledger.record(Observation("small/health", int(when.timestamp()) * 1000, seen), 3_600_000)
                when, count = when + HOUR, count + 1
                assert count % 500 or ledger.flush(20)
            assert ledger.flush(20)

    def entries(self) -> list[Entry]:
        return list(Register.open(self.ledger, SystemClock()).entries("small"))

    def run(self, *words: str) -> str:
        """What a command says."""
        found = CliRunner().invoke(cli, [*words, "--config", str(self.settings)], catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.stdout


@dataclass
class Street:
    """The daemon, and the wire between it and everybody."""

    daemon: DeskDaemon
    wire: Network

    def tell(self, story: Story, profile: Path, *names: str) -> None:
        """What these people do, each signed in."""
        screens = {name: PEOPLE[name] for name in names}

        async def run() -> None:
            async with seats(profile, f"http://127.0.0.1:{self.wire.port}", screens, SHOTS) as people:
                for seat in people.values():
                    await seat.sign_in(PASSWORD)
                await story(people)

        asyncio.run(run())


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder = tmp_path_factory.mktemp("desk")
    daemon = DeskDaemon(folder, Estate(folder / "estate"))
    wire = Network(daemon.port)
    try:
        daemon.start()
        yield Street(daemon, wire)
    finally:
        wire.close()
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


async def state(seat: Seat, kind: str, start: str, end: str, note: str, **fields: str) -> None:
    """Fill in the form of something about a stretch of time, from the desk on."""
    await seat.open("/desk")
    await seat.press(kind)
    await seat.pick("services", "custody")
    for name, text in {**fields, "start": start, "end": end, "note": note}.items():
        await seat.fill(name, text)
    await seat.look(f"{kind}-filled")


async def enter(seat: Seat, *shown: str) -> None:
    """Look at what it changes, and enter it."""
    await seat.press("See what it changes")
    await seat.sees("Nothing has been entered yet", *shown)
    await seat.look("shown")
    await seat.press("Enter it")
    await seat.sees("It is entered, as entry")


async def decide(seat: Seat, entry: int, note: str, *shown: str, grants: bool = True) -> None:
    """From the desk's list on."""
    await seat.open("/desk")
    await seat.press(f"Decide, entry {entry}")
    await seat.look(f"decide-{entry}")
    await seat.pick("decision", "grant" if grants else "refuse")
    await seat.fill("note", note)
    await enter(seat, *shown)


async def say(seat: Seat, note: str) -> None:
    """Write a minute, up to the button."""
    await seat.open("/desk/contracts/small/enter/minute")
    await seat.fill("month", MONTH)
    await seat.fill("note", note)


def number(daemon: DeskDaemon, note: str) -> int:
    """Of the one entry with this note."""
    (found,) = [one.number for one in daemon.entries() if one.note == note]
    return found


def notes(daemon: DeskDaemon) -> list[str]:
    return [one.note for one in daemon.entries()]


def test_what_is_sent_twice_late_or_as_the_daemon_dies_is_entered_once_or_not_at_all(
    street: Street, tmp_path: Path
) -> None:
    daemon, wire = street.daemon, street.wire

    async def story(people: People) -> None:
        carl, anna, adam, sue = (people[name] for name in ("carl", "anna", "adam", "sue"))
        for seat, times, note in ((carl, 2, "A double click."), (anna, 3, "Three taps.")):
            await say(seat, note)
            await seat.press("Enter it", times=times)
            await seat.comes("entered")
            assert notes(daemon).count(note) == 1
        await carl.back()
        await carl.look("back")
        await carl.press("Enter it")
        await carl.sees("Nothing was entered twice")
        assert notes(daemon).count("A double click.") == 1

        await state(sue, "Dispute", at(10, 20), at(11, 20), "It was planned.", party="supplier")
        await sue.press("Enter it")
        dispute = number(daemon, "It was planned.")
        for seat, chosen in ((anna, "grant"), (adam, "refuse")):
            await seat.open(f"/desk/contracts/small/entries/{dispute}/decide")
            await seat.pick("decision", chosen)
            await seat.fill("note", f"{seat.name} decides.")
            await seat.press("See what it changes")
        await asyncio.gather(anna.press("Enter it"), adam.press("Enter it"))
        (first,) = [one for one in daemon.entries() if one.note.endswith(" decides.")]
        faster, slower = (anna, adam) if first.actor == "anna" else (adam, anna)
        await faster.sees("It is entered")
        await slower.look("overtaken")
        await slower.sees("Others have entered something since", f"Entry {first.number} by {faster.name}")
        await state(carl, "Correction", at(10, 20), at(11, 20), "Both agree.", outcome="up")
        await carl.press("See what it changes")
        await say(anna, "Between the two clicks.")
        await anna.press("Enter it")
        await carl.press("Enter it")
        await carl.sees("Others have entered something since", "by anna: Minute of the review")
        await carl.look("stale")
        assert "Both agree." not in notes(daemon)
        await carl.press("Enter it")
        await carl.sees("It is entered")

        await say(carl, "The daemon dies before it reads this.")
        daemon.send(signal.SIGSTOP)
        await carl.press("Enter it", arrives=False)
        await asyncio.sleep(0.3)
        await restarted(daemon, wire)
        await carl.comes("")
        assert "The daemon dies before it reads this." not in notes(daemon)
        await carl.reload()
        await carl.look("after-it-died")
        await carl.sees("It is entered")
        assert notes(daemon).count("The daemon dies before it reads this.") == 1

        await say(carl, "The daemon dies before it answers.")
        wire.is_mute = True
        await carl.press("Enter it", arrives=False)
        wait_until(lambda: "The daemon dies before it answers." in notes(daemon))
        await restarted(daemon, wire)
        await carl.comes("")
        await carl.reload()
        await carl.look("after-no-answer")
        await carl.sees("Nothing was entered twice")
        assert notes(daemon).count("The daemon dies before it answers.") == 1

    street.tell(story, tmp_path, "carl", "anna", "adam", "sue")
    assert "whole" in daemon.run("ledger", "check")


async def restarted(daemon: DeskDaemon, wire: Network) -> None:
    """Kill the daemon outright and start it again."""
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait()
    wire.cut()
    wire.is_mute = False
    daemon.start()
    wire.mend()


async def sign(carl: Seat, sue: Seat, daemon: DeskDaemon, what: str, why: str = "") -> None:
    """Both parties, each from their desk on."""
    await assessed(carl, words := f"{TO_DO['sign_off']}: {what}")
    await carl.press(words)
    await carl.look("month")
    if why:
        await carl.sees("Nobody has signed those that stand now")
        await carl.fill("reason", why)
    is_open = await carl.has("Sign it off with these open points")
    await carl.press(f"Sign it off{' with these open points' if is_open else ''}")
    await carl.sees("It is entered")
    signed = daemon.entries()[-1]
    await assessed(sue, words := f"{TO_DO['countersign']}, entry {signed.number}")
    await sue.press(words)
    await sue.press("Countersign it")
    await sue.open(f"/desk/contracts/small/months/{MONTH}")
    await sue.look("month")
    await sue.sees("Both parties have signed the same figures")


async def assessed(seat: Seat, words: str) -> None:
    """Look at the desk until a round of the daemon has brought this matter."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        await seat.open("/desk")
        if await seat.has(words):
            return
        assert time.monotonic() < deadline, f"no {words!r} at the desk of {seat.name}:\n{await seat.text()}"
        await asyncio.sleep(0.2)


CLAIMED, DISPUTED = "The carrier’s line was cut <b>by others</b>.", "Our log shows no outage."
CORRECTED = "The probe’s own network was down."
SAID = [
    ("figure", "sue", "password"), ("claim", "sue", "password"), ("dispute", "sue", "password"),
    ("correction", "carl", "password"), ("decision", "anna", "password"), ("decision", "anna", "password"),
    ("sign_off", "carl", "password"), ("countersignature", "sue", "password"), ("decision", "anna", "password"),
    ("sign_off", "carl", "password"), ("countersignature", "sue", "password"),
    ("credit_notified", "fred", "password"),
]  # fmt: skip


def test_a_month_from_open_to_signed(street: Street, tmp_path: Path) -> None:
    daemon, before = street.daemon, len(street.daemon.entries())

    async def story(people: People) -> None:
        sue, carl, anna, fred = people["sue"], people["carl"], people["anna"], people["fred"]
        await sue.open("/desk")
        await sue.press(f"Give the figure: KPI3 (Satisfaction) of {FIRST:%B %Y}")
        await sue.fill("value", "91")
        await sue.look("figure")
        await enter(sue, "91")
        late = {"cause": "third_party", "aware": at(9, 6), "notified": at(9, 26)}
        await state(sue, "Claim", at(9, 6), at(17, 6), CLAIMED, **late)
        await enter(sue)
        await state(sue, "Dispute", at(14, 13), at(16, 13), DISPUTED, party="supplier")
        await sue.press("Enter it")
        await sue.look("entered")
        await carl.open("/desk")
        await carl.look("desk")
        await state(carl, "Correction", at(14, 13), at(16, 13), CORRECTED, outcome="up")
        await enter(carl)
        await decide(anna, number(daemon, CORRECTED), "Both logs agree.")
        await decide(anna, number(daemon, DISPUTED), "Settled by the correction.")
        await sign(carl, sue, daemon, f"Review and sign-off of {FIRST:%B %Y}")
        shown = (
            "£500.00",
            "£100.00",
            "Working Days after it was known; 2 are allowed",
            "is signed off: its figures change",
        )
        await decide(anna, number(daemon, CLAIMED), "Late, but the cable was seen by our own people.", *shown)
        again = f"{FIRST:%B %Y} once more: its figures are not those that were signed off"
        await sign(carl, sue, daemon, again, "A late claim was granted.")
        await assessed(fred, credit := f"Enter the notice: £100.00, credit of {FIRST:%B %Y}")
        await fred.press(credit)
        await fred.look("notice")
        await fred.fill("on", f"{NOW:%Y-%m-%d}")
        await fred.press("Enter it")
        await fred.sees("It is entered")

    street.tell(story, tmp_path, "sue", "carl", "anna", "fred")
    told = json.loads(daemon.run("register", "list", "small", "--format", "json"))["entries"]
    assert [(one["said"]["kind"], one["actor"], one["known_by"]) for one in told[before:]] == SAID
    assert [one["said"]["credit"] for one in told if one["said"]["kind"] == "sign_off"] == ["500.00", "100.00"]
    again = json.loads(daemon.run("assess", "small", "--period", MONTH, "--format", "json"))
    assert (again["status"], again["restatement"]) == ("final", None)
    assert "whole" in daemon.run("ledger", "check")
