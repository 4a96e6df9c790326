"""Certificates with odd dates and names, also under a trusted authority: UP or DOWN, as OpenSSL judges."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from sla_monitor.probe.connections.channel import MOST_CERTIFICATES
from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe import certificates
from tests.probe.certificates import LOCAL, Signer
from tests.probe.looking import probed
from tests.probe.servers import OK, answering, serving

INVALID = Reason.CERTIFICATE_INVALID


@pytest.fixture(scope="module")
def odd() -> Signer:
    return certificates.authority()


def probed_with(context: ssl.SSLContext, ca: Signer, folder: Path, kind: str = "http", **terms: object) -> Finding:
    trust = folder / "ca.pem"
    trust.write_bytes(ca.pem)
    with serving(answering(OK), tls=context) as server:
        where = (
            {"host": "127.0.0.1", "port": server.port}
            if kind == "tls"
            else {"url": f"https://127.0.0.1:{server.port}/"}
        )
        return probed(kind, ca_file=trust, timeout="3s", **where, **terms)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize(
    ("date", "reason"),
    [
        (b"271301000000Z", INVALID),
        (b"270230000000Z", INVALID),
        (b"270101250000Z", INVALID),
        (b"270101000060Z", INVALID),
        (b"999999999999Z", INVALID),
        (b"abcdefghijklm", INVALID),
        (bytes(13), INVALID),
        (b"2701010000+0Z", INVALID),
        (b"270101000000z", INVALID),
        (b"\xe2\x80\xae2701010000", INVALID),
        (b"99991231235959Z", None),
        (b"00000101000000Z", INVALID),
        (b"00010101000000Z", INVALID),
        (b"20601301000000Z", INVALID),
        (b"20600101000000+", INVALID),
        (b"2060010100000.0", INVALID),
        (b"-0600101000000Z", INVALID),
    ],
)
def test_odd_dates(
    date: bytes, reason: Reason | None, trusted: bool, version: ssl.TLSVersion, odd: Signer, tmp_path: Path
) -> None:
    pem, made = certificates.with_date(odd, date)
    context = certificates.serving_context(made.key, pem)
    context.maximum_version = version
    found = probed_with(context, odd if trusted else certificates.authority("another"), tmp_path)
    assert found.reason is (reason if trusted else INVALID), found.detail
    assert found.outcome is (Outcome.UP if found.reason is None else Outcome.DOWN)
    assert found.detail.isprintable()
    if date == b"99991231235959Z":
        assert found.certificate_expires_at_s is not None


MANY = tuple(x509.DNSName(f"host-{number}.example.com") for number in range(1_000))
"""Some 24 kB."""


@pytest.mark.parametrize(
    ("subject", "alternatives", "reason"),
    [
        ("a\0b", LOCAL, None),
        ("\u202egnp.exe", LOCAL, None),
        ("x" * 30_000, LOCAL, None),
        ("x" * 65_536, LOCAL, Reason.TOO_LARGE),
        ("\x1b[31mred\r\n", LOCAL, None),
        ("", LOCAL, None),
        ("", (), INVALID),
        ("127.0.0.1", (), INVALID),
        ("x", (*MANY, *LOCAL), None),
        ("x", MANY, INVALID),
        ("x", (x509.DNSName("127.0.0.1\0.example.com"),), INVALID),
        ("x", (x509.DNSName("127.0.0.1"),), INVALID),
        ("x", (x509.DNSName("*"),), INVALID),
        ("x", (x509.DNSName(""),), INVALID),
        ("x", (x509.RFC822Name("a@example.com"), x509.UniformResourceIdentifier("http://127.0.0.1/")), INVALID),
    ],
    ids=lambda value: repr(value)[:20],
)
@pytest.mark.parametrize("kind", ["http", "tls"])
def test_odd_names(
    subject: str,
    alternatives: tuple[x509.GeneralName, ...],
    reason: Reason | None,
    kind: str,
    odd: Signer,
    tmp_path: Path,
) -> None:
    made = certificates.leaf(odd, certificates.name(subject), alternatives)
    found = probed_with(certificates.serving_context(made.key, made.pem), odd, tmp_path, kind)
    assert found.reason is reason, found.detail
    assert found.outcome is (Outcome.UP if reason is None else Outcome.DOWN)
    assert found.detail.isprintable()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("links", "reason"), [(MOST_CERTIFICATES - 1, None), (MOST_CERTIFICATES, Reason.TOO_LARGE), (60, Reason.TOO_LARGE)]
)
def test_a_chain_may_have_so_many_certificates(
    links: int, reason: Reason | None, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    root, context = certificates.long_chain(links)[0], certificates.long_chain_context(links)
    context.maximum_version = version
    found = probed_with(context, root, tmp_path)
    assert found.reason is reason, found.detail
    if reason is not None:
        assert found.detail == f"the server sent {links + 1} certificates, more than {MOST_CERTIFICATES}"


@pytest.mark.parametrize(("above_days", "leaf_days"), [(90, 5), (5, 90)])
def test_the_first_of_a_chain_to_expire_counts(above_days: int, leaf_days: int, tmp_path: Path) -> None:
    root = certificates.authority("root", days=900)
    above = certificates.authority("middle", root, days=above_days)
    made = certificates.leaf(above, until=certificates.NOW + leaf_days * certificates.DAY)
    context = certificates.serving_context(made.key, made.pem, above.pem)
    found = probed_with(context, root, tmp_path, certificate_days_left=14)
    assert (found.outcome, found.reason) == (Outcome.DEGRADED, Reason.CERTIFICATE_EXPIRING)
    assert found.certificate_expires_at_s == int((certificates.NOW + 5 * certificates.DAY).timestamp())
    assert probed_with(context, root, tmp_path, certificate_days_left=4).outcome is Outcome.UP


def test_what_is_sent_beside_the_chain_may_have_expired(tmp_path: Path) -> None:
    """A cross-signed certificate of an authority that is gone: the chain that is trusted does without it."""
    root, gone = certificates.authority("root"), certificates.authority("gone", days=0)
    made = certificates.leaf(root)
    context = certificates.serving_context(made.key, made.pem, gone.pem)
    found = probed_with(context, root, tmp_path, certificate_days_left=14)
    assert found.outcome is Outcome.UP
