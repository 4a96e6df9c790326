"""Files of certificates and keys: what is wrong with them, in words, before a probe finds out."""

from __future__ import annotations

import ssl
from pathlib import Path

from sla_monitor.probe.connections.trust import no_password
from sla_monitor.probe.verdict import day_of

_KEY_MARK = b"PRIVATE KEY-----"


def ca_problem(path: Path, now_s: float) -> str:
    """Why a bundle of CA certificates lets nothing be trusted; nothing where it does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(path)
    except OSError:  # ssl.SSLError is one
        return "holds no certificate (give the CA's as PEM)"
    ends = [ssl.cert_time_to_seconds(str(one["notAfter"])) for one in context.get_ca_certs()]
    if ends and max(ends) < now_s:
        return f"every certificate in it has expired, the last on {day_of(max(ends))} (give the CA's new one)"
    return ""


def certificate_problem(path: Path, key: Path | None, now_s: float) -> str:
    """Why our certificate cannot be shown; nothing where it can. `key`: its key's file, where that is another one. A
    key that cannot be read is no problem of the certificate."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        end_s = int(load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc.timestamp())
    except (OSError, ValueError):
        return "holds no certificate (give it as PEM)"
    if end_s < now_s:
        return f"the certificate has expired, on {day_of(end_s)} (give the new one)"
    has_key = key is None or (key.is_file() and not key_problem(key))
    return _pair_problem(path, key) if has_key else ""


def _pair_problem(path: Path, key: Path | None) -> str:
    """Why a certificate and a key do not make a pair."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path, key, password=no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"does not fit the key{'' if key is None else f' in {key}'} (give both of one pair)"
        if key is None:
            return f"holds no key that can be used{_because(error)} (add it, or name it with client_key)"
        return f"cannot be used with {key}{_because(error)} (give both as PEM)"
    except OSError as error:
        return f"{error.strerror} (let the daemon's user read it)"
    return ""


def key_problem(path: Path) -> str:
    """Why a file is no key of ours; nothing where it looks like one."""
    try:
        text = path.read_bytes()
    except OSError as error:
        return f"{error.strerror} (let the daemon's user read it)"
    if _KEY_MARK not in text:
        return "holds no key (give it as PEM)"
    is_locked = b"ENCRYPTED" in text
    return "is locked with a password (give the key without one, readable to the daemon alone)" if is_locked else ""


def _because(error: ssl.SSLError) -> str:
    words = (error.reason or str(error)).replace("_", " ").lower()
    return f": {words}" if words else ""
