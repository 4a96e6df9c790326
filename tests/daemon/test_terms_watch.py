"""The daemon's terms: on record when they change, and never others than the approved ones without a word."""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_monitor import names
from sla_monitor.clock import SystemClock
from sla_monitor.daemon import Daemon
from sla_monitor.daemon.terms_watch import TermsWatch
from sla_monitor.ledger import read_only
from sla_monitor.ledger.recording.kept_files import TermsInForce
from tests.fakes.clock import FakeClock
from tests.support.approvals import TermsOffice
from tests.support.waiting import wait_until

NOON_MS = 1_796_040_000_000


def target(watch: TermsWatch, office: TermsOffice) -> str:
    (contract,) = watch.of(office.read()).contracts
    return f"{contract.versions[0].terms.kpis[0].target}"


def recorded(office: TermsOffice) -> list[TermsInForce]:
    with read_only(office.ledger) as reader:
        return reader.terms_in_force()


def problems(watch: TermsWatch) -> set[str]:
    return {labels[1] for labels, value in watch.metrics()[names.TERMS_PROBLEM] if value}


def test_without_the_setting_each_change_of_the_file_is_on_record(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path, "recorded")
    watch = TermsWatch(office.ledger, FakeClock(NOON_MS))
    assert [target(watch, office) for _ in range(2)] == ["99.9", "99.9"]
    office.write("contracts", "50")
    assert target(watch, office) == "50"
    watch.close()
    again = TermsWatch(office.ledger, FakeClock(NOON_MS))
    assert target(again, office) == "50"
    office.file.unlink()
    (office.folder / "contracts/other.yaml").write_text(office.write().read_text().replace('"small"', '"other"'))
    again.of(office.read())
    again.close()
    first, second, other, gone = recorded(office)
    assert first.digest != second.digest
    assert (other.contract, gone.contract, gone.digest) == ("other", "small", "")
    assert (again.reasons(), again.metrics()) == ([], {names.TERMS_PROBLEM: []})


def test_a_changed_file_is_held_back_loudly_until_it_is_approved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    office = TermsOffice.furnished(tmp_path)
    watch = TermsWatch(office.ledger, SystemClock())
    assert target(watch, office) == "99.9"
    assert problems(watch) == {"not_approved"}
    office.approve(office.propose(office.file))
    assert target(watch, office) == "99.9"
    assert (problems(watch), watch.reasons(), watch.held_back()) == (set(), [], [])
    number = office.propose(office.write("contracts", "50"))
    assert target(watch, office) == "99.9"
    assert problems(watch) == {"file_differs"}
    (told,) = watch.held_back()
    assert watch.reasons() == [told]
    differences = [getattr(one, "difference", "") for one in caplog.records]
    assert "KPIs, KPI1, target: 99.9 -> 50" in differences
    office.approve(number)
    assert target(watch, office) == "50"
    assert problems(watch) == set()
    watch.close()
    assert [one.approval for one in recorded(office)] == [0, 2, 4]


def test_the_day_of_approved_terms_comes_without_a_reload(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path)
    office.approve(office.propose(office.file))
    office.approve(office.propose(office.write("contracts", "50"), "--from", "2039-07-01"))
    midnight_ms = int(datetime(2039, 6, 30, 23, tzinfo=UTC).timestamp()) * 1000  # London is an hour ahead in July
    clock, read = FakeClock(midnight_ms - 1), office.read()
    watch = TermsWatch(office.ledger, clock)

    def now() -> str:
        (contract,) = watch.of(read).contracts
        return f"{contract.versions[0].terms.kpis[0].target}"

    assert now() == "99.9"
    clock.advance(1)
    assert now() == "50"
    clock.wall_ms -= 10
    assert now() == "99.9", "a clock that was ahead has put nothing in force for good"
    watch.close()


def test_with_a_ledger_that_cannot_be_read_the_terms_stay(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path)
    office.approve(office.propose(office.file))
    watch = TermsWatch(office.ledger, SystemClock())
    assert target(watch, office) == "99.9"
    office.write("contracts", "50")
    watch.close()  # whatever it asks now fails
    assert target(watch, office) == "99.9"
    assert "the terms in force cannot be read or put on record: " in watch.reasons()[0]
    blind = TermsWatch(tmp_path / "gone.db", SystemClock())
    assert target(blind, office) == "50", "to watch nothing would lose what is never seen again"
    assert problems(blind) == {"unreadable"}
    assert "cannot be read from the ledger" in blind.reasons()[0]


def test_a_daemon_goes_on_by_the_approved_terms_and_its_page_says_so(tmp_path: Path) -> None:
    office = TermsOffice.furnished(tmp_path)
    office.approve(office.propose(office.file))
    office.write("contracts", "50")
    one = Daemon(office.settings, office.read(), SystemClock())
    with ExitStack() as at_end:
        at_end.callback(one.stop)
        one.start()
        wait_until(lambda: one._assessing.is_first_done)
        assert [each.contract for each in one.board.assessment.contracts] == ["small"]
        assert f"{one._configuration.contracts[0].versions[0].terms.kpis[0].target}" == "99.9"
        assert any("is not in force" in line for line in one.reload())
        url = f"http://127.0.0.1:{one._web.port}"
        assert "is not in force" in asked(f"{url}/-/ready")
        assert 'sla_contract_terms_problem{contract="small",problem="file_differs"} 1.0' in asked(f"{url}/metrics")


def asked(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            text: str = answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    return text
