"""Our side of TLS: from `tls_server_config` to a server context."""

from __future__ import annotations

import ssl
from pathlib import Path

from sla_monitor.errors import ConfigError
from sla_monitor.web_config import CIPHER_SUITES, TlsServer

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
