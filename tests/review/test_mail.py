"""Packs by e-mail, through a real server on loopback."""

from __future__ import annotations

import ssl
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result

from sla_monitor.cli.review.command import review
from sla_monitor.errors import ConfigError, ReviewError, SecretError
from sla_monitor.settings import load_settings
from tests.review.mail_server import mail_server
from tests.review.months import BAD, CONTRACT, TICKETS, evidence

TO = (
    "to: {force-ict: [contracts@force.invalid, head@force.invalid]}, suppliers: {force-ict: [manager@supplier.invalid]}"
)


def settings(folder: Path, port: int, more: str = "security: none", to: str = TO) -> Path:
    file = folder / "sla-monitor.yaml"
    mail = f"{{host: 127.0.0.1, port: {port}, sender: monitor@force.invalid, {more}, {to}}}"
    file.write_text(f"reviews: {{folder: packs, mail: {mail}}}\n")
    return file


def run(folder: Path, config: Path, *arguments: str) -> Result:
    source = evidence(folder, BAD, TICKETS)
    command = [str(CONTRACT), "--config", str(config), "--evidence", str(source), "--format", "html,json", *arguments]
    return CliRunner().invoke(review, command)


def test_a_pack_is_sent_to_those_whom_the_settings_name(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        sent = run(tmp_path, settings(tmp_path, port), "--send")
    assert sent.exit_code == 0, sent.output
    assert received.recipients == ["contracts@force.invalid", "head@force.invalid"]
    message: Any = message_from_bytes(received.message, policy=default)
    assert message["Subject"] == "Force ICT Agreement: Supplier performance review, September 2026 (provisional)"
    assert "15 service points and owes service credits of £8,000.00" in message.get_body(("plain",)).get_content()
    attached = {part.get_filename(): part for part in message.iter_attachments()}
    assert set(attached) == {"force-ict-2026-09.html"}
    whole = (tmp_path / "packs" / "force-ict-2026-09" / "force-ict-2026-09.html").read_text()
    assert attached["force-ict-2026-09.html"].get_content().replace("\r\n", "\n") == whole


def test_a_message_that_is_put_aside_is_the_one_that_would_be_sent(tmp_path: Path) -> None:
    file = tmp_path / "packs/.outgoing/force-ict-2026-09.0.eml"
    with mail_server() as (port, received):
        said = run(tmp_path, settings(tmp_path, port), "--send", "--message", str(file))
    assert said.exit_code == 0, said.output
    assert f"{file}: to be sent to contracts@force.invalid, head@force.invalid" in said.output
    assert received.commands == []
    message: Any = message_from_bytes(file.read_bytes(), policy=default)
    assert message["Subject"].startswith("Force ICT Agreement")
    assert [part.get_filename() for part in message.iter_attachments()] == ["force-ict-2026-09.html"]
    assert "belongs to --send" in run(tmp_path, settings(tmp_path, port), "--message", str(file)).output


@pytest.mark.parametrize("words", [("--copy", "supplier"), ("--claim", "KPI2")])
def test_the_supplier_is_sent_its_own_copy_and_claims(tmp_path: Path, words: tuple[str, ...]) -> None:
    with mail_server() as (port, received):
        sent = run(tmp_path, settings(tmp_path, port), "--send", *words)
    assert sent.exit_code == 0, sent.output
    assert received.recipients == ["manager@supplier.invalid"]
    with mail_server() as (port, received):
        refused = run(tmp_path, settings(tmp_path, port, to="to: {force-ict: [a@b.invalid]}"), "--send", *words)
    assert "reviews.mail.suppliers names no recipient for force-ict" in str(refused.exception)
    assert received.commands == []


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(tmp_path: Path) -> None:
    with mail_server() as (port, received):
        said = run(tmp_path, settings(tmp_path, port), "--send", "--dry-run")
    assert said.exit_code == 0, said.output
    assert "To: contracts@force.invalid, head@force.invalid" in said.output
    assert "force-ict-2026-09.html" in said.output
    assert received.commands == []


def test_a_password_goes_through_an_encrypted_connection_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, trust = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(trust)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SMTP_PASSWORD", "hush")
    secure = "security: starttls, ca_file: ca.pem, user: monitor, password: '${env:SMTP_PASSWORD}'"
    with mail_server(trust) as (port, received):
        sent = run(tmp_path, settings(tmp_path, port, secure), "--send")
    assert sent.exit_code == 0, sent.output
    assert received.is_encrypted
    assert received.user == "monitor hush"
    with mail_server() as (port, received):
        refused = run(tmp_path, settings(tmp_path, port, secure), "--send")
    assert isinstance(refused.exception, ReviewError)
    assert "AUTH" not in received.commands
    assert "hush" not in str(refused.exception)
    with pytest.raises(ConfigError, match="must not be none where a password is sent"):
        load_settings(settings(tmp_path, 25, secure.replace("starttls", "none")))


def test_a_refusal_is_said_and_the_pack_stays_in_its_folder(tmp_path: Path) -> None:
    with mail_server(refusal="550 nobody\x1b[2J here") as (port, _):
        refused = run(tmp_path, settings(tmp_path, port), "--send")
    assert isinstance(refused.exception, ReviewError)
    assert "the pack was not sent" in str(refused.exception)
    assert str(refused.exception).isprintable()
    assert (tmp_path / "packs" / "force-ict-2026-09" / "manifest.json").exists()
    nobody = run(tmp_path, settings(tmp_path, 1), "--send")
    assert "127.0.0.1:1: the pack was not sent: [Errno 111]" in str(nobody.exception)


def test_nobody_is_sent_a_pack_who_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = run(tmp_path, settings(tmp_path, 1, to="to: {other: [a@b.invalid]}"), "--send")
    assert "names no recipient for force-ict" in str(other.exception)
    (tmp_path / "sla-monitor.yaml").write_text("reviews: {folder: packs}\n")
    assert "has no reviews.mail" in run(tmp_path, tmp_path / "sla-monitor.yaml", "--send").output
    assert run(tmp_path, tmp_path / "sla-monitor.yaml", "--dry-run").exit_code == 2
    monkeypatch.delenv("SMTP_PASSWORD", raising=False)
    secure = "user: monitor, password: '${env:SMTP_PASSWORD}'"
    assert isinstance(run(tmp_path, settings(tmp_path, 1, secure), "--send").exception, SecretError)
