"""Heads of the chain: signed, told in packs and mails, and held against the record again."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from textwrap import wrap

import pytest
from click.testing import CliRunner, Result

from sla_monitor import names
from sla_monitor.cli import cli
from sla_monitor.daemon.head_publishing import Heads
from sla_monitor.daemon.record_verification import RecordVerification
from sla_monitor.ledger import ChainHead
from sla_monitor.ledger.chaining.chain_heads import heads_in
from sla_monitor.settings import load_settings
from sla_monitor.signing import SigningKey
from tests.fakes.clock import FakeClock
from tests.ledger.chaining.test_verifying import edit, reseal
from tests.ledger.support import T0, observed, opened, record_all
from tests.review.mail_server import mail_server
from tests.support.quarter import CONTRACT, recorded_in

TELLS = {
    "as it is": lambda line: line.encode(),
    "in a sentence": lambda line: f"Dear supplier, for October: {line} Regards".encode(),
    "broken by a mail program": lambda line: "\r\n".join(wrap(line, 72, break_long_words=False)).encode(),
    "with a broken signature": lambda line: re.sub("(signature=.{40})", r"\1\n> ", line).encode(),
    "quoted": lambda line: "\n".join(f">> {each}" for each in wrap(line, 70, break_long_words=False)).encode(),
    "in JSON": lambda line: json.dumps({"head": line}, indent=2).encode(),
    "in a mail": lambda line: _mail(line, "quoted-printable"),
    "in a mail in base64": lambda line: _mail(line, "base64"),
}


def _mail(line: str, encoding: str) -> bytes:
    made = EmailMessage(SMTP)
    made["From"], made["To"] = "monitor@force.invalid", "manager@supplier.invalid"
    made.set_content(f"£8,000.00 is owed.\n{line}\n", cte=encoding)
    return bytes(made)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    made = SigningKey.make(tmp_path / "ledger.key")
    (tmp_path / "key.pem").write_text(made.public.pem)
    return made


@pytest.mark.parametrize("tell", TELLS.values(), ids=TELLS.keys())
def test_a_head_is_read_wherever_it_is_told(key: SigningKey, tell: object) -> None:
    assert callable(tell)
    head = ChainHead(7, 1_234, "ab" * 32)
    (signed,) = heads_in(tell(head.line(T0, key.sign)))
    assert (signed.head, signed.problem([key.public])) == (head, None)
    (unsigned,) = heads_in(tell(head.line(T0)))
    assert (unsigned.head, unsigned.signature) == (head, None)


@pytest.mark.parametrize("where", ["link=7", "observations=1234", "digest=ab", "at=2026-01-01", "signature="])
def test_a_head_of_which_anything_was_changed_has_a_false_signature(key: SigningKey, where: str) -> None:
    line = ChainHead(7, 1_234, "ab" * 32).line(T0, key.sign)
    place = line.index(where) + len(where) - (1 if where != "signature=" else 0)
    other = "9" if line[place] != "9" else "8"
    (changed,) = heads_in((line[:place] + other + line[place + 1 :]).encode())
    assert "its signature is false" in str(changed.problem([key.public]))


@pytest.mark.parametrize("cut", [0, 1, 40, 87])
def test_a_signature_that_was_cut_is_false_and_not_absent(key: SigningKey, cut: int) -> None:
    line = ChainHead(7, 1_234, "ab" * 32).line(T0, key.sign)
    (short,) = heads_in(line[: line.index("signature=") + len("signature=") + cut].encode())
    assert "its signature is false" in str(short.problem([key.public]))


def test_a_signature_needs_a_key_to_be_checked_with(key: SigningKey, tmp_path: Path) -> None:
    (told,) = heads_in(ChainHead(7, 1_234, "ab" * 32).line(T0, key.sign).encode())
    other = SigningKey.make(tmp_path / "other.key").public
    assert "name the key" in str(told.problem([]))
    assert "of another key" in str(told.problem([other]))
    assert told.problem([other, key.public]) is None


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quarter") / "ledger.db"
    recorded_in(path)
    return path


@pytest.fixture
def place(quarter: Path, tmp_path: Path) -> Path:
    """Settings, a contract, and a ledger of a quarter."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "partnership.yaml").write_text(CONTRACT)
    shutil.copy(quarter, tmp_path / "ledger.db")
    _settings(tmp_path, "")
    return tmp_path


def _settings(folder: Path, more: str) -> None:
    (folder / "sla-monitor.yaml").write_text(f"ledger: {{path: ledger.db, key: ledger.key}}\n{more}")


def run(folder: Path, *words: object) -> Result:
    command, *others = map(str, words)
    return CliRunner().invoke(cli, [*command.split(), "--config", str(folder / "sla-monitor.yaml"), *others])


def test_a_pack_a_claim_and_a_mail_prove_the_record_before_them(place: Path, key: SigningKey) -> None:
    """From the ledger to the supplier and back: each of the three files, and nothing else, finds what was resealed."""
    assert (place / "key.pem").read_text() == key.public.pem
    with mail_server() as (port, received):
        mail = f"host: 127.0.0.1, port: {port}, sender: m@f.invalid, security: none, to: {{partnership: [s@s.invalid]}}"
        _settings(place, f"reviews: {{folder: packs, mail: {{{mail}}}}}\n")
        sent = run(place, "review", "partnership", "--period", "2025-02", "--format", "html,json", "--send")
    assert sent.exit_code == 0, sent.output
    claimed = run(place, "review", "partnership", "--period", "2025-02", "--format", "json", "--claim", "KPI1")
    assert claimed.exit_code == 0, claimed.output
    (place / "mail.eml").write_bytes(received.message)
    anchors = [place / "mail.eml", *sorted((place / "packs").glob("*/manifest.json"))]
    assert len(anchors) == 3
    for anchor in anchors:
        good = run(place, "ledger check", "--anchor", anchor)
        assert (good.exit_code, "by 1 signed and 0 unsigned heads" in good.output) == (0, True), good.output
        alone = CliRunner().invoke(
            cli,
            ["ledger", "check", "--ledger", f"{place}/ledger.db", "--anchor", f"{anchor}", "--key", f"{place}/key.pem"],
        )
        assert alone.exit_code == 0, alone.output
    edit(place / "ledger.db", "update observations set duration_us = duration_us + 1 where id = 5", rebuilt=True)
    reseal(place / "ledger.db")
    assert run(place, "ledger check").exit_code == 0, "sealed anew, it probes whole"
    for anchor in anchors:
        found = run(place, "ledger check", "--anchor", anchor)
        assert (found.exit_code, "is not that of the anchor" in found.output) == (1, True), found.output


def test_what_is_wrong_with_a_signature_fails_the_check(place: Path, key: SigningKey, tmp_path: Path) -> None:
    line = run(place, "ledger head").output.strip()
    assert heads_in(line.encode())[0].problem([key.public]) is None
    cases = {
        line: (0, "by 1 signed and 0 unsigned heads"),
        line.partition(" signature=")[0]: (0, "by 0 signed and 1 unsigned heads"),
        line[:-8] + "AAAAAA==": (1, "its signature is false"),
        f"{line}\n{line.partition(' signature=')[0]}": (0, "by 1 signed and 1 unsigned heads"),
    }
    for text, (status, words) in cases.items():
        (place / "anchor").write_text(text)
        said = run(place, "ledger check", "--anchor", place / "anchor")
        assert (said.exit_code, words in said.output) == (status, True), said.output
    (place / "anchor").write_text(line)
    (tmp_path / "other.pem").write_text(SigningKey.make(tmp_path / "other.key").public.pem)
    other = run(place, "ledger check", "--anchor", place / "anchor", "--key", tmp_path / "other.pem")
    assert (other.exit_code, "of another key" in other.output) == (1, True)


def test_heads_of_a_former_key_hold(place: Path, key: SigningKey) -> None:
    (place / "anchor").write_text(run(place, "ledger head").output)
    (place / "ledger.key").unlink()
    assert "name the key: --key" in run(place, "ledger check", "--anchor", place / "anchor").output
    SigningKey.make(place / "ledger.key")
    assert "of another key" in run(place, "ledger check", "--anchor", place / "anchor").output
    (place / "former.pem").write_text(key.public.pem)
    _settings(place, "archive: {former: [former.pem]}\n")
    said = run(place, "ledger check", "--anchor", place / "anchor")
    assert said.exit_code == 0, said.output


def test_a_head_without_a_key_is_told_unsigned_and_says_so(place: Path) -> None:
    said = run(place, "ledger head")
    assert said.exit_code == 0
    assert "not signed" in said.stderr
    assert heads_in(said.stdout.encode())[0].signature is None


@pytest.mark.parametrize(
    ("settings", "damage", "fails"),
    [
        ("ledger: {path: ledger.db, key: ledger.key}", "none", False),
        ("ledger: {path: ledger.db, key: ledger.key}", "gone", True),
        ("ledger: {path: ledger.db, key: ledger.key}", "broken", True),
        ("ledger: {path: ledger.db, key: ledger.key}", "open to others", True),
        ("ledger: {path: ledger.db}", "gone", False),
        ("ledger: {path: ledger.db}\narchive: {automatic: true}", "gone", True),
    ],
)
def test_a_key_that_fails_is_loud_and_stops_nothing(
    tmp_path: Path, key: SigningKey, caplog: pytest.LogCaptureFixture, settings: str, damage: str, fails: bool
) -> None:
    file = tmp_path / "ledger.key"
    if damage == "gone":
        file.unlink()
    elif damage == "broken":
        file.write_text("no key")
    elif damage == "open to others":
        file.chmod(0o644)
    (tmp_path / "sla-monitor.yaml").write_text(settings)
    with opened(tmp_path / "ledger.db") as ledger:
        record_all(ledger, *map(observed, range(1_200)))
        heads = Heads(ledger, FakeClock(T0), load_settings(tmp_path / "sla-monitor.yaml"), RecordVerification())
        with caplog.at_level("INFO"):
            heads.publish()
        assert heads.metrics()[names.LEDGER_KEY_FAILING] == [((), fails)]
        assert ("heads of the record's chain are not signed" in caplog.text) is fails
        told = [record.head for record in caplog.records if hasattr(record, "head")]
        (said,) = heads_in("\n".join(told).encode())
        assert (said.signature is not None) is (damage == "none")
        record_all(ledger, observed(2_000))
        file.unlink(missing_ok=True)
        heads.publish()
        assert heads.metrics()[names.LEDGER_KEY_FAILING] == [((), fails or damage == "none")], (
            "one that was there is gone"
        )
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        assert connection.execute("select count(*) from observations").fetchone() == (1_201,)
