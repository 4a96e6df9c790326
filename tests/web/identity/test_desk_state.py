"""What the desk keeps beside the ledger."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sla_monitor.web.identity.desk_state import DeskState, digest_of
from sla_monitor.web.identity.sessions import EACH, Sessions


def test_sessions_survive_a_restart_and_nobody_else_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "desk-state.json"
    first = DeskState.load(path)
    token = Sessions(first).begin("ann", "password", "hash", 1000)
    again = DeskState.load(path)
    found = Sessions(again).find(token, 2000, 60_000, 600_000)
    assert found is not None
    assert (found[1].name, again.key) == ("ann", first.key)
    assert token not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"key": "zz", "sessions": {}}', '{"key": "00", "sessions": {"a": {}}}']
)
def test_a_file_that_is_spoilt_signs_everybody_out(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "desk-state.json"
    path.write_text(text)
    assert DeskState.load(path).sessions == {}
    assert "everybody signs in again" in caplog.text


def test_a_folder_that_cannot_be_written_is_said_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sessions = Sessions(DeskState.load(tmp_path / "gone" / "desk-state.json"))
    token = sessions.begin("ann", "password", "hash", 1000)
    assert sessions.find(token, 1000, 60_000, 600_000)
    assert "cannot be kept" in caplog.text


def test_a_digest_is_for_one_purpose_and_these_parts() -> None:
    state = DeskState()
    made = state.mac("device", "ann", "1")
    assert state.is_mac(made, "device", "ann", "1")
    for purpose, parts in (("csrf", ("ann", "1")), ("device", ("ann1", "")), ("device", ("ann",))):
        assert not state.is_mac(made, purpose, *parts)
    assert not state.is_mac("é\ud800", "device", "ann", "1")
    assert not DeskState().is_mac(made, "device", "ann", "1")


def test_one_person_has_a_bounded_number_of_sessions() -> None:
    sessions = Sessions(DeskState())
    tokens = [sessions.begin("ann", "password", "hash", 1000 + number) for number in range(EACH + 3)]
    other = sessions.begin("bob", "password", "hash", 0)
    alive = [token for token in tokens if sessions.find(token, 2000, 60_000, 600_000)]
    assert alive == tokens[3:]
    assert sessions.find(other, 2000, 60_000, 600_000)


@pytest.mark.parametrize("now_ms", [61_001, 0, 10_000_000])
def test_a_session_ends_when_it_is_idle_too_old_or_the_clock_goes_back(now_ms: int) -> None:
    sessions = Sessions(DeskState())
    token = sessions.begin("ann", "password", "hash", 100_000 if now_ms == 0 else 1000)
    assert sessions.find(token, now_ms, 60_000, 600_000) is None
    assert digest_of(token) not in sessions.state.sessions
