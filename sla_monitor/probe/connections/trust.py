"""Whom we trust: TLS contexts, made once for each set of terms, and what certificates say.

Loading a CA bundle costs as much as twenty handshakes, so contexts are shared. They are kept by the files'
times and sizes too: a renewed file is read when the configuration is reloaded.
"""

from __future__ import annotations

import hashlib
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Any

from sla_monitor.contract.endpoints.endpoint import TlsTerms

Stamp = tuple[str, int, int] | None
"""A file's path, time of change (ns) and size."""

CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
"""Of TLS 1.2: Python's own choice without Diffie-Hellman over finite fields, which a server may make as dear as it
likes (8,192 bits: 180 ms a handshake)."""

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def context_for(terms: TlsTerms, *, ours: bool = True) -> ssl.SSLContext:
    """The context for an endpoint; not `ours`: without our client certificate, for hosts it is not meant for.

    Raises OSError and ssl.SSLError when a file is missing or is not what it should be.
    """
    certificate = _stamp(terms.client_certificate) if ours else None
    return _context(_stamp(terms.ca_file), certificate, _stamp(terms.client_key), terms.min_tls_version)


def _stamp(path: Path | None) -> Stamp:
    if path is None:
        return None
    status = path.stat()
    return str(path), status.st_mtime_ns, status.st_size


@lru_cache(maxsize=256)
def _context(ca: Stamp, certificate: Stamp, key: Stamp, oldest: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies the chain and the host name
    context.minimum_version = VERSIONS[oldest]
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    if ca is not None:
        context.load_verify_locations(ca[0])
    else:
        _load_system_store(context)
    if certificate is not None:
        context.load_cert_chain(certificate[0], key[0] if key else None, password=no_password)
    return context


def no_password() -> str:
    """OpenSSL would ask on the terminal, and the daemon would wait for ever."""
    raise ssl.SSLError("the client key has a password; give it without one, readable to the daemon alone")


def _load_system_store(context: ssl.SSLContext) -> None:
    """The operating system's certificates; where it has none, those that come with requests.

    The compiled-in paths and not the defaults, which would obey $SSL_CERT_FILE. From a directory OpenSSL reads
    only the certificates that it needs.
    """
    paths = ssl.get_default_verify_paths()
    directory = Path(paths.openssl_capath)
    if directory.is_dir() and any(directory.glob("*.0")):
        context.load_verify_locations(capath=str(directory))
    elif Path(paths.openssl_cafile).is_file():
        context.load_verify_locations(paths.openssl_cafile)
    else:
        from requests.certs import where  # type: ignore[attr-defined]  # only where the system has no store of its own

        context.load_verify_locations(where())


_EXPIRIES: dict[bytes, int | None] = {}
MOST_EXPIRIES = 10_000


def earliest_expiry_s(chain: list[Any]) -> int | None:
    """Unix seconds at which the first certificate of a chain (ssl's own objects) expires.

    One whose date cannot be read (a thirteenth month) says nothing here; whether it is valid OpenSSL has judged.
    """
    return min((at_s for at_s in map(_expiry_s, chain) if at_s is not None), default=None)


def _expiry_s(certificate: Any) -> int | None:
    """A certificate's last second, read once and kept: reading is dear."""
    key = hashlib.blake2b(certificate.public_bytes(ssl._ssl.ENCODING_DER), digest_size=16).digest()  # type: ignore[attr-defined]  # noqa: SLF001
    if key not in _EXPIRIES:
        if len(_EXPIRIES) >= MOST_EXPIRIES:
            _EXPIRIES.clear()
        _EXPIRIES[key] = _read_expiry(certificate)
    return _EXPIRIES[key]


def _read_expiry(certificate: Any) -> int | None:
    try:
        return int(ssl.cert_time_to_seconds(certificate.get_info()["notAfter"]))
    except (ValueError, ssl.SSLError):
        return None
