"""An outage that lasts a month must not fill the disk with error pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor.ledger.recording.bodies import BODY_EVERY_MS
from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.ledger.support import EVERY_MS, FOREVER_MS, observed, opened, record_all

A_MINUTE = BODY_EVERY_MS // EVERY_MS
"""Observations."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def failed(page: int, status: int = 503) -> Finding:
    """An error page that differs each time, as most do: they tell the time, or the request's number."""
    body = f"<html>{page:06}".encode() * 150
    return Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, f"{status}, wanted 200", status=status, evidence=body)


def bodies(path: Path, *findings: Finding, endpoint: str = "custody/login") -> list[bytes]:
    """What is kept of each of these observations' responses."""
    with opened(path) as ledger:
        record_all(ledger, *(observed(index, finding, endpoint) for index, finding in enumerate(findings)))
        found = list(ledger.observations(endpoint, 0, FOREVER_MS))
    assert [each.finding.detail for each in found] == [finding.detail for finding in findings], "always kept"
    return [each.finding.evidence for each in found]


def test_of_responses_that_fail_alike_one_a_minute_is_kept(path: Path) -> None:
    pages = [failed(page) for page in range(2 * A_MINUTE + 1)]
    expected = [page.evidence if index % A_MINUTE == 0 else b"" for index, page in enumerate(pages)]
    assert bodies(path, *pages) == expected


def test_another_status_or_reason_is_kept_at_once(path: Path) -> None:
    other = replace(failed(3), reason=Reason.BODY_UNEXPECTED)
    pages = [failed(1), failed(2, 500), other, failed(4), failed(5, 500)]
    assert bodies(path, *pages) == [*(page.evidence for page in pages[:3]), b"", b""]


def test_the_same_response_again_is_told_each_time_and_stored_once(path: Path) -> None:
    assert bodies(path, *[failed(1)] * 3) == [failed(1).evidence] * 3


def test_each_endpoint_has_its_own_minute(path: Path) -> None:
    assert bodies(path, failed(1)) == [failed(1).evidence]
    assert bodies(path, failed(2), endpoint="custody/records") == [failed(2).evidence]


def test_a_clock_that_was_set_back_keeps_evidence(path: Path) -> None:
    observations = [observed(100, failed(1)), observed(50, failed(2)), observed(51, failed(3))]
    with opened(path) as ledger:
        record_all(ledger, *observations)
        found = [each.finding.evidence for each in ledger.observations("custody/login", 0, FOREVER_MS)]
    assert found == [failed(2).evidence, b"", failed(1).evidence]


def test_after_a_day_of_failures_the_ledger_is_small(path: Path) -> None:
    size = day_of_failures(path)
    assert size < 8_640 * 500, "without the limit: 8,640 pages of 2 KiB"


def day_of_failures(path: Path) -> int:
    with opened(path) as ledger:
        record_all(ledger, *(observed(index, failed(index)) for index in range(86_400_000 // EVERY_MS)))
    return path.stat().st_size
