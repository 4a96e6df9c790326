"""The exporter-toolkit's `web-config.yml`: TLS, client certificates and basic authentication of our own HTTP port.

The same file serves Prometheus, Alertmanager and us. What we cannot do as the toolkit does (unverified client
certificates, key material inside the file, TLS before 1.2) is refused with a remedy, never passed over. The file
and its certificates are read again when they change: rotation needs no restart.
"""

from __future__ import annotations

import logging
import re
import ssl
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from sla_monitor.contract.fields import Strict
from sla_monitor.contract.reading.nodes import Document, FilePlace, Items, Mapping, plain
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.errors import ConfigError

log = logging.getLogger(__name__)

CIPHER_SUITES = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
}
"""The toolkit's (Go's) names of the suites that are still good, as OpenSSL calls them. TLS 1.3 has no choice."""


def _cipher_suite(value: str) -> str:
    if value not in CIPHER_SUITES:
        raise ValueError(f"{value!r} is not a suite we offer (write one of {', '.join(CIPHER_SUITES)})")
    return value


CipherSuite = Annotated[str, AfterValidator(_cipher_suite)]


_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|1\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]")
"""Salt and digest end inside a character, so that their last ones are of a few: a mistyped hash opens to nobody."""


def is_bcrypt_hash(value: str) -> bool:
    """Whether it is one that is compared: of cost 4 to 19."""
    return _BCRYPT.fullmatch(value) is not None


def _bcrypt_hash(value: str) -> str:
    if not is_bcrypt_hash(value):
        # The value may be the password itself: it must not be repeated.
        raise ValueError("is not a bcrypt hash of cost 4 to 19 (make one with htpasswd -nBC 10 NAME)")
    return value


BcryptHash = Annotated[str, AfterValidator(_bcrypt_hash)]
Version = Literal["TLS12", "TLS13"]
HeaderName = Literal[
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-XSS-Protection",
]


class TlsServer(Strict):
    """`tls_server_config`. Relative paths are relative to the file."""

    cert_file: Path
    key_file: Path
    client_auth_type: Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"] = "NoClientCert"
    client_ca_file: Path | None = None
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Version = "TLS12"
    max_version: Version = "TLS13"
    cipher_suites: tuple[CipherSuite, ...] = ()
    prefer_server_cipher_suites: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        checks_clients = self.client_auth_type != "NoClientCert"
        if checks_clients and self.client_ca_file is None:
            raise ValueError(f"client_auth_type: {self.client_auth_type} needs client_ca_file")
        if not checks_clients and (self.client_ca_file or self.client_allowed_sans):
            raise ValueError("client_auth_type: write RequireAndVerifyClientCert, or client certificates go unchecked")
        if self.min_version > self.max_version:
            raise ValueError("min_version: is above max_version")
        return self

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.cert_file, self.key_file, *([self.client_ca_file] if self.client_ca_file else []))


class HttpServer(Strict):
    """`http_server_config`. `http2` is taken for the toolkit's sake: we serve HTTP/1.1."""

    http2: bool = True
    headers: dict[HeaderName, str] = Field(default_factory=dict)


class WebConfig(Strict):
    """The whole file; an empty one means plain HTTP for everybody."""

    tls_server_config: TlsServer | None = None
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: dict[str, BcryptHash] = Field(default_factory=dict, repr=False)


def read_web_config(path: Path) -> WebConfig:
    """The file, checked. Raises ConfigError with every problem, each with its place; hashes are never repeated."""
    document = read_document(path)
    config = WebConfig()
    try:
        config = WebConfig.model_validate(plain(document.root) or {})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            _blame(document, problem["loc"], problem["msg"])
    if document.problems:
        raise ConfigError([str(problem) for problem in sorted(document.problems)])
    return _beside(config, path.parent)


def _blame(document: Document, path: tuple[str | int, ...], message: str) -> None:
    """Put a mistake where it stands: at the key, or at the last thing on the way to it that is there."""
    known = [step for step in path if step != "[key]"]
    text = message.removeprefix("Value error, ")
    document.blame(_place(document, known), ".".join(map(str, known)) or "file", text)


def _place(document: Document, path: list[str | int]) -> FilePlace:
    node, place = document.root, document.root.place
    for step in path:
        if isinstance(node, Mapping) and step in node.entries:
            place, node = node.keys[str(step)], node.entries[str(step)]
        elif isinstance(node, Items) and isinstance(step, int):
            node = node.nodes[step]
            place = node.place
    return place


def _beside(config: WebConfig, folder: Path) -> WebConfig:
    """The same, with relative paths made relative to the file's folder."""
    tls = config.tls_server_config
    if tls is None:
        return config
    there: dict[str, Path | None] = {
        "cert_file": folder / tls.cert_file,
        "key_file": folder / tls.key_file,
        "client_ca_file": folder / tls.client_ca_file if tls.client_ca_file else None,
    }
    return config.model_copy(update={"tls_server_config": tls.model_copy(update=there)})


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
