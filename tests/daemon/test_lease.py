"""The lease of a pair of collectors: never two that speak, and one within seconds, whatever happens."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from sla_monitor import names
from sla_monitor.clock import SystemClock
from sla_monitor.daemon import lease as lease_module
from sla_monitor.daemon.lease import (
    LATEST_S,
    LEASE_S,
    MARGIN_S,
    OFFERED_EVERY_S,
    UNFIT_S,
    Claim,
    InStep,
    Lease,
    LeaseKeeper,
)
from sla_monitor.errors import LineError
from sla_monitor.settings import Settings
from tests.fakes.clock import FakeClock
from tests.support.nats import Network, Server, serving, wait
from tests.support.waiting import until

PAIR = ("east", "west")


class Bucket:
    """What the server is to the lease: one value, replaced by whoever knows its revision."""

    def __init__(self) -> None:
        self.claim, self.revision = Claim(), 0

    def replace(self, claim: Claim, revision: int) -> int:
        if revision != self.revision:
            return 0
        self.claim, self.revision = claim, self.revision + 1
        return self.revision

    def lose(self, *several: Pretender) -> None:
        """The server's store; whoever is connected comes back to a new one."""
        self.claim, self.revision = Claim(), 0
        for one in several:
            one.lease.connected()


class Pretender:
    """A collector whose clock, and whose way to the bucket, the test has in hand."""

    def __init__(self, name: str, bucket: Bucket, at_ms: int, *, is_standby: bool = False) -> None:
        self.clock, self.bucket, self.name = FakeClock(at_ms), bucket, name
        self.lease = Lease(name, self.clock, is_standby=is_standby)

    def turn(self, answers: bool = True, reaches: bool = True, delay_ms: int = 0) -> None:
        """One turn of the keeper: `reaches` the server or not, and `answers` of it come back after a delay or not."""
        lease = self.lease
        if not reaches or self._leaves():
            return
        if lease.own is not None and lease.may_renew():
            granted = lease.asking()
            revision = self.bucket.replace(lease.own, lease.revision)
            self.clock.advance(delay_ms)
            if not answers:
                return
            if revision:
                lease.renewed(revision)
                granted()
                return
        if not self.bucket.revision:
            self.bucket.replace(Claim("", secrets.token_hex(8)), 0)
            return
        lease.saw(self.bucket.claim, self.bucket.revision)
        if lease.own is not None or lease.may_take():
            claim, granted = lease.own or Claim(self.name, secrets.token_hex(8)), lease.asking()
            revision = self.bucket.replace(claim, self.bucket.revision)
            self.clock.advance(delay_ms)
            if revision and answers:
                lease.taken(claim, revision)
                granted()

    def _leaves(self) -> bool:
        if not self.lease.should_offer() or self.lease.give_up() is None:
            return False
        self.bucket.replace(Claim(), self.lease.revision)
        return True


def after(several: list[Pretender], seconds: float, turning: list[Pretender] | None = None) -> None:
    """Time goes by for all, and each turn is made by those who turn."""
    for _ in range(round(seconds / 0.4)):
        for one in several:
            one.clock.advance(400)
        for one in several if turning is None else turning:
            one.turn()


def pair(*, standby: str = "") -> tuple[Bucket, Pretender, Pretender]:
    bucket = Bucket()
    east, west = (Pretender(name, bucket, 1_700_000_000_000, is_standby=name == standby) for name in PAIR)
    return bucket, east, west


def speakers(*several: Pretender) -> list[str]:
    return [one.name for one in several if one.lease.is_held()]


def test_of_two_that_start_at_once_one_speaks_and_a_standby_leaves_it_to_the_other() -> None:
    _, east, west = pair()
    after([east, west], LEASE_S - 0.5)
    assert speakers(east, west) == []
    after([east, west], 1.2)
    assert len(speakers(east, west)) == 1
    _, east, west = pair(standby="east")
    after([east, west], 30)
    assert speakers(east, west) == ["west"]
    assert (east.lease.holder, west.lease.holder) == ("west", "west")
    assert (east.lease.takeovers, west.lease.takeovers) == (0, 0)


def test_a_standby_alone_speaks_after_one_lease_more() -> None:
    _, east, _ = pair(standby="east")
    after([east], LEASE_S + 1)
    assert speakers(east) == []
    after([east], LEASE_S)
    assert speakers(east) == ["east"]


def test_one_that_is_gone_is_followed_within_five_seconds_and_follows_when_it_returns() -> None:
    bucket, east, west = pair(standby="west")
    after([east, west], 10)
    assert speakers(east, west) == ["east"]
    before = bucket.revision
    after([east, west], 4, turning=[west])  # east stands still: its own clock goes on
    assert speakers(east, west) == ["west"]
    assert west.lease.revision > before
    assert west.lease.takeovers == 1
    after([east, west], 10)
    assert speakers(east, west) == ["west"]
    assert east.lease.holder == "west"


def test_a_holder_stops_before_the_lease_can_be_anothers() -> None:
    _, east, west = pair(standby="west")
    after([east, west], 10)
    east.clock.advance(round((LEASE_S - MARGIN_S) * 1000) - 1)
    assert east.lease.is_held()
    east.clock.advance(1)
    assert not east.lease.is_held()


def test_time_asleep_and_a_moved_wall_clock_count_against_the_holder() -> None:
    for moved in ("asleep_ms", "wall_ms"):
        _, east, _ = pair()
        after([east], 10)
        setattr(east.clock, moved, getattr(east.clock, moved) + 3_000)
        assert speakers(east) == [], moved
        east.turn()
        assert speakers(east) == ["east"], moved


def test_an_answer_that_comes_late_grants_no_more_than_what_was_asked_for() -> None:
    _, east, _ = pair()
    after([east], 10)
    east.turn(delay_ms=round((LEASE_S - MARGIN_S) * 1000))
    assert speakers(east) == []


def test_a_renewal_without_an_answer_is_known_again() -> None:
    _, east, west = pair(standby="west")
    after([east, west], 10)
    east.turn(answers=False)
    after([east, west], 10)
    assert speakers(east, west) == ["east"]
    assert west.lease.takeovers == 0


def test_a_lease_that_is_given_back_is_taken_at_once() -> None:
    bucket, east, west = pair(standby="west")
    after([east, west], 10)
    east.lease.end()
    assert speakers(east) == []
    assert east.lease.give_up() is not None
    assert bucket.replace(Claim(), bucket.revision)
    west.turn()
    assert speakers(east, west) == ["west"]


def test_one_that_cannot_record_leaves_the_lease_to_the_other() -> None:
    _, east, west = pair(standby="west")
    after([east, west], 10)
    east.lease.is_fit = False
    after([east, west], UNFIT_S - 1)
    assert speakers(east, west) == ["east"]  # a commit that fails once is no reason
    after([east, west], 2)
    assert speakers(east, west) == ["west"]
    assert (west.lease.takeovers, east.lease.holder) == (0, "west")  # it was left to it
    # The other one dies: better one that cannot record than none, and it goes on.
    after([east, west], 3 * LEASE_S, turning=[east])
    assert speakers(east, west) == ["east"]
    after([east, west], 60, turning=[east])
    assert speakers(east, west) == ["east"]
    # It leaves the lease to the other one again after a while, and that one is back.
    after([east, west], OFFERED_EVERY_S)
    assert speakers(east, west) == ["west"]
    # Two that cannot record: one speaks.
    west.lease.is_fit = False
    after([east, west], UNFIT_S + 3 * LEASE_S)
    assert len(speakers(east, west)) == 1


def test_one_whose_record_fails_now_and_then_keeps_the_lease() -> None:
    _, east, west = pair(standby="west")
    after([east, west], 10)
    for _ in range(20):
        east.lease.is_fit = not east.lease.is_fit
        after([east, west], UNFIT_S - 2)
        assert speakers(east, west) == ["east"]


def test_a_store_that_is_lost_gives_nobody_two_leases() -> None:
    bucket, east, west = pair(standby="west")
    after([east, west], 10)
    bucket.lose(east, west)
    west.turn()
    assert speakers(east, west) == ["east"]
    after([east, west], LEASE_S - 0.5)
    assert speakers(east, west) == []
    after([east, west], 3)
    assert len(speakers(east, west)) == 1


def test_what_cannot_be_read_is_nobodys_and_is_not_given_back() -> None:
    garbage = Claim.read(b"\xff{")
    assert garbage.holder == ""
    assert garbage not in {Claim(), Claim.read(b"[]")}
    assert Claim.read(Claim("east", "x").encoded()) == Claim("east", "x")


def test_never_two_speak_whatever_is_lost_late_or_stopped() -> None:
    """Clocks that run at different rates, within what MARGIN_S allows for, and everything else that goes wrong."""
    changes = 0
    for seed in range(40):
        chance = random.Random(seed)
        bucket, east, west = pair(standby=chance.choice(["", "east", "west"]))
        stopped = {"east": 0, "west": 0}
        held = list[str]()
        for _ in range(400):
            if chance.random() < 0.01:
                bucket.lose(east, west)
            for one in (east, west):
                one.clock.advance(chance.randint(195, 205))
                if chance.random() < 0.02:
                    stopped[one.name] = chance.randint(1, 40)
                if chance.random() < 0.02:
                    one.lease.is_fit = not one.lease.is_fit
                stopped[one.name] -= 1
                if stopped[one.name] <= 0 and chance.random() < 0.7:
                    one.turn(answers=chance.random() < 0.9, reaches=chance.random() < 0.9)
                assert len(speakers(east, west)) <= 1, seed
            held += [name for name in speakers(east, west) if name not in held[-1:]]
        assert held, seed
        changes += len(held) - 1
    assert changes > 40


def test_one_that_speaks_tells_figures_once_it_has_what_was_seen_and_assessed_it() -> None:
    _, east, _ = pair()
    has_all, assessed = [False], [0]
    tells = InStep(east.lease, east.clock, lambda: has_all[0], lambda: assessed[0])
    after([east], 10)
    assert east.lease.is_held()
    assert not tells()
    has_all[0] = True
    assert not tells()
    assessed[0] = east.clock.now_ms()  # of what it had before
    assert not tells()
    assessed[0] += 1
    assert tells()
    has_all[0] = False  # what goes on since is what there is to tell
    assert tells()
    # Each time that the lease is taken, anew.
    east.lease.give_up()
    assert not tells()
    after([east], LEASE_S + 1)
    assert east.lease.is_held()
    assert not tells()
    # And not for ever: a site that cannot be heard is cut off, whoever speaks.
    after([east], LATEST_S)
    assert tells()


def test_one_that_was_in_step_while_it_followed_tells_at_once() -> None:
    _, east, west = pair(standby="west")
    assessed = [west.clock.now_ms()]
    tells = InStep(west.lease, west.clock, lambda: True, lambda: assessed[0])
    assert not tells()
    after([east, west], 10)
    assessed[0] = west.clock.now_ms()
    after([east, west], 4, turning=[west])
    assert west.lease.is_held()
    assert tells()


# With a real server. Time is short here: what is waited for is that it comes, and never how soon.


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"LEASE_S": 0.8, "MARGIN_S": 0.2, "TURN_S": 0.1, "PATIENCE_S": 0.6, "UNFIT_S": 0.3}.items():
        monkeypatch.setattr(lease_module, name, seconds)


@contextmanager
def keeping(name: str, server: Server, port: int | None = None) -> Iterator[LeaseKeeper]:
    given = {"sites": {"nats": server.settings("collector", port)}, "collectors": {"name": name, "pair": list(PAIR)}}
    keeper = LeaseKeeper(Settings.model_validate(given), SystemClock(), is_standby=name == "west")
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.stop(5)


def in_order(one: LeaseKeeper, other: LeaseKeeper) -> tuple[LeaseKeeper, LeaseKeeper]:
    """The one that speaks, and the one that knows it."""
    wait(lambda: one.lease.is_held() or other.lease.is_held())
    speaking, follows = (one, other) if one.lease.is_held() else (other, one)
    wait(lambda: follows.lease.holder == speaking.lease.name)
    return speaking, follows


def _is_lost(one: LeaseKeeper) -> bool:
    return "cannot be reached" in "".join(one.troubles()) and "It is not known whether" in one.notice()


@pytest.mark.usefixtures("quick")
def test_a_pair_with_a_real_server_that_goes_and_a_network_that_is_cut(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "server") as server,
        closing(Network(server.port)) as network,
        keeping("east", server, network.port) as east,
        keeping("west", server) as west,
    ):
        speaking, follows = in_order(east, west)
        names_ = follows.lease.name, speaking.lease.name
        assert follows.notice() == "This collector, {}, follows. The one that speaks is {}.".format(*names_)
        assert speaking.facts() == {"Collector": f"{speaking.lease.name}, speaks"}
        assert follows.facts() == {"Collector": "{}, follows {}".format(*names_)}
        assert [*follows.troubles(), *speaking.troubles(), speaking.notice()] == [""]

        # Marks that both read, each replaced by whoever knows its revision.
        assert follows.read("mail.x") == (b"", 0)
        revision = speaking.replace("mail.x", b"claimed", 0)
        assert revision > 0
        assert follows.read("mail.x") == (b"claimed", revision)
        assert follows.replace("mail.x", b"claimed", 0) == 0

        # No server: nobody speaks, and both say so. Its store is lost as well.
        server.kill()
        wait(lambda: not speaking.lease.is_held())
        speaking.check()
        for one in (east, west):
            wait(partial(_is_lost, one))
            with pytest.raises(LineError):
                one.read("mail.x")
            assert dict(one.metrics())[names.LEASE_UP] == [((one.lease.name,), False)]
        server.delete_store()
        server.start()
        in_order(east, west)

        # The network between one and the server: swallows everything, or ends what is open.
        for is_cut in (False, True):
            if west.lease.is_held():
                west.lease.give_up()
            wait(east.lease.is_held)
            wait(lambda: west.lease.holder == "east")
            before = west.lease.takeovers
            network.swallow = not is_cut
            if is_cut:
                network.cut()
            for _ in until(west.lease.is_held):
                assert not (east.lease.is_held() and west.lease.is_held())
                time.sleep(0.01)
            assert not east.lease.is_held()
            assert west.lease.takeovers == before + 1
            network.swallow = False
            network.mend()
            wait(lambda: east.lease.holder == "west")

        # One that cannot record leaves it to the other, and takes it again once it is the only one.
        is_fit = [False]
        west.begin_with(lambda: True, lambda: 0, lambda: is_fit[0])
        wait(east.lease.is_held)
        assert not west.lease.is_held()
        # It stays told, on its page and to Prometheus, also once it has left the lease.
        told = "this collector cannot record, or make figures: it leaves it to the other one to speak"
        wait(lambda: [*west.troubles()] == [told])
        assert west.metrics()[names.COLLECTOR_FIT] == [(("west",), False)]
        assert ([*east.troubles()], east.metrics()[names.COLLECTOR_FIT]) == ([], [(("east",), True)])
        is_fit[0] = True
        assert [*west.troubles()] == []
        east.begin_with(lambda: True, lambda: 0, lambda: False)
        wait(west.lease.is_held)
        east.begin_with(lambda: True, lambda: 0, lambda: True)

        # One that stops leaves it to the other.
        revision = west.lease.revision
        west.stop(5)
        assert not west.lease.is_held()
        wait(east.lease.is_held)
        assert east.lease.revision > revision
