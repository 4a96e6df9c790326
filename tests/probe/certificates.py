"""Certificates that no decent authority would issue, signed by one that is trusted."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SOON = NOW + 30 * DAY
LATE = datetime(2060, 1, 1, tzinfo=UTC)
"""From 2050 on certificates write their dates with four digits of the year."""

LOCAL = (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost"))


@dataclass(frozen=True)
class Signer:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def name(text: str = "") -> x509.Name:
    """In as many attributes as it takes; empty: none at all."""
    parts = [text[at : at + 64] for at in range(0, len(text), 64)]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, part) for part in parts])


def authority(
    text: str = "odd authority", above: Signer | None = None, curve: ec.EllipticCurve | None = None, days: int = 30
) -> Signer:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    built = (
        x509.CertificateBuilder()
        .subject_name(name(text))
        .issuer_name(above.certificate.subject if above else name(text))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + days * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return Signer(built.sign(above.key if above else key, SHA256()), key)


def leaf(
    above: Signer | None,
    subject: x509.Name | None = None,
    alternatives: tuple[x509.GeneralName, ...] = LOCAL,
    *,
    until: datetime = SOON,
    curve: ec.EllipticCurve | None = None,
) -> Signer:
    """`above`: None where it signs itself."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    own = name("leaf") if subject is None else subject
    built = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(above.certificate.subject if above else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(until)
    )
    if alternatives:
        built = built.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return Signer(built.sign(above.key if above else key, SHA256()), key)


def with_date(above: Signer, date: bytes) -> tuple[bytes, Signer]:
    """A leaf, as PEM, whose notAfter reads `date`: 13 bytes for two digits of the year, 15 for four."""
    made = leaf(above, until=LATE if len(date) == 15 else SOON)
    pattern = "%Y%m%d%H%M%SZ" if len(date) == 15 else "%y%m%d%H%M%SZ"
    written = made.certificate.not_valid_after_utc.strftime(pattern).encode()
    assert len(written) == len(date)
    inner = made.certificate.tbs_certificate_bytes
    assert inner.count(written) == 1
    return resigned(above, inner.replace(written, date)), made


def resigned(above: Signer, inner: bytes) -> bytes:
    """A certificate, as PEM, of these bytes."""
    signature = above.key.sign(inner, ec.ECDSA(SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    whole = der(0x30, inner + algorithm + der(0x03, b"\0" + signature))
    return ssl.DER_cert_to_PEM_cert(whole).encode()


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 128 | len(length)]) + length + content


@cache
def long_chain(links: int) -> tuple[Signer, bytes]:
    """An authority, and a key with so many P-521 intermediates below it, as PEM."""
    root = above = authority("root")
    chain: list[bytes] = []
    for number in range(links):
        above = authority(f"link {number}", above, ec.SECP521R1())
        chain.insert(0, above.pem)
    own = leaf(above)
    return root, private(own.key) + own.pem + b"".join(chain)


def long_chain_context(links: int) -> ssl.SSLContext:
    return _context(long_chain(links)[1])


def serving_context(key: ec.EllipticCurvePrivateKey, *chain: bytes) -> ssl.SSLContext:
    return _context(private(key) + b"".join(chain))


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chain.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context
