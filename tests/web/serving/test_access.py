"""Basic authentication and TLS from the exporter-toolkit's web-config.yml, over real sockets."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import bcrypt
import pytest
import trustme

from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import ConfigError
from sla_monitor.web import Limits, Web
from sla_monitor.web.serving.access import REMEMBERED, Access
from tests.web.running import Parts, ask, connect, raw, serving

PATIENCE_S = 60


def hashed(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def write_later(path: Path, text: str | bytes) -> None:
    """Replace a file as deployment tools do: beside it, then a rename."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(text.encode() if isinstance(text, str) else text)
    fresh.replace(path)


def until(holds: Callable[[], bool]) -> None:
    """Wait for what must come true; the deadline is no measure of speed."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    path = tmp_path / "web-config.yml"
    path.write_text(f"basic_auth_users:\n  prometheus: {hashed('right')}\n  y: {hashed('why')}\n")
    return path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (basic("prometheus", "right"), 200),
        (basic("y", "why"), 200),
        ({}, 401),
        (basic("prometheus", "wrong"), 401),
        (basic("prometheus", ""), 401),
        (basic("prometheus", "right\0"), 401),
        (basic("prometheus", "x" * 100), 401),
        (basic("y", "right"), 401),
        (basic("nobody", "right"), 401),
        (basic("", ""), 401),
        ({"Authorization": "Basic !!!"}, 401),
        ({"Authorization": "Basic"}, 401),
        ({"Authorization": "Bearer right"}, 401),
    ],
)
@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/-/ready", "/nothing"])
def test_only_the_right_user_with_the_right_password_comes_in(
    locked: Path, headers: dict[str, str], status: int, path: str
) -> None:
    with serving(Parts(), web_config=locked) as web:
        for _ in range(2):  # the second time the answer may come from memory
            answer = ask(web, path, headers=headers)
            assert answer.status == (404 if (status, path) == (200, "/nothing") else status)
        if status == 401:
            assert answer.headers["www-authenticate"].startswith("Basic realm=")


def test_who_guesses_keeps_nobody_else_out(tmp_path: Path) -> None:
    users = tmp_path / "web-config.yml"
    users.write_text(f"basic_auth_users:\n  y: {bcrypt.hashpw(b'why', bcrypt.gensalt(9)).decode()}\n")
    limits = Limits(failures_per_minute=1, waiting=1)
    with serving(Parts(), web_config=users, limits=limits) as web, ExitStack() as stack:
        assert ask(web, "/", headers=basic("y", "first guess")).status == 401
        guessing = [stack.enter_context(connect(web)) for _ in range(10)]
        for number, sock in enumerate(guessing):
            guess = basic("y", f"guess {number}")["Authorization"]
            sock.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: {guess}\r\n\r\n".encode())
        refused: list[socket.socket] = []
        while len(refused) < 8:  # one is compared, one waits
            refused, _, _ = select.select(guessing, [], [], PATIENCE_S)
        other = http.client.HTTPConnection("127.0.0.1", web.port, source_address=("127.0.0.2", 0))
        stack.callback(other.close)
        other.request("GET", "/", headers=basic("y", "why"))
        assert other.getresponse().status == 200


def test_a_right_password_comes_in_after_any_number_of_wrong_ones(locked: Path) -> None:
    with serving(Parts(), web_config=locked, limits=Limits(failures_per_minute=1)) as web:
        assert {ask(web, "/", headers=basic("y", f"guess {number}")).status for number in range(4)} == {401}
        assert ask(web, "/", headers=basic("y", "why")).status == 200


def test_nobody_reloads_without_the_password(locked: Path) -> None:
    parts = Parts()
    with serving(parts, web_config=locked) as web:
        assert ask(web, "/-/reload", "POST").status == 401
        assert parts.reloads == 0
        assert ask(web, "/-/reload", "POST", headers=basic("prometheus", "right")).status == 200


def test_a_heartbeat_comes_in_with_its_own_token(locked: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-0123456789-abc")
    parts = Parts(references={"a/b": SecretReference("file", str(tmp_path / "token"))})
    with serving(parts, web_config=locked) as web:
        right = {"Authorization": "Bearer token-0123456789-abc"}
        assert ask(web, "/heartbeat/a/b", "POST", headers=right).status == 204
        assert ask(web, "/heartbeat/a/b", "POST", headers=basic("prometheus", "right")).status == 401


def test_a_changed_password_holds_without_a_restart(locked: Path) -> None:
    with serving(Parts(), web_config=locked) as web:
        assert ask(web, "/metrics", headers=basic("prometheus", "right")).status == 200
        write_later(locked, f"basic_auth_users:\n  prometheus: {hashed('new')}\n")
        until(lambda: ask(web, "/metrics", headers=basic("prometheus", "new")).status == 200)
        assert ask(web, "/metrics", headers=basic("prometheus", "right")).status == 401


@pytest.mark.parametrize("broken", ["basic_auth_users: [", "basic_auth_users: {a: plain}", None])
def test_a_broken_file_keeps_the_lock_that_was_there(
    locked: Path, broken: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Parts(), web_config=locked) as web:
        if broken is None:
            locked.unlink()
        else:
            write_later(locked, broken)
        until(lambda: "stays in force" in caplog.text)
        assert ask(web, "/metrics").status == 401
        assert ask(web, "/metrics", headers=basic("prometheus", "right")).status == 200


def test_apaches_hashes_are_taken_too() -> None:
    users = {"a": hashed("pw").replace("$2b$", "$2y$")}
    assert Access().check(users, basic("a", "pw")["Authorization"])


def test_a_right_password_is_known_until_its_hash_changes() -> None:
    access, users, asked = Access(), {"a": hashed("pw")}, basic("a", "pw")["Authorization"]
    assert not access.is_known(users, asked)
    access.remember(users, asked)
    assert access.is_known(users, asked)
    assert not access.is_known({"a": hashed("pw")}, asked)
    assert not access.is_known({}, asked)


def test_memory_for_passwords_is_bounded() -> None:
    access = Access()
    users = {str(number): "hash" for number in range(REMEMBERED + 1)}
    for name in users:
        access.remember(users, basic(name, "pw")["Authorization"])
    assert not access.is_known(users, basic("0", "pw")["Authorization"])
    assert access.is_known(users, basic("1", "pw")["Authorization"])


def test_an_unknown_user_costs_a_bcrypt_round_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[bytes] = []
    real = bcrypt.checkpw

    def counting(password: bytes, known: bytes) -> bool:
        rounds.append(known)
        return real(password, known)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    users = {"a": hashed("pw"), "b": bcrypt.hashpw(b"x", bcrypt.gensalt(5)).decode()}
    assert not Access().check(users, basic("nobody", "pw")["Authorization"])
    assert [known[:7] for known in rounds] == [b"$2b$05$"]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def put(certificate: trustme.LeafCert, folder: Path) -> None:
    write_later(folder / "cert.pem", certificate.cert_chain_pems[0].bytes())
    write_later(folder / "key.pem", certificate.private_key_pem.bytes())


@pytest.fixture
def folder(tmp_path: Path, authority: trustme.CA) -> Path:
    put(authority.issue_cert("127.0.0.1"), tmp_path)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path


def config(folder: Path, extra: str = "") -> Path:
    path = folder / "web-config.yml"
    path.write_text(f"tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{extra}")
    return path


def trusting(authority: trustme.CA, client: trustme.LeafCert | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    if client is not None:
        client.configure_cert(context)
    return context


def handshake(web: Web, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", web.port), 20), server_hostname="127.0.0.1")


def serial(web: Web, authority: trustme.CA) -> str:
    """The number of the certificate that the server shows."""
    with handshake(web, trusting(authority)) as sock:
        return str((sock.getpeercert() or {})["serialNumber"])


def test_tls_is_served_and_plain_http_is_not(folder: Path, authority: trustme.CA) -> None:
    with serving(Parts(), web_config=config(folder)) as web:
        assert ask(web, "/metrics", tls=trusting(authority)).status == 200
        assert raw(web, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == b""


def test_a_rotated_certificate_is_shown_without_a_restart(folder: Path, authority: trustme.CA) -> None:
    with serving(Parts(), web_config=config(folder)) as web:
        before = serial(web, authority)
        put(authority.issue_cert("127.0.0.1"), folder)
        until(lambda: serial(web, authority) != before)
        assert ask(web, "/metrics", tls=trusting(authority)).status == 200


def test_half_a_rotation_keeps_the_pair_that_was_there(
    folder: Path, authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    fresh = authority.issue_cert("127.0.0.1")
    with serving(Parts(), web_config=config(folder)) as web:
        before = serial(web, authority)
        write_later(folder / "cert.pem", fresh.cert_chain_pems[0].bytes())
        until(lambda: "stays in force" in caplog.text)
        assert serial(web, authority) == before
        write_later(folder / "key.pem", fresh.private_key_pem.bytes())
        until(lambda: serial(web, authority) != before)


def test_only_a_client_with_a_certificate_comes_in(folder: Path, authority: trustme.CA) -> None:
    extra = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
    with serving(Parts(), web_config=config(folder, extra)) as web:
        client = authority.issue_cert("prometheus.example")
        assert ask(web, "/metrics", tls=trusting(authority, client)).status == 200
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(web, "/metrics", tls=trusting(authority))
        stranger = trustme.CA().issue_cert("prometheus.example")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(web, "/metrics", tls=trusting(authority, stranger))


def test_only_the_named_clients_come_in(folder: Path, authority: trustme.CA) -> None:
    extra = (
        "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
        "  client_allowed_sans: [prometheus.example]\n"
    )
    with serving(Parts(), web_config=config(folder, extra)) as web:
        named = trusting(authority, authority.issue_cert("prometheus.example"))
        other = trusting(authority, authority.issue_cert("other.example"))
        assert ask(web, "/metrics", tls=named).status == 200
        assert ask(web, "/metrics", tls=other).status == 403


def test_the_versions_and_suites_are_those_of_the_file(folder: Path, authority: trustme.CA) -> None:
    extra = "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n"
    with serving(Parts(), web_config=config(folder, extra)) as web, handshake(web, trusting(authority)) as sock:
        assert (sock.version(), (sock.cipher() or ("",))[0]) == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")


def test_an_older_version_than_the_floor_is_refused(folder: Path, authority: trustme.CA) -> None:
    old = trusting(authority)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving(Parts(), web_config=config(folder, "  min_version: TLS13\n")) as web:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(web, "/metrics", tls=old)
        assert ask(web, "/metrics", tls=trusting(authority)).status == 200


def test_the_files_headers_win_over_ours(folder: Path, authority: trustme.CA) -> None:
    extra = (
        "http_server_config:\n  headers:\n    X-Frame-Options: SAMEORIGIN\n"
        "    Strict-Transport-Security: max-age=31536000\n"
    )
    with serving(Parts(), web_config=config(folder, extra)) as web:
        headers = ask(web, "/", tls=trusting(authority)).headers
    assert (headers["x-frame-options"], headers["strict-transport-security"]) == ("SAMEORIGIN", "max-age=31536000")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("text", "place", "complaint"),
    [
        ("tls_server_config:\n  cert_file: none.pem\n  key_file: key.pem\n", "none.pem", "No such file"),
        ("tls_server_config:\n  cert_file: ca.pem\n  key_file: key.pem\n", "key.pem", "KEY_VALUES_MISMATCH"),
        ("tls_server_config:\n  key_file: key.pem\n", ":1:1: tls_server_config.cert_file", "required"),
        ("http_server_config:\n  htp2: true\n", ":2:3: http_server_config.htp2", "not permitted"),
        ("basic_auth_users:\n  a: hunter2\n", ":2:3: basic_auth_users.a", "not a bcrypt hash"),
        (f"basic_auth_users:\n  a: $2y$10${'a' * 53}\n", ":2:3: basic_auth_users.a", "not a bcrypt hash"),
        (f"basic_auth_users:\n  a: $2y$10${'e' * 52}f\n", ":2:3: basic_auth_users.a", "not a bcrypt hash"),
        ("basic_auth_users:\n  a: x\n  a: y\n", ":3:3: basic_auth_users.a", "given twice"),
        ("tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}", "tls_server_config", "go unchecked"),
        ("tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAnyClientCert}", "type", "Input"),
        ("tls_server_config: {cert_file: a, key_file: b, min_version: TLS10}", "min_version", "TLS12"),
        ("tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}", "tls", "above"),
        ("tls_server_config: {cert_file: a, key_file: b, cipher_suites: [RC4]}", "cipher_suites.0", "not a suite"),
        ("[", ":1:", "yaml"),
        ("- a", "file", "dictionary"),
    ],
)
def test_a_wrong_file_is_refused_at_the_start_with_its_place(
    folder: Path, text: str, place: str, complaint: str
) -> None:
    path = folder / "web-config.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused, serving(Parts(), web_config=path):
        pytest.fail("it started")
    assert place in str(refused.value)
    assert complaint in str(refused.value)
    assert "hunter2" not in str(refused.value)


SAMPLE = """\
tls_server_config:
  cert_file: cert.pem
  key_file: key.pem
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: true
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
basic_auth_users:
"""


def test_promtool_and_we_take_the_same_file(folder: Path, authority: trustme.CA) -> None:
    path = folder / "web-config.yml"
    path.write_text(SAMPLE + f"  prometheus: {hashed('right')}\n")
    subprocess.run(["promtool", "check", "web-config", str(path)], check=True)
    client = trusting(authority, authority.issue_cert("prometheus.example"))
    with serving(Parts(), web_config=path) as web:
        assert ask(web, "/metrics", headers=basic("prometheus", "right"), tls=client).status == 200
