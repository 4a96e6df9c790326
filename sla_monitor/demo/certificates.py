"""A certification authority of the demo's own, made afresh at every start, and two certificates from it."""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_NAME = "Demo estate CA"
VALID_DAYS = 90
EXPIRING_DAYS = 5

_LOCALHOST = x509.SubjectAlternativeName(
    [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step with one that only its owner can read, from its first byte on."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    """Issues certificates for localhost. Its key never leaves memory."""

    def __init__(self, now_ms: int) -> None:
        self._now = datetime.fromtimestamp(now_ms // 1000, UTC)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign(_name(CA_NAME), self._key, VALID_DAYS, is_ca=True)

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int, *, is_ca: bool = False
    ) -> x509.Certificate:
        """A certificate valid from yesterday, so that a client whose clock is behind accepts it too."""
        public = key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name(CA_NAME))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(days=1))
            .not_valid_after(self._now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(is_ca), critical=True)
        )
        if not is_ca:
            server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
            builder = builder.add_extension(_LOCALHOST, critical=False).add_extension(server, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def write_ca(self, path: Path) -> None:
        """The CA's certificate, for clients to trust."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self, path: Path, days: int) -> ssl.SSLContext:
        """A server's TLS context with a new certificate that expires in `days`; key and chain are kept in `path`."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name("localhost"), key, days)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(path, private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _usage(is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
