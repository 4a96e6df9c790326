"""The monitor's own Ed25519 key: made once, kept in one file that only its user reads, shown as what others check with.

Sources: RFC 8032 (Ed25519), RFC 8410 (its PEM form), C2SP signed-note (its verifier key).
"""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sla_monitor.errors import SigningKeyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

OTHERS = 0o077
"""What the file's mode must not have: the key is for its user alone."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """What others check our signatures with. `raw`: the 32 bytes of RFC 8032."""

    raw: bytes

    @classmethod
    def read(cls, path: Path) -> VerifyingKey:
        """A public key in PEM, as `ledger key` prints it. Raises SigningKeyError."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        try:
            key = load_pem_public_key(path.read_bytes())
        except OSError as error:
            raise SigningKeyError(f"{path}: {error.strerror}") from None
        except (ValueError, UnsupportedAlgorithm):
            raise SigningKeyError(f"{path}: is no public key in PEM (see `sla-monitor ledger key`)") from None
        if not isinstance(key, Ed25519PublicKey):
            raise SigningKeyError(f"{path}: is no Ed25519 key (make one with `openssl genpkey -algorithm ed25519`)")
        return cls(key.public_bytes_raw())

    @property
    def pem(self) -> str:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 bytes, in hex: what two people read to each other."""
        return sha256(self.raw).hexdigest()

    def verifier(self, name: str) -> str:
        """The key as C2SP's tools take it: `name+id+base64`."""
        return f"{name}+{key_id(name, ED25519, self.raw).hex()}+{b64encode(ED25519 + self.raw).decode()}"

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Whether this key made the signature of this message."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @property
    def _key(self) -> Ed25519PublicKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.raw)


ED25519, COSIGNATURE = b"\x01", b"\x04"
"""Kinds of signature in C2SP signed-note and tlog-cosignature."""


def key_id(name: str, kind: bytes, raw: bytes) -> bytes:
    """Four bytes by which a line of a signed note says whose it is."""
    return sha256(name.encode() + b"\n" + kind + raw).digest()[:4]


class SigningKey:
    """A private key. It is never printed, and `repr` shows its public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = VerifyingKey(key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"SigningKey({self.public.fingerprint})"

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)

    def derived(self, about: str) -> str:
        """A number, in hex, that nobody can work out without the key, and always the same (RFC 5869)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, None, about.encode()).derive(self._key.private_bytes_raw()).hex()

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """The key in a PEM file. Raises SigningKeyError, also where others may read the file."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            mode = path.stat().st_mode
            text = path.read_bytes()
        except OSError as error:
            raise SigningKeyError(
                f"{path}: {error.strerror}; make a key with `sla-monitor ledger key --make`"
            ) from None
        if mode & OTHERS and not _is_credential(path):
            raise SigningKeyError(f"{path}: others may read this private key; run chmod 600 on it, or make another")
        try:
            key = load_pem_private_key(text, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SigningKeyError(f"{path}: is no private key in PEM without a password") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyError(f"{path}: is no Ed25519 key (make one with `sla-monitor ledger key --make`)")
        return cls(key)

    @classmethod
    def make(cls, path: Path) -> SigningKey:
        """A new key in a new file, mode 0600 from its first instant, and on the disk. Raises SigningKeyError."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key = Ed25519PrivateKey.generate()
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            # O_EXCL: never over another key, never through a symbolic link
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            raise SigningKeyError(f"{path}: there is a key already; it is never replaced (move it aside)") from None
        except OSError as error:
            raise SigningKeyError(f"{path}: {error.strerror}; choose a place that this user may write") from None
        return cls(key)


def _is_credential(path: Path) -> bool:
    """systemd's own directory of credentials is closed to others, whatever the mode of a file in it."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return folder is not None and path.parent == Path(folder)
