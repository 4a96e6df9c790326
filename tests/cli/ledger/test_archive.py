"""Sealing, checking, witnessing and stamping as they are typed."""

from __future__ import annotations

import os
import shutil
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.archive.sealed import sealed_days
from sla_monitor.archive.stamping import is_due, stamp
from sla_monitor.cli import cli
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import ArchiveError, ConfigError, SlaMonitorError
from sla_monitor.settings import load_settings
from sla_monitor.signing import SigningKey
from tests.archive.authority import authority
from tests.archive.support import FIRST, Place, checked, furnished, observations, script
from tests.contract.support import HEAD, SERVICES, problems


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return furnished(tmp_path_factory.mktemp("kept"), 3)


@pytest.fixture
def place(kept: Place, tmp_path: Path) -> Place:
    shutil.copytree(kept.folder, tmp_path / "place")
    return Place(tmp_path / "place")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def test_the_key_is_made_once_and_shown(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path / "place")
    (place.folder / "ledger.key").unlink()
    refused = run("ledger", "key", "--config", place.settings)
    assert isinstance(refused.exception, SlaMonitorError)
    made = run("ledger", "key", "--make", "--config", place.settings)
    assert made.stdout.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert stat.S_IMODE((place.folder / "ledger.key").stat().st_mode) == 0o600
    assert run("ledger", "key", "--config", place.settings).stdout == made.stdout
    assert run("ledger", "key", "--verifier", "--config", place.settings).stdout.startswith("force.example/sla+")
    assert isinstance(run("ledger", "key", "--make", "--config", place.settings).exception, SlaMonitorError)
    assert "PRIVATE" not in made.output


def test_under_systemd_the_key_is_a_credential(place: Place, tmp_path: Path) -> None:
    credentials, state = tmp_path / "credentials", tmp_path / "state"
    credentials.mkdir()
    given = {"CREDENTIALS_DIRECTORY": str(credentials), "STATE_DIRECTORY": str(state)}
    assert load_settings(place.settings, given).ledger.key == state / "ledger.key"
    (credentials / "ledger-key").write_bytes((place.folder / "ledger.key").read_bytes())
    settings = load_settings(place.settings, given)
    assert (settings.ledger.key, settings.archive.folder) == (credentials / "ledger-key", state / "archive")


def test_sealing_tells_what_it_did_and_is_checked(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path / "place", term={"start": "2026-01-01", "end": "2026-01-02"})
    assert run("ledger", "archive", "--config", place.settings).exit_code == 1  # there is no ledger yet
    place.record(observations(2))
    assert "custody: 2 days sealed, up to 2026-01-02" in run("ledger", "archive", "--config", place.settings).stdout
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    again = run("ledger", "archive", "--config", place.settings, "--gently")
    os.setpriority(os.PRIO_PROCESS, 0, priority)  # it ran in this process, whose other tests are to be in time
    assert again.stdout == "custody: 0 days sealed, up to 2026-01-02\n"
    good = run("archive", "verify", place.sealed, "--config", place.settings)
    assert good.stdout == f"{place.sealed}: 2 days, 2026-01-01 to 2026-01-02: good\n"
    (place.days()[1].folder / "terms.yaml").write_text("id: custody\n")
    bad = run("archive", "verify", place.sealed, "--signer", place.folder / "key.pem")
    assert (bad.exit_code, "was changed after the day was sealed" in bad.stderr) == (1, True)


def test_the_supplier_witnesses(place: Place, tmp_path: Path) -> None:
    """It has a copy, checks it, signs, and returns the checkpoint; next time it gives the one that it kept."""
    witness = SigningKey.make(tmp_path / "witness.key")
    (tmp_path / "witness.pem").write_text(witness.public.pem)
    copy, own = tmp_path / "copy", tmp_path / "kept"
    shutil.copytree(place.sealed, copy)
    words = (
        "--key",
        tmp_path / "witness.key",
        "--name",
        "supplier.example",
        "--signer",
        place.folder / "key.pem",
        copy,
    )
    signed = run("archive", "cosign", *words)
    assert "signed as supplier.example" in signed.stdout
    shutil.copy(sealed_days(copy)[-1].folder / "checkpoint", own)
    theirs = ("-k", place.folder / "key.pem", "-w", tmp_path / "witness.pem")
    assert "none of these" in script(place.sealed, *theirs).stderr
    accepted = run("archive", "accept", place.sealed, own, "--witness", tmp_path / "witness.pem")
    assert "carries the witness's signature" in accepted.stdout
    place.seal(FIRST + timedelta(days=5))
    for tool in (
        script(place.sealed, *theirs, "-c", own).stdout,
        run("archive", "verify", place.sealed, "--config", place.settings, "--witness", theirs[-1]).stdout,
    ):
        assert "signed up to 2026-01-03 at " in tool
    shutil.rmtree(copy)
    shutil.copytree(place.sealed, copy)
    assert run("archive", "cosign", *words, "--kept", own).exit_code == 0


def test_what_a_witness_returns_is_taken_only_for_what_it_signed(place: Place, tmp_path: Path) -> None:
    witness = SigningKey.make(tmp_path / "witness.key").public
    (tmp_path / "witness.pem").write_text(witness.pem)
    unsigned = place.days()[-1].folder / "checkpoint"
    refused = run("archive", "accept", place.sealed, unsigned, "--witness", tmp_path / "witness.pem")
    assert "has not signed it" in str(refused.exception)
    other = furnished(tmp_path / "other", 2, note="another")
    foreign = other.days()[-1].folder / "checkpoint"
    refused = run("archive", "accept", place.sealed, foreign, "--witness", tmp_path / "witness.pem")
    assert "other days than these" in str(refused.exception)


def test_a_witness_does_not_sign_what_does_not_hold(place: Place, tmp_path: Path) -> None:
    SigningKey.make(tmp_path / "witness.key")
    (place.days()[0].folder / "terms.yaml").write_text("")
    before = (place.days()[-1].folder / "checkpoint").read_bytes()
    words = ("--key", tmp_path / "witness.key", "--name", "s", "--config", place.settings)
    assert run("archive", "cosign", place.sealed, *words).exit_code == 1
    assert (place.days()[-1].folder / "checkpoint").read_bytes() == before


def test_an_authority_stamps_the_newest_checkpoint(place: Place, tmp_path: Path) -> None:
    with authority(tmp_path / "authority") as stamps:
        settings = place.settings.read_text()
        settings += f"  time_stamps: {{url: '{stamps.url}', ca_file: {stamps.certificates}}}\n"
        place.settings.write_text(settings)
        newest = place.days()[-1]
        assert is_due(newest, date(2026, 1, 5))
        path = stamp(newest, stamps.url, stamps.certificates, date(2026, 1, 5))
        assert (path.name, is_due(newest, date(2026, 12, 1))) == ("stamp-2026-01-05.tsr", False)
        assert is_due(newest, date(2027, 1, 5))
        sealed = run("ledger", "archive", "--config", place.settings)
        assert "time stamp" in sealed.stdout
        key = place.folder / "key.pem"
        good = script(place.sealed, "-k", key, "-a", stamps.certificates)
        assert (good.returncode, "time stamp: up to " in good.stdout) == (0, True)
        assert "2 time stamps were not checked" in script(place.sealed, "-k", key).stderr
        assert checked(place.sealed, place.key, authority=stamps.certificates).problems == []
        with authority(tmp_path / "stranger") as stranger:
            assert script(place.sealed, "-k", key, "-a", stranger.certificates).returncode == 1
            assert checked(place.sealed, place.key, authority=stranger.certificates).problems != []
            with pytest.raises(ArchiveError):
                stamp(newest, stranger.url, stamps.certificates, date(2026, 1, 6))
        for change in (b"", path.read_bytes()[:-9], place.days()[-1].stamps[-1].read_bytes()):
            path.write_bytes(change)
            assert script(place.sealed, "-k", key, "-a", stamps.certificates).returncode == 1
            assert checked(place.sealed, place.key, authority=stamps.certificates).problems != []


def test_an_authority_that_is_away_is_told_and_the_day_is_sealed(place: Place) -> None:
    settings = place.settings.read_text() + "  time_stamps: {url: 'http://127.0.0.1:1/', ca_file: key.pem}\n"
    place.settings.write_text(settings)
    told = run("ledger", "archive", "--config", place.settings)
    assert (told.exit_code, "does not answer" in told.stderr) == (1, True)
    assert len(place.days()) > 3


def test_one_contract_that_cannot_be_sealed_does_not_hold_up_the_others(place: Place) -> None:
    text = (place.folder / "contracts/custody.yaml").read_text()
    (place.folder / "contracts/another.yaml").write_text(text.replace("id: custody", "id: another"))
    (place.folder / "archive/another").write_text("in the way")
    told = run("ledger", "archive", "--config", place.settings)
    assert (told.exit_code, "archive/another" in told.stderr) == (1, True)
    assert "custody: 7 days sealed, up to 2026-01-10" in told.stdout


def test_a_contract_says_how_exactly_observations_are_kept(tmp_path: Path) -> None:
    text = f"{HEAD}{SERVICES}kpis: [{{id: K, service: custody, target: 99}}]\narchive: {{phases: none}}\n"
    (tmp_path / "c.yaml").write_text(text)
    assert load_contract(tmp_path / "c.yaml").versions[0].terms.archive.phases == "none"
    for kpi in (
        "indicator: response_time, statistic: mean, target: 800, endpoints: [health]",
        "indicator: error_rate, target: 99, endpoints: [health]",
        "target: 99, counting: {slow_as_down: {promised: 1s}}",
    ):
        bad = text.replace("target: 99", kpi)
        (found,) = problems(tmp_path, bad)
        assert "archive.phases: must be us: K is made of single observations" in found
        with pytest.raises(ConfigError):
            load_contract(_written(tmp_path, bad))


def _written(folder: Path, text: str) -> Path:
    (folder / "c.yaml").write_text(text)
    return folder / "c.yaml"
