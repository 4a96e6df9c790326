"""A contract whose term is over: probed no more, unless its terms say so, and told to have ended."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path

import pytest

from sla_monitor.board import Board
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.daemon.collector import Collector
from sla_monitor.ledger import Ledger
from sla_monitor.settings import Settings
from tests.assess.records import ms, one_version
from tests.fakes.clock import FakeClock

TERM = {"start": "2026-04-01", "end": "2026-06-15"}
END_MS = ms("2026-06-16T00:00+01:00")


def contract(*, probe_after_term: bool) -> Contract:
    return one_version(term=TERM, probe_after_term=probe_after_term)


@pytest.mark.parametrize("goes_on", [False, True])
def test_probing_goes_on_after_the_term_only_if_the_terms_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, goes_on: bool
) -> None:
    clock, several = FakeClock(END_MS - 1), [contract(probe_after_term=goes_on)]
    board = Board(clock.now_ms(), "here")
    with Ledger.open(tmp_path / "ledger.db", clock) as ledger, caplog.at_level(logging.INFO), ExitStack() as after:
        watching = Collector(board, ledger, Settings(), clock)
        after.callback(watching.stop)
        assert watching.take_up(several)
        assert (len(watching), list(board.endpoints)) == (1, ["force-ict/login"])
        assert caplog.messages == []
        clock.advance(1)
        assert watching.take_up(several), "told at the first turn after it"
        assert len(watching) == len(board.endpoints) == int(goes_on)
        assert not watching.take_up(several)
    (record,) = [one for one in caplog.records if one.message == "the contract has ended"]
    told = {"contract": "force-ict", "ended_on": "2026-06-15", "probed": goes_on}
    assert {key: getattr(record, key) for key in told} == told


def test_a_term_ends_with_its_last_day_in_the_contract_s_zone() -> None:
    one = contract(probe_after_term=False)
    assert midnight_ms(one.versions[0].terms.term.end_on, one.time_zone) < END_MS
    assert [one.has_ended(at_ms) for at_ms in (END_MS - 1, END_MS)] == [False, True]
    assert [len(list(one.endpoints_at(at_ms))) for at_ms in (END_MS - 1, END_MS)] == [1, 0]
