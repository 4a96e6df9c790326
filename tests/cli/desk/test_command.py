"""`sla-monitor desk` as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import bcrypt
import pytest
from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.ledger.recording.audit import AuditEvent, add_events
from sla_monitor.settings.desk.access_table import TABLE
from sla_monitor.web.identity.desk_state import digest_of
from tests.register.office import Office
from tests.webhooks.receiver import SECRET, receiving

SETTINGS = """
ledger: {path: ledger.db}
desk:
  users:
    - {name: carl, password: "${env:CARL}", roles: [{role: contract_manager, contracts: [smal]}]}
  tokens:
    - {name: robot, sha256: "%s", roles: [{role: viewer}]}
"""


def ask(*words: str, text: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["desk", *words], input=text)
    return done.exit_code, done.stdout, done.stderr


def test_a_password_becomes_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_monitor.web.identity.passwords.ROUNDS", 4)
    code, out, _ = ask("password", text="correct horse battery\n")
    assert code == 0
    assert bcrypt.checkpw(b"correct horse battery", out.strip().encode())
    for wrong in ("short\n", "x" * 73 + "\n", "\n"):
        code, out, err = ask("password", text=wrong)
        assert (code, out) == (2, "")
        assert wrong.strip() not in err or not wrong.strip()


def test_a_token_comes_with_its_digest() -> None:
    code, out, _ = ask("token")
    found = re.fullmatch(r"token: (\S{43})\nsha256: ([0-9a-f]{64})\n", out)
    assert code == 0
    assert found is not None
    assert digest_of(found[1]) == found[2]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office.furnished(tmp_path)
    (tmp_path / "sla-monitor.yaml").write_text(SETTINGS % ("0" * 64))
    return made


def test_the_access_table_says_who_may_do_what(office: Office) -> None:
    config = ("--config", str(office.folder / "sla-monitor.yaml"))
    code, out, _ = ask("access", *config)
    assert code == 0
    assert all(f"\n{action} " in f"\n{out}" for action in TABLE)
    assert re.search(r"^carl +password +contract_manager +smal$", out, re.MULTILINE)
    code, out, _ = ask("access", *config, "--format", "json")
    told = json.loads(out)
    assert set(told["actions"]) == set(TABLE)
    assert told["people"][1] == {"name": "robot", "role": "viewer", "contracts": None, "participant": None}


def test_the_audit_lists_events_and_entries_in_their_order(office: Office) -> None:
    signed = AuditEvent(1_000, 1_000, "signed-in", "carl", "password", addresses="10.0.0.1")
    add_events(office.folder / "ledger.db", [signed, AuditEvent(2_000, 9_000, "sign-in-refused", count=41)])
    office.done("add", "minute", "small", "--month", "2024-10", "--note", "Done.")
    config = ("--config", str(office.folder / "sla-monitor.yaml"))
    code, out, _ = ask("audit", *config)
    assert code == 0
    first, second, third = out.splitlines()[-3:]
    assert re.search(r"1970-01-01T00:00:01\S* +signed-in +carl +by password +10.0.0.1", first)
    assert re.search(r"sign-in-refused x 41 +nobody who is known", second.replace("×", "x"))
    assert re.search(r"entered +ann +at the command line +small +entry 1, minute", third)
    events = json.loads(ask("audit", *config, "--format", "json", "--last", "1")[1])["events"]
    assert [(one["event"], one["actor"]) for one in events] == [("entered", "ann")]


def test_check_says_what_cannot_work(office: Office) -> None:
    done = CliRunner().invoke(cli, ["check", "--config", str(office.folder / "sla-monitor.yaml")])
    assert "desk.users.0.roles.0.contracts.0: no contract is called smal (did you mean small?)" in done.stderr
    assert "desk.users: nobody may grant or refuse: small" in done.stderr
    assert "no program may read /metrics" not in done.stderr
    assert done.exit_code == 0
    alone = (SETTINGS % ("0" * 64)).partition("  tokens:")[0]
    (office.folder / "sla-monitor.yaml").write_text(alone)
    done = CliRunner().invoke(cli, ["check", "--config", str(office.folder / "sla-monitor.yaml")])
    assert ": desk: no program may read /metrics: Prometheus is refused" in done.stderr


HOOKED = """
ledger: {path: ledger.db}
webhooks:
  - {name: servicenow, url: "%s", secret: "${env:HOOK}", events: [decision], contracts: [small]}
"""


def test_a_test_message_is_signed_and_its_outcome_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    config = tmp_path / "sla-monitor.yaml"
    with receiving() as inbox:
        config.write_text(HOOKED % inbox.url)
        code, out, _ = ask("webhook-test", "servicenow", "--config", str(config))
        assert (code, inbox.types, inbox.forged) == (0, ["test"], 0)
        assert f"{inbox.url} took the test message {inbox.taken[0]['id']}" in out
        inbox.statuses = [410]
        code, _, err = ask("webhook-test", "servicenow", "--config", str(config))
        assert (code, "did not take the test message: status 410" in err) == (1, True)
    code, _, err = ask("webhook-test", "servicnow", "--config", str(config))
    assert (code, "did you mean servicenow?" in err) == (2, True)
