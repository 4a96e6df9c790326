"""Secrets by reference."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import SecretError
from tests.contract.support import endpoint, loaded, problems


def test_a_reference_prints_as_itself_and_reveals_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("s3cret\n")
    reference = SecretReference("file", str(path))
    assert str(reference) == f"${{file:{path}}}"
    assert "s3cret" not in repr(reference)
    assert reference.reveal() == "s3cret"


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    reference = SecretReference("file", str(path))
    assert reference.reveal() == "old"
    path.write_text("new")
    assert reference.reveal() == "new"


def test_a_credential_is_a_file_of_systemds_folder(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert SecretReference("credential", "token").reveal(environment) == "s3cret"


def test_a_variable_is_read_from_the_environment() -> None:
    assert SecretReference("env", "TOKEN").reveal({"TOKEN": "s3cret"}) == "s3cret"


@pytest.mark.parametrize(
    ("source", "name", "why"),
    [
        ("env", "TOKEN", "the environment variable TOKEN is not set or is empty"),
        ("file", "/nowhere/token", "No such file or directory"),
        ("credential", "token", r"\$CREDENTIALS_DIRECTORY is not set"),
    ],
)
def test_a_reference_that_leads_nowhere_says_so(source: str, name: str, why: str) -> None:
    with pytest.raises(SecretError, match=why):
        SecretReference(source, name).reveal({})


@pytest.mark.parametrize(("content", "why"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "is not UTF-8 text")])
def test_a_file_without_a_secret_says_so(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(SecretError, match=why):
        SecretReference("file", str(path)).reveal()


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    with pytest.raises(SecretError, match="it is a folder, a pipe or a device"):
        SecretReference("file", str(tmp_path / "token")).reveal()


def test_references_are_found_wherever_a_secret_may_stand(tmp_path: Path) -> None:
    url, headers = "id: e\nkind: http\nurl: http://h/\n", "headers: {X-Api-Key: '${env:A}', X-Plain: text}\n"
    bearer = endpoint(f"{url}bearer_token: ${{file:token}}\n{headers}")
    basic = endpoint(f"{url}basic_auth: {{username: u, password: '${{credential:p}}'}}\n")
    (_, _, first), (_, _, second) = (next(loaded(tmp_path, text).endpoints_at(0)) for text in (bearer, basic))
    assert first.kind == second.kind == "http"
    assert first.bearer_token == SecretReference("file", str(tmp_path / "token"))
    assert first.headers == {"X-Api-Key": SecretReference("env", "A"), "X-Plain": "text"}
    assert second.basic_auth is not None
    assert second.basic_auth.password == SecretReference("credential", "p")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (
            "bearer_token: ${env:A}\nbasic_auth: {username: u, password: '${env:B}'}\n",
            "c.yaml:13:23: services.custody.endpoints.e.bearer_token: is a second credential, beside basic_auth",
        ),
        (
            "bearer_token: ${env:A}\nheaders: {authorization: '${env:B}'}\n",
            "c.yaml:14:34: services.custody.endpoints.e.headers.authorization: is a second credential, beside bearer",
        ),
        (
            "headers: {X-Plain: a, x-plain: b}\n",
            "c.yaml:13:40: services.custody.endpoints.e.headers.x-plain: is X-Plain again",
        ),
    ],
)
def test_what_could_be_sent_only_once_is_refused_twice(tmp_path: Path, terms: str, words: str) -> None:
    (line,) = problems(tmp_path, endpoint(f"id: e\nkind: http\nurl: http://h/\n{terms}"))
    assert line.startswith(words)
