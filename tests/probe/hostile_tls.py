"""The servers' sides of TLS, by what is bad about them."""

from __future__ import annotations

import ssl
import warnings

import trustme

from tests.probe import certificates
from tests.probe.certificates import DAY, NOW
from tests.probe.conftest import server_context

_ODD = certificates.authority("odd")


def trusted(authority: trustme.CA) -> bytes:
    """The authorities that the good and the dear ones are under, as PEM."""
    root, _ = certificates.long_chain(60)
    return authority.cert_pem.bytes() + root.pem + _ODD.pem


def server_contexts(authority: trustme.CA) -> dict[str, ssl.SSLContext | None]:
    issue = authority.issue_cert
    good = issue("127.0.0.1")
    odd_date, of_odd_date = certificates.with_date(_ODD, b"271301000000Z")
    huge = certificates.leaf(_ODD, certificates.name("x" * 65_536))
    made: dict[str, ssl.SSLContext] = {
        "good": server_context(good),
        "expired": server_context(issue("127.0.0.1", not_before=NOW - 9 * DAY, not_after=NOW - 2 * DAY)),
        "later": server_context(issue("127.0.0.1", not_before=NOW + 2 * DAY, not_after=NOW + 9 * DAY)),
        "wrong host": server_context(issue("127.0.0.9", "other.example")),
        "unknown issuer": server_context(trustme.CA().issue_cert("127.0.0.1")),
        "self-signed": _self_signed(),
        "1.2": _only(server_context(good), ssl.TLSVersion.TLSv1_2),
        "old": _only(server_context(good), ssl.TLSVersion.TLSv1_1),
        "mutual": server_context(good),
        "finite fields": server_context(good),
        "long chain": certificates.long_chain_context(60),
        "long chain 1.2": _only(certificates.long_chain_context(60), ssl.TLSVersion.TLSv1_2),
        "huge": certificates.serving_context(huge.key, huge.pem),
        "odd date": certificates.serving_context(of_odd_date.key, odd_date),
        "tickets": server_context(good),
    }
    made["mutual"].verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(made["mutual"])
    made["finite fields"].set_ecdh_curve("ffdhe8192")
    made["tickets"].num_tickets = 5_000
    return {"": None, "none": None, **made}


def _only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that TLS 1.1 is old is the point
        context.minimum_version = context.maximum_version = version
    return context


def _self_signed() -> ssl.SSLContext:
    own = certificates.leaf(None)
    return certificates.serving_context(own.key, own.pem)
