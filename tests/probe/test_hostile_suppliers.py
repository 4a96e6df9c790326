"""Every hostile supplier's look ends by its deadline, with the right reason, in little memory, and leaves no thread.

The fixture `no_thread_left_behind` watches the threads, and `timed` the deadline.
"""

from __future__ import annotations

import ipaddress
import ssl
import tracemalloc
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sla_monitor.sla.observation import DETAIL_LIMIT, EVIDENCE_LIMIT, Finding, Reason
from tests.probe.conftest import server_context
from tests.probe.hostile import ALL, Hostile, bomb
from tests.probe.looking import look
from tests.probe.servers import serving

MEMORY_LIMIT = 16 << 20
"""Bytes that a look may take at its worst: the limit on bodies is 1 MB."""

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def contexts(authority: trustme.CA) -> dict[str, ssl.SSLContext | None]:
    """The servers' sides of TLS, by what is bad about them."""
    bomb(1), bomb(2)  # made beforehand: compressing them takes a server longer than a probe may
    issue = authority.issue_cert
    good = issue("127.0.0.1")
    made: dict[str, ssl.SSLContext | None] = {
        "": None,
        "none": None,
        "good": server_context(good),
        "expired": server_context(issue("127.0.0.1", not_before=NOW - 9 * DAY, not_after=NOW - 2 * DAY)),
        "later": server_context(issue("127.0.0.1", not_before=NOW + 2 * DAY, not_after=NOW + 9 * DAY)),
        "wrong host": server_context(issue("127.0.0.9", "other.example")),
        "unknown issuer": server_context(trustme.CA().issue_cert("127.0.0.1")),
        "self-signed": _self_signed(),
        "1.2": _only(server_context(good), ssl.TLSVersion.TLSv1_2),
        "old": _only(server_context(good), ssl.TLSVersion.TLSv1_1),
        "mutual": server_context(good),
    }
    mutual = made["mutual"]
    assert mutual is not None
    mutual.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(mutual)
    return made


def _only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that TLS 1.1 is old is the point
        context.minimum_version = context.maximum_version = version
    return context


def _self_signed() -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, SHA256())
    pem = certificate.public_bytes(Encoding.PEM)
    pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return context


def look_at(hostile: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path) -> Finding:
    with serving(hostile.conduct, tls=contexts[hostile.tls]) as server:
        return look(hostile.kind, **_terms(hostile, server.port, ca_file))


def _terms(hostile: Hostile, port: int, ca_file: Path) -> dict[str, Any]:
    trust = {"ca_file": ca_file} if hostile.tls else {}
    if hostile.kind != "http":
        return {"host": "127.0.0.1", "port": port, **trust, **hostile.terms}
    scheme = "https" if hostile.tls else "http"
    return {"url": f"{scheme}://127.0.0.1:{port}/", **trust, **hostile.terms}


@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_supplier_is_judged_in_time_and_for_the_right_reason(
    hostile: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path
) -> None:
    found = look_at(hostile, contexts, ca_file)
    assert (found.outcome, found.reason) == (hostile.outcome, hostile.reason), found.detail
    assert len(found.detail) <= DETAIL_LIMIT
    assert found.detail.isprintable()
    assert len(found.evidence) <= EVIDENCE_LIMIT


@pytest.mark.parametrize("hostile", [row for row in ALL if row.reason is Reason.TOO_LARGE], ids=lambda row: row.name)
def test_an_excess_costs_little_memory(
    hostile: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path
) -> None:
    tracemalloc.start()
    try:
        look_at(hostile, contexts, ca_file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY_LIMIT


@pytest.mark.parametrize("row", [row for row in ALL if row.tls in {"expired", "wrong host", "self-signed"}])
def test_a_certificate_that_is_refused_is_still_read(
    row: Hostile, contexts: dict[str, ssl.SSLContext | None], ca_file: Path
) -> None:
    """A second look, which verifies nothing and sends nothing, tells when it expires."""
    found = look_at(row, contexts, ca_file)
    assert found.certificate_expires_at_s is not None
    expired = found.certificate_expires_at_s < NOW.timestamp()
    assert expired is (row.tls == "expired")


def test_there_are_as_many_as_promised() -> None:
    assert len({row.name for row in ALL}) == len(ALL) >= 30
