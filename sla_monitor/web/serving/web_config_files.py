"""The web-config file and its certificates, read again when they change: rotation needs no restart."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from sla_monitor.errors import ConfigError
from sla_monitor.web_config import CIPHER_SUITES, TlsServer, WebConfig, read_web_config

log = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None
"""Modification time in nanoseconds, size, inode; None for a file that is not there."""


class WebFiles:
    """What the files say; while a changed file is wrong, what they said before.

    A certificate and its key are two files: between the two renames they do not fit. That state is refused like
    any other mistake, and the next reading finds the pair.
    """

    def __init__(self, path: Path | None) -> None:
        """Read everything. Raises ConfigError: a daemon must not start open because its lock did not load."""
        self.path = path
        self.config = WebConfig()
        self.context: ssl.SSLContext | None = None
        self._watched: list[Path] = []
        self._tried: tuple[Stamp, ...] = ()
        if path is not None:
            self._load(path)

    def refresh(self) -> bool:
        """Read the files, and take in what has changed. True when something new is in force."""
        if self.path is None or tuple(map(_stamp, self._watched)) == self._tried:
            return False
        try:
            self._load(self.path)
        except ConfigError as error:
            log.error("web-config not taken, the one before stays in force: %s", error)
            return False
        log.info("web-config and certificates read again from %s", self.path)
        return True

    def _load(self, path: Path) -> None:
        # Each file is stamped before it is read: a change in between is then seen as one the next time.
        self._watched, self._tried = [path], (_stamp(path),)
        config = read_web_config(path)
        tls = config.tls_server_config
        if tls is not None:
            self._watched += tls.files
            self._tried += tuple(map(_stamp, tls.files))
        self.context = server_context(tls) if tls else None
        self.config = config


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CLIENTS = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


def server_context(tls: TlsServer) -> ssl.SSLContext:
    """A context with the certificates as they are on disk now. Raises ConfigError when they cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[tls.min_version]
    context.maximum_version = VERSIONS[tls.max_version]
    context.verify_mode = CLIENTS[tls.client_auth_type]
    # A client that asks for a new handshake again and again costs us far more than it costs itself.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if tls.prefer_server_cipher_suites:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    if tls.cipher_suites:
        context.set_ciphers(":".join(CIPHER_SUITES[name] for name in tls.cipher_suites))
    _load_own(context, tls)
    _load_clients(context, tls.client_ca_file)
    return context


def _load_own(context: ssl.SSLContext, tls: TlsServer) -> None:
    try:
        # Without a password OpenSSL would ask for one on the terminal, and wait.
        context.load_cert_chain(tls.cert_file, tls.key_file, password="")
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            [f"{tls.cert_file}, {tls.key_file}: {_why(error)} (give a PEM certificate and its unencrypted key)"]
        ) from None


def _load_clients(context: ssl.SSLContext, bundle: Path | None) -> None:
    if bundle is None:
        return
    try:
        context.load_verify_locations(bundle)
    except OSError as error:
        raise ConfigError([f"{bundle}: {_why(error)} (give the clients' CA as PEM)"]) from None


def _why(error: OSError) -> str:
    """OpenSSL's reason when it has one; it never quotes the file."""
    return getattr(error, "reason", None) or error.strerror or "cannot be read"
