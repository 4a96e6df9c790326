"""Every hostile supplier's probe ends by its deadline, with the right reason, in little memory, and leaves no thread.

The fixture `no_thread_left_behind` watches the threads, and `timed` the deadline.
"""

from __future__ import annotations

import re
import ssl
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Finding, Reason
from tests.probe.hostile import ALL, Hostile, bomb
from tests.probe.hostile_details import DETAILS
from tests.probe.hostile_tls import server_contexts, trusted
from tests.probe.looking import probed
from tests.probe.servers import serving

MEMORY_LIMIT = 16 << 20
"""Bytes that a probe may take at its worst: the limit on bodies is 1 MB."""

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def contexts(authority: trustme.CA) -> dict[str, ssl.SSLContext | None]:
    bomb(1), bomb(2)  # made beforehand: compressing them takes a server longer than a probe may
    return server_contexts(authority)


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    path.write_bytes(trusted(authority))
    return path


def probe_hostile(hostile: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path) -> Finding:
    with serving(hostile.conduct, tls=contexts[hostile.tls]) as server:
        return probed(hostile.kind, **hostile.terms_at(server.port, ca_file))


@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_supplier_is_judged_in_time_and_for_the_right_reason(
    hostile: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path
) -> None:
    found = probe_hostile(hostile, contexts, ca_file)
    assert (found.outcome, found.reason) == (hostile.outcome, hostile.reason), found.detail
    if hostile.name in DETAILS:
        assert re.sub(r"\d{4}-\d\d-\d\d", "DAY", found.detail) == DETAILS[hostile.name]
    assert len(found.detail) <= DETAIL_LIMIT
    assert found.detail.isprintable()
    assert len(found.evidence) <= EVIDENCE_LIMIT


@pytest.mark.parametrize("hostile", [row for row in ALL if row.reason is Reason.TOO_LARGE], ids=lambda row: row.name)
def test_an_excess_costs_little_memory(
    hostile: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path
) -> None:
    tracemalloc.start()
    try:
        probe_hostile(hostile, contexts, ca_file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_LIMIT


@pytest.mark.parametrize(
    "row", [row for row in ALL if row.reason is Reason.CERTIFICATE_INVALID and row.tls != "odd date"]
)
def test_a_certificate_that_is_refused_is_still_read(
    row: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path
) -> None:
    """The handshake that fails tells when it expires, in both versions of TLS."""
    context = contexts[row.tls]
    assert context is not None
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.maximum_version = version
        found = probe_hostile(row, contexts, ca_file)
        assert found.reason is Reason.CERTIFICATE_INVALID
        assert found.certificate_expires_at_s is not None
        expired = found.certificate_expires_at_s < NOW.timestamp()
        assert expired is (row.tls == "expired")
        assert "(it is valid until " in found.detail


def test_there_are_as_many_as_promised() -> None:
    assert len({row.name for row in ALL}) == len(ALL) >= 120
