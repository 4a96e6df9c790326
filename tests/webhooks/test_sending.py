"""Receivers are told of everything once and in order, whatever happens meanwhile, and of no more than they may read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest

from sla_monitor import names
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import LineError
from sla_monitor.ledger.opening import make_ledger
from sla_monitor.ledger.recording.month_results import MonthResult, record_months
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.redaction import LEFT_OUT
from sla_monitor.settings.webhooks import Event, Webhook, key_of
from sla_monitor.webhooks.delivery import signature
from sla_monitor.webhooks.events import EVENT_OF, Message
from sla_monitor.webhooks.positions import FilePosition, MarkPosition, Position, PositionError, Positions
from sla_monitor.webhooks.sending import EVERY_S, LONGEST_S, STUCK_S, Sending, Webhooks
from tests.fakes.clock import FakeClock
from tests.support.waiting import wait_until
from tests.web.desk.house import contracts_in
from tests.webhooks.receiver import SECRET, Inbox, receiving

NOW_MS = 1_790_000_000_000


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as found:
        yield found


@dataclass
class Hooked:
    """A ledger with its register, and a receiver."""

    folder: Path
    inbox: Inbox
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW_MS))
    speaks: bool = True

    def __post_init__(self) -> None:
        self.ledger = self.folder / "ledger.db"
        make_ledger(self.ledger)
        (self.folder / "secret").write_text(SECRET + "\n")
        self.contracts: list[Contract] = contracts_in(self.folder)
        self.register = Register.open(self.ledger, self.clock)

    def webhook(self, **more: Any) -> Webhook:
        words: dict[str, Any] = {"name": "desk", "url": self.inbox.url, "secret": f"${{file:{self.folder / 'secret'}}}"}
        words |= {"events": list(get_args(Event)), "side": "authority"}
        return Webhook.model_validate({**words, **more})

    def sending(self, positions: Positions | None = None, **more: Any) -> Sending:
        """One that is told of what comes from now on."""
        kept = positions or FilePosition(self.folder / "webhook-desk.json")
        return Sending(self.webhook(**more), self.ledger, lambda: self.contracts, kept, lambda: self.speaks, self.clock)

    def say(self, kind: str, *, contract: str = "small", note: str = "", **words: Any) -> int:
        said = body_of(kind, {**KINDS[kind].example.words, **words}, self.contracts[0].time_zone)
        entry = entry_of(said, at_ms=self.clock.now_ms(), actor="carl", contract=contract, note=note)
        (number,) = self.register.add([entry])
        return number

    def told(self, at_ms: int, value: str, *, is_met: bool, contract: str = "small", month: str = "2026-08") -> None:
        """A closed month was told."""
        figures = {"measured": True, "points": "2", "deducted": "20.00", "triggers": []}
        kpis = {"KPI1": [value, None, is_met, "2"]}
        text = json.dumps({**figures, "kpis": kpis}, separators=(",", ":"))
        record_months(self.ledger, [MonthResult(at_ms, contract, month, text, "{}", "{}")])


@pytest.fixture
def hooked(tmp_path: Path, inbox: Inbox) -> Hooked:
    return Hooked(tmp_path, inbox)


def numbers(inbox: Inbox) -> list[int]:
    return [one["data"]["entry"]["number"] for one in inbox.taken]


def test_the_signature_is_that_of_standard_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the library standardwebhooks 1.1.0 signs the same."""
    monkeypatch.setenv("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    message = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", 0, b'{"test": 2432232314}')
    found = signature(key_of(SecretReference("env", "HOOK")), message, 1_614_265_330)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_entries_are_told_once_in_order_and_only_those_that_come(hooked: Hooked, inbox: Inbox) -> None:
    hooked.say("claim")
    sending = hooked.sending()
    assert sending.turn() == EVERY_S
    first = hooked.say("claim", start="2026-10-13 09:00", end="2026-10-13 10:00")
    hooked.say("acknowledgement", note="Nobody is told.")
    decided = hooked.say("decision", about=first, granted=True, note="Agreed.")
    sending.turn()
    sending.turn()
    assert (inbox.types, numbers(inbox), inbox.forged) == (["claim", "decision"], [first, decided], 0)
    told = inbox.taken[1]["data"]
    assert (told["contract"], told["entry"]["note"], told["entry"]["said"]["granted"]) == ("small", "Agreed.", True)
    assert sending.delivered == 2


def test_what_was_entered_before_a_restart_is_told_after_it(hooked: Hooked, inbox: Inbox) -> None:
    hooked.sending().turn()
    number = hooked.say("claim")
    again = hooked.sending()
    again.turn()
    hooked.sending().turn()
    assert numbers(inbox) == [number]


def test_a_receiver_that_is_away_is_told_when_it_is_back(hooked: Hooked) -> None:
    sending = hooked.sending()
    sending.turn()
    several = [hooked.say("claim", start=f"2026-10-13 0{hour}:00", end=f"2026-10-13 0{hour}:30") for hour in (1, 2, 3)]
    port = hooked.inbox.port
    hooked.inbox.statuses = [503, 500]
    assert [sending.turn(), sending.turn()] == [EVERY_S, 2 * EVERY_S]
    assert sending.is_failing
    ids = {name for _, name in hooked.inbox.asked}
    assert len(ids) == 1  # the same message again, under its id
    for _ in range(3):
        sending.turn()
    assert (numbers(hooked.inbox), sending.is_failing, hooked.inbox.forged) == (several, False, 0)
    assert hooked.inbox.asked[2][1] in ids
    assert port == hooked.inbox.port


def test_nobody_listens_and_then_somebody_does(hooked: Hooked, tmp_path: Path) -> None:
    with receiving() as gone:
        port = gone.port
    sending = hooked.sending(url=f"http://127.0.0.1:{port}/hook")
    sending.turn()
    number = hooked.say("claim")
    waits = [sending.turn() for _ in range(9)]
    assert (waits[-1], sending.refused) == (LONGEST_S, 9)
    with receiving(port) as back:
        assert sending.turn() == EVERY_S
        assert numbers(back) == [number]


def test_a_redirect_is_not_followed(hooked: Hooked, inbox: Inbox) -> None:
    sending = hooked.sending()
    sending.turn()
    hooked.say("claim")
    inbox.statuses = [307]
    sending.turn()
    assert [path for path, _ in inbox.asked] == ["/hook"]
    assert "a redirect is not followed" in sending.problem


def test_a_supplier_is_told_what_it_may_read_of_its_contracts(hooked: Hooked, inbox: Inbox) -> None:
    sending = hooked.sending(side="supplier", contracts=["small"])
    sending.turn()
    hooked.say("claim", contract="other")
    hooked.say("waiver", note="A secret of ours.")
    hooked.say("claim", note="What the supplier wrote.")
    internal = hooked.say("comment", note="Between us.", internal=True)
    hooked.say("undo", about=internal)
    sending.turn()
    assert [one["data"]["contract"] for one in inbox.taken] == ["small", "small"]
    assert [one["data"]["entry"]["note"] for one in inbox.taken] == [LEFT_OUT, "What the supplier wrote."]


def test_a_month_that_fails_is_told_and_again_when_it_comes_out_otherwise(hooked: Hooked, inbox: Inbox) -> None:
    sending = hooked.sending(events=["breach"])
    sending.turn()
    at_ms = NOW_MS + 1
    hooked.told(at_ms, "99", is_met=False, month="2025-03")  # history that was brought in
    for value, is_met in (("99", False), ("99", False), ("997/10", False), ("100", True)):
        at_ms += 1000
        hooked.told(at_ms, value, is_met=is_met)
        sending.turn()
    hooked.sending(events=["breach"]).turn()
    told = [one["data"] for one in inbox.taken]
    assert [[kpi["value"] for kpi in one["missed"]] for one in told] == [["99"], ["99.7"], []]
    assert [one["is_restated"] for one in told] == [False, True, True]
    assert told[0]["credit"]["amount"] == "20.00"


def test_of_a_pair_who_speaks_tells_and_goes_on_where_the_other_one_was(hooked: Hooked, inbox: Inbox) -> None:
    marks = Marks()
    one, other = (hooked.sending(MarkPosition(marks, "webhook.desk")) for _ in range(2))
    one.turn()
    hooked.say("claim")
    hooked.speaks = False
    one.turn()
    assert inbox.taken == []
    hooked.speaks = True
    one.turn()
    hooked.say("dispute")
    other.turn()
    assert inbox.types == ["claim", "dispute"]
    marks.is_gone = True
    other.turn()
    assert "it is not known what the other collector has sent" in other.problem


def test_a_position_that_cannot_be_read_is_told(hooked: Hooked, inbox: Inbox) -> None:
    (hooked.folder / "webhook-desk.json").write_text("{}")
    sending = hooked.sending()
    sending.turn()
    assert "webhook-desk.json: cannot be read" in sending.problem
    (hooked.folder / "webhook-desk.json").unlink()
    sending.turn()
    assert not sending.problem
    FilePosition(hooked.folder / "webhook-desk.json").store(Position(999, 0))
    hooked.say("claim")
    sending.turn()
    assert (sending.problem, inbox.taken) == ("", [])


@pytest.mark.parametrize("text", ["plain", "whsec_", "whsec_c2hvcnQ=", "whsec_\u00e9"])
def test_a_secret_that_signs_nothing_is_told_without_it(hooked: Hooked, inbox: Inbox, text: str) -> None:
    sending = hooked.sending()
    sending.turn()
    (hooked.folder / "secret").write_text(text)
    hooked.say("claim")
    sending.turn()
    assert "is no signing secret" in sending.problem
    assert "plain" not in sending.problem
    assert inbox.asked == []


def test_a_message_under_way_for_long_counts_as_not_taken(hooked: Hooked) -> None:
    sending = hooked.sending()
    sending._under_way_s = hooked.clock.monotonic()
    hooked.clock.advance(round(STUCK_S * 1000) + 1)
    assert sending.is_failing


def test_in_the_daemon_each_receiver_has_its_thread_and_its_metrics(hooked: Hooked, inbox: Inbox) -> None:
    FilePosition(hooked.ledger.with_name("webhook-desk.json")).store(Position(0, 0))
    number = hooked.say("claim")
    lost = hooked.webhook(name="lost", url="http://127.0.0.1:1/")
    FilePosition(hooked.ledger.with_name("webhook-lost.json")).store(Position(0, 0))
    several = Webhooks([hooked.webhook(), lost], hooked.ledger, lambda: hooked.contracts, hooked.clock, lambda: True)
    several.start()
    try:
        wait_until(lambda: inbox.taken and several.several[1].problem)
    finally:
        several.stop(5)
    assert numbers(inbox) == [number]
    assert dict(several.metrics()[names.WEBHOOK_FAILING]) == {("desk",): False, ("lost",): True}
    assert list(several.troubles()) == ["the webhook lost does not take what it is told; it is tried again"]


def test_every_event_can_be_asked_for() -> None:
    assert {*EVENT_OF.values(), "breach"} == set(get_args(Event))


def test_the_key_is_read_from_its_file_each_time(hooked: Hooked) -> None:
    assert key_of(hooked.webhook().secret) == bytes(range(32))


@dataclass
class Marks:
    """What both collectors read, as the server of the pair has it."""

    data: bytes = b""
    revision: int = 0
    is_gone: bool = False

    def read(self, key: str) -> tuple[bytes, int]:
        if self.is_gone:
            raise LineError("no connection")
        return self.data, self.revision

    def replace(self, key: str, data: bytes, revision: int) -> int:
        if revision != self.revision:
            return 0
        self.data, self.revision = data, self.revision + 1
        return self.revision


def test_two_that_write_one_mark_do_not_overwrite_each_other() -> None:
    marks = Marks()
    one, other = MarkPosition(marks, "webhook.desk"), MarkPosition(marks, "webhook.desk")
    assert (one.load(), other.load()) == (None, None)
    one.store(Position(1, 0))
    with pytest.raises(PositionError, match="the other collector has sent something"):
        other.store(Position(2, 0))
