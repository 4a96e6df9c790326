"""Everything that the configuration refers to, good and bad: each fault is told at its place, with a remedy."""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result

from sla_monitor.cli.check import check
from sla_monitor.configuration import read_configuration
from sla_monitor.references import PATHS, ReadingAccount, unreadable
from tests.contract.support import HEAD, ROOT

NOW_MS = 1_900_000_000_000
TOKEN = "t" * 32
KNOWN_ELSEWHERE = {"folder", "path", "key", "outbox", "contracts", "bank_holidays", "web_config"}
"""Paths that are folders, that the daemon writes itself, or that are read with the configuration."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and keys, good and bad."""
    folder = tmp_path_factory.mktemp("made")
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    long_ago = datetime.now(UTC) - timedelta(days=9)
    ours, theirs = authority.issue_cert("monitor.example"), other.issue_cert("monitor.example")
    expired = authority.issue_cert("monitor.example", not_after=long_ago)
    ours.cert_chain_pems[0].write_to_path(folder / "ours.pem")
    ours.private_key_pem.write_to_path(folder / "ours.key")
    ours.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    theirs.private_key_pem.write_to_path(folder / "theirs.key")
    expired.private_key_and_cert_chain_pem.write_to_path(folder / "expired.pem")
    (folder / "locked.key").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n")
    (folder / "text.pem").write_text("nothing\n")
    (folder / "empty").write_text("")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "secret").write_text("s3cret\n")
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "latin").write_bytes(b"caf\xe9\n")
    return folder


def configuration(folder: Path, endpoint: dict[str, Any], settings: str = "") -> Path:
    """Settings, and a contract with one endpoint that has some keys."""
    (folder / "contracts").mkdir()
    kind = {"id": "e"} | ({} if "kind" in endpoint else {"kind": "http", "url": "https://127.0.0.1:1/"}) | endpoint
    (folder / "contracts/c.yaml").write_text(HEAD + f"services: [{{id: s, endpoints: [{json.dumps(kind)}]}}]\n")
    path = folder / "sla-monitor.yaml"
    path.write_text(settings or "contracts: contracts\n")
    return path


def told(folder: Path, endpoint: dict[str, Any], settings: str = "") -> list[str]:
    path = configuration(folder, endpoint, settings)
    read = read_configuration(path)
    return unreadable(path, read.settings, read.contracts, NOW_MS)


JOB = {"kind": "heartbeat", "period": "1h", "grace": "5m", "every": "10s", "timeout": "5s"}


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ({"ca_file": "gone.pem"}, "gone.pem: there is no such file (make it, or correct the path)"),
        ({"ca_file": "folder"}, "folder: is a folder (name the file in it)"),
        ({"ca_file": "pipe"}, "pipe: is a pipe or a device (name a file)"),
        ({"ca_file": "empty"}, "empty: is empty (write what belongs there)"),
        ({"ca_file": "text.pem"}, "text.pem: holds no certificate (give the CA's as PEM)"),
        ({"client_certificate": "ours.pem"}, "holds no key that can be used"),
        ({"client_certificate": "text.pem"}, "holds no certificate (give it as PEM)"),
        ({"client_certificate": "expired.pem"}, "the certificate has expired, on 20"),
        ({"client_certificate": "ours.pem", "client_key": "theirs.key"}, "does not fit the key in "),
        ({"client_certificate": "ours.pem", "client_key": "gone.key"}, "gone.key: there is no such file"),
        ({"client_certificate": "ours.pem", "client_key": "text.pem"}, "text.pem: holds no key (give it as PEM)"),
        ({"client_certificate": "ours.pem", "client_key": "locked.key"}, "is locked with a password"),
        ({"bearer_token": "${file:gone}"}, "gone: there is no such file"),
        ({"bearer_token": "${file:folder}"}, "folder: is a folder"),
        ({"bearer_token": "${file:pipe}"}, "pipe: is a pipe or a device (name a file)"),
        ({"bearer_token": "${file:empty}"}, "empty: is empty"),
        ({"bearer_token": "${file:latin}"}, "is not UTF-8 text (write the secret there, in one line)"),
        ({"bearer_token": "${env:NOBODY_SET_THIS}"}, "is not set or is empty (set it for the daemon)"),
        ({"bearer_token": "${credential:x}"}, "cannot be checked here (systemd's LoadCredential="),
        ({"basic_auth": {"username": "u", "password": "${file:gone}"}}, "basic_auth.password: "),
        ({"headers": {"X-Key": "${file:gone}"}}, "headers.X-Key: "),
        (JOB | {"token": "${file:secret}"}, "the token is shorter than 16 characters and is not accepted"),
    ],
)  # fmt: skip
def test_each_fault_is_told_once_at_its_place_with_a_remedy(
    made: Path, tmp_path: Path, endpoint: dict[str, Any], words: str
) -> None:
    (line,) = told(tmp_path, placed(made, endpoint))
    assert words in line
    assert re.match(rf"{tmp_path}/contracts/c\.yaml:\d+:\d+: services\.s\.endpoints\.e\.", line)
    assert line.endswith(")")
    assert "s3cret" not in line


def placed(folder: Path, endpoint: dict[str, Any]) -> dict[str, Any]:
    """The same with paths that lead to the files that were made."""

    def put(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: put(name, one) for name, one in value.items()}
        if key in PATHS:
            return f"{folder}/{value}"
        return value.replace("${file:", f"${{file:{folder}/") if isinstance(value, str) else value

    return {name: put(name, value) for name, value in endpoint.items()}


@pytest.mark.parametrize(
    "endpoint",
    [
        {"ca_file": "ca.pem"},
        {"client_certificate": "both.pem"},
        {"client_certificate": "ours.pem", "client_key": "ours.key"},
        {"bearer_token": "${file:secret}"},
        JOB | {"token": "${file:token}"},
    ],
)
def test_what_is_right_is_not_told(made: Path, tmp_path: Path, endpoint: dict[str, Any]) -> None:
    assert told(tmp_path, placed(made, endpoint)) == []


def test_a_ca_that_has_expired_is_told_with_its_day(made: Path) -> None:
    from sla_monitor.probe.connections.tls_files import ca_problem

    assert ca_problem(made / "ca.pem", NOW_MS / 1000) == ""
    assert re.match(r"every certificate in it has expired, the last on \d{4}-", ca_problem(made / "ca.pem", 1e11))


def test_files_of_the_settings_are_looked_at_too(tmp_path: Path) -> None:
    settings = """\
alertmanager: {url: "https://127.0.0.1:1", bearer_token: "${file:gone-1}", ca_file: gone-2}
alerting: {receivers: gone-3}
reviews: {mail: {host: h, user: u, password: "${file:gone-4}", sender: a@b.example, ca_file: gone-5}}
archive: {former: [gone-6], time_stamps: {url: "https://127.0.0.1:1", ca_file: gone-7}}
"""
    lines = told(tmp_path, {}, settings)
    assert sorted(re.findall(r"gone-\d: there is no such file", "\n".join(lines))) == [
        f"gone-{i}: there is no such file" for i in range(1, 8)
    ]


def test_one_file_of_many_endpoints_is_one_line_and_every_version_counts(tmp_path: Path) -> None:
    path = configuration(tmp_path, {})
    (tmp_path / "contracts/c.yaml").write_text(
        HEAD
        + """services:
  - id: s
    endpoints:
      - {id: a, kind: http, url: "https://a.example", ca_file: gone.pem}
      - {id: b, kind: http, url: "https://b.example", ca_file: gone.pem}
      - id: c
        kind: http
        url: https://c.example
        versions: [{from: 2030-01-01, bearer_token: "${file:later}"}]
      - for_each: site
        id: d-${site.id}
        kind: http
        url: https://d.example
        bearer_token: ${file:of-${site.id}}
lists: {site: [{id: x}, {id: y}]}
"""
    )
    read = read_configuration(path)
    first, *others = unreadable(path, read.settings, read.contracts, NOW_MS)
    assert first.endswith("gone.pem: there is no such file (make it, or correct the path) [and in 1 more place]")
    assert sorted(re.findall(r"contracts/(\S+): there", "\n".join(others))) == ["later", "of-x", "of-y"]


@pytest.mark.parametrize(
    "term", ['"\\x63a_file": gone.pem', 'bearer_token: "\\x24{file:gone.pem}"', "ca_file: gone.pem"]
)
def test_a_reference_is_found_however_it_is_written(tmp_path: Path, term: str) -> None:
    path = configuration(tmp_path, {})
    text = HEAD + f"services: [{{id: s, endpoints: [{{id: a, kind: http, url: 'https://a.example', {term}}}]}}]\n"
    (tmp_path / "contracts/c.yaml").write_text(text)
    read = read_configuration(path)
    (line,) = unreadable(path, read.settings, read.contracts, NOW_MS)
    assert "gone.pem: there is no such file" in line


def test_every_path_that_a_file_may_hold_is_looked_at_or_known_elsewhere() -> None:
    """A new key with a path must be put on one side or the other."""
    found = {
        key
        for name in ("contract", "settings")
        for key in path_keys(json.loads((ROOT / f"config/schema/{name}.schema.json").read_text()), "")
    }
    assert found == PATHS | KNOWN_ELSEWHERE


def path_keys(node: Any, key: str) -> Iterator[str]:
    """The keys of a schema whose values are paths, or lists of them."""
    if isinstance(node, dict):
        if node.get("$comment") == "path":
            yield key
        for name, value in node.items():
            inside = value.items() if name == "properties" else [(key, value)]
            yield from (one for below, schema in inside for one in path_keys(schema, below))
    elif isinstance(node, list):
        yield from (one for value in node for one in path_keys(value, key))


@pytest.mark.parametrize(("owner", "mode", "is_told"), [(0, 0o600, True), (0, 0o644, False), (65534, 0o400, False)])
def test_what_the_daemons_user_may_not_read_is_told_to_root(
    tmp_path: Path, owner: int, mode: int, is_told: bool
) -> None:
    """The system itself is asked, as that user. Tests run as root, here and in CI's container."""
    for folder in takewhile(lambda folder: folder != Path(gettempdir()), (tmp_path, *tmp_path.parents)):
        folder.chmod(0o755)
    file = tmp_path / "secret"
    file.write_text("x")
    os.chown(file, owner, 0)
    file.chmod(mode)
    user = pwd.getpwuid(65534).pw_name
    assert (f"cannot be read by {user}" in ReadingAccount({}, 0, user).problem(file)) is is_told


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, arguments)


def test_check_says_so_and_its_exit_status_stays(made: Path, tmp_path: Path) -> None:
    path = configuration(tmp_path, {"bearer_token": "${file:gone}"})
    for arguments in (("--config", str(path)), (str(tmp_path / "contracts/c.yaml"),)):
        result = run(*arguments)
        assert result.exit_code == 0
        assert "gone: there is no such file (make it, or correct the path) [unreadable]" in result.stderr


def test_a_web_config_that_the_daemon_refuses_is_refused_by_check(tmp_path: Path) -> None:
    path = configuration(tmp_path, {}, "web_config: web.yml\n")
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: gone.pem, key_file: gone.key}\n")
    error = run("--config", str(path)).exception
    assert "gone.pem" in str(error)
    assert "give a PEM certificate" in str(error)
