"""The bundle: what is in it, what the supplier's lacks, and that it is the same whoever makes it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import assess_month
from sla_monitor.contract.load import load_contract
from sla_monitor.ledger import read_only
from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import LEFT_OUT, is_of_draft, is_own, redacted, withheld
from sla_monitor.review.supplier_copy import for_supplier
from tests.archive.support import Place, script
from tests.review.bundles import (
    HIDDEN,
    MONTH,
    OPEN,
    OWN,
    PAPERS,
    SECRET,
    TERMS,
    contents,
    furnished,
    own,
    reviewed,
    run,
)
from tests.review.months import BAD, CONTRACT, SIGNED, TICKETS, evidence
from tests.review.shared import once
from tests.support.quarter import SAID, entry

SIGN_OFF = SIGNED | {"month": MONTH, "points": 5, "credit": "1000.00"}


def _whole(folder: Path) -> None:
    place = furnished(folder / "place")
    for name, words in (("authority", []), ("supplier", ["--copy", "supplier"]), ("claim", ["--claim", "KPI1"])):
        shutil.copy(reviewed(place, folder / name, *words), folder / f"{name}.zip")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished place, and the bundles of March in all formats: `authority.zip`, `supplier.zip`, `claim.zip`."""
    return once(tmp_path_factory, "bundles", _whole)


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Place:
    shutil.copytree(made / "place", tmp_path / "place")
    return Place(tmp_path / "place")


def test_a_bundle_has_all_that_it_takes(made: Path) -> None:
    for whose in ("authority", "supplier"):
        files = contents(made / f"{whose}.zip")
        stem = f"partnership-{MONTH}" + ("-supplier" if whose == "supplier" else "")
        assert {f"{stem}.{kind}" for kind in ("html", "pdf", "xlsx", "json")} < files.keys()
        assert {"contract/partnership.yaml", "contract/holidays-days.yaml", "evidence.json", "verify.sh"} < files.keys()
        assert {"days/2025-01-01/checkpoint", "days/2025-04-02/SHA256SUMS", "manifest.sig"} < files.keys()
        assert ("withheld.json" in files) is (whose == "authority")
        told = json.loads(files["manifest.json"])
        assert told["files"] == {
            name: sha256(content).hexdigest()
            for name, content in sorted(files.items())
            if name not in {"manifest.json", "manifest.sig", "SHA256SUMS"}
        }
        assert told["head"].startswith("sla-monitor-head/1 link=")
        assert told["record"]["checkpoint"].startswith("2025-04-02 ")


def test_the_suppliers_figures_and_digests_are_the_authoritys(made: Path) -> None:
    ours, theirs = (json.loads(contents(made / f"{one}.zip")["manifest.json"]) for one in ("authority", "supplier"))
    for key in ("figures_sha256", "inputs", "withheld", "status", "register_number"):
        assert ours[key] == theirs[key], key
    assert ours["withheld"]["entries"] == list(HIDDEN)
    lacking = contents(made / "authority.zip")["withheld.json"]
    assert sha256(lacking).hexdigest() == theirs["withheld"]["sha256"]
    assert {one["note"] for one in json.loads(lacking)["entries"]} == {SECRET}
    assert len(json.loads(lacking)["blinding"]) == 64
    documents = [
        json.loads(contents(made / f"{whose}.zip")[f"partnership-{MONTH}{more}.json"])
        for whose, more in (("authority", ""), ("supplier", "-supplier"))
    ]
    assert documents[0].keys() == documents[1].keys()
    differ = {key for key in documents[0] if documents[0][key] != documents[1][key]}
    assert differ == {"entries", "pending"}


def texts(content: bytes, name: str) -> Iterator[str]:
    """All that a file says to whoever opens it, and its bytes as they are."""
    yield content.decode("latin-1")
    if name.endswith(".pdf"):
        yield subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            yield from (book.read(one).decode("latin-1") for one in book.namelist())


def held(files: dict[str, bytes], what: str) -> list[str]:
    """The files that say something, however their lines are broken."""
    wanted = "".join(what.split())
    return [name for name, content in files.items() for text in texts(content, name) if wanted in "".join(text.split())]


@pytest.mark.parametrize("whose", ["supplier", "claim"])
def test_nothing_of_the_authoritys_own_is_in_what_the_supplier_is_given(made: Path, whose: str) -> None:
    files = contents(made / f"{whose}.zip")
    for secret in (SECRET, PAPERS, "strategy.docx", "terms_proposed", TERMS.words["digest"]):
        assert held(files, secret) == []
    for own_words in (SECRET, TERMS.words["digest"]):
        assert held(contents(made / "authority.zip"), own_words) != []
    assert "evidence.json" in held(files, LEFT_OUT)
    assert "evidence.json" in held(files, OPEN)


def test_a_claims_folder_and_an_export_for_the_supplier_say_no_more(made: Path, place: Place, tmp_path: Path) -> None:
    folder = made / "claim" / f"partnership-{MONTH}-claim-KPI1"
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert "evidence.json" in files
    assert held(files, SECRET) == []
    for copy in ("authority", "supplier"):
        to = tmp_path / f"{copy}.json"
        done = run("ledger", "export", "partnership", "--config", place.settings, "--copy", copy, "--output", to)
        assert done.exit_code == 0, done.output
        for words in (SECRET, "terms_proposed"):
            assert (words in to.read_text()) is (copy == "authority")
    contract = place.folder / "contracts/partnership.yaml"
    asked = ("--period", MONTH, "--format", "json")
    printed = [
        json.loads(run("assess", contract, "--evidence", tmp_path / f"{copy}.json", *asked).stdout)
        for copy in ("authority", "supplier")
    ]
    assert printed[0]["inputs"] == printed[1]["inputs"]
    assert printed[0]["result"] == printed[1]["result"]


def entries_in(value: Any) -> Iterator[Entry]:
    """Every entry anywhere in a tree of frozen data."""
    if isinstance(value, Entry):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from entries_in(getattr(value, one.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from entries_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from entries_in(one)


def test_no_entry_of_a_redacted_assessment_is_whole(place: Place) -> None:
    """Those of a restated month too: the sign-off, what awaits a decision, what is about the month."""
    number = len(SAID) + len(OWN) + 1
    later = {"kind": "correction", "endpoints": ["health"], "start": "2025-03-02T00:00Z", "end": "2025-03-03T00:00Z",
             "outcome": "down"}  # fmt: skip
    place.say(own(number, SIGN_OFF), own(number + 1, later))
    with read_only(place.ledger) as reader:
        one = assess_month(place.configuration.contracts[0], reader, MONTH, 1_760_000_000_000)
    assert one.restatement is not None
    whole, without = list(entries_in(one)), list(entries_in(for_supplier(one)))
    drafts = sum(is_of_draft(each.body) for each in whole)
    assert drafts
    assert len(whole) == len(without) + drafts
    assert any(each.note == SECRET for each in whole)
    assert one.restatement.signed in whole
    for each in without:
        assert SECRET not in each.model_dump_json()
        assert PAPERS not in each.model_dump_json()


def test_each_kind_of_entry_is_one_sides_or_both() -> None:
    told = {**{one["kind"]: one for one in (*SAID, *OWN)}, "undo": {"kind": "undo", "about": 1}, "sign_off": SIGN_OFF}
    for said in told.values():
        whole = own(3, said).model_copy(update={"note": SECRET, "evidence": PAPERS, "reference": "CCN-1"})
        without = redacted(whole)
        assert without.body == whole.body
        assert without.reference == "CCN-1"
        assert redacted(without) == without
        assert withheld([without]) == []
        assert (SECRET in without.note) is not is_own(whole)
        assert (withheld([whole]) == []) is not (is_own(whole) and not is_of_draft(whole.body))
    bare = entry(3, SIGN_OFF)
    assert redacted(bare) == bare


def test_the_same_record_gives_the_same_bytes(made: Path, place: Place, tmp_path: Path) -> None:
    """But for the head of the chain, which is told with the instant at which it was."""
    again = contents(reviewed(place, tmp_path / "again", "--copy", "supplier"))
    first = contents(made / "supplier.zip")
    differ = {name for name in first if first[name] != again[name]}
    assert first.keys() == again.keys()
    assert differ <= {"manifest.json", "manifest.sig", "SHA256SUMS"}
    told = [json.loads(one["manifest.json"]) for one in (first, again)]
    for one in told:
        one.pop("head")
    assert told[0] == told[1]


def test_the_same_evidence_file_gives_the_same_zip(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        file = evidence(tmp_path / name, BAD, TICKETS)
        done = run(
            "review", CONTRACT, "--evidence", file, "--output", tmp_path / name, "--bundle", "--format", "html,json"
        )
        assert done.exit_code == 0, done.output
        made.append((tmp_path / name / "force-ict-2026-09.zip").read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(io.BytesIO(made[0])) as archive:
        assert {about.date_time for about in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())


def test_a_bundles_evidence_is_of_the_instant_at_which_the_month_comes_out_so(made: Path) -> None:
    """And not of the day on which the bundle was made; nothing of UP goes on after it."""
    told = json.loads(contents(made / "supplier.zip")["evidence.json"])
    assert told["at"] == "2025-04-20T10:00:00Z"  # the last entry
    assert told["seen"]["until"] == "2025-04-01T23:00:00Z"
    ends = [span["end"] for one in told["observed"] for span in one["spans"] if span["outcome"] == "up"]
    assert max(ends) == told["seen"]["until"]


def test_a_bundle_is_checked_without_the_program(made: Path, tmp_path: Path) -> None:
    """By sha256sum, by verify.sh on the days, by openssl on the manifest, and by assess on two files."""
    subprocess.run(["unzip", "-q", made / "supplier.zip", "-d", tmp_path], check=True)
    folder, key = tmp_path / f"partnership-{MONTH}-supplier", made / "place/key.pem"
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    checked = script(folder / "days", "-s", "-k", key)
    assert checked.returncode == 0, checked.stderr
    assert "92 days, 2025-01-01 to 2025-04-02 (digests alone)" in checked.stdout
    subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", "manifest.json", "-sigfile",
         "manifest.sig"], cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    done = run("assess", folder / "contract/partnership.yaml", "--holidays", folder / "contract", "--evidence",
               folder / "evidence.json", "--period", MONTH, "--format", "json")  # fmt: skip
    assert done.stdout_bytes == (folder / f"partnership-{MONTH}-supplier.json").read_bytes()


def test_a_supplier_cosigns_the_digests_of_its_bundle_and_the_next_pack_says_so(
    made: Path, place: Place, tmp_path: Path
) -> None:
    from sla_monitor.signing import SigningKey

    subprocess.run(["unzip", "-q", made / "supplier.zip", "-d", tmp_path], check=True)
    days, key = tmp_path / f"partnership-{MONTH}-supplier" / "days", place.folder / "key.pem"
    own_key = SigningKey.make(tmp_path / "own.key")
    (tmp_path / "own.pem").write_text(own_key.public.pem)
    words = ["archive", "cosign", days, "--digests", "--signer", key, "--key", tmp_path / "own.key"]
    words += ["--name", "supplier.example"]
    signed = run(*words)
    assert signed.exit_code == 0, (signed.output, signed.exception)
    assert run(*(one for one in words if one != "--digests")).exit_code == 1
    accepted = run(
        "archive",
        "accept",
        place.folder / "archive/partnership",
        days / "2025-04-02/checkpoint",
        "--witness",
        tmp_path / "own.pem",
    )
    assert accepted.exit_code == 0, (accepted.output, accepted.exception)
    before, after = (
        contents(one) for one in (made / "supplier.zip", reviewed(place, tmp_path / "next", "--copy", "supplier"))
    )
    name = f"partnership-{MONTH}-supplier.html"
    assert "The supplier has signed no checkpoint of them" in before[name].decode()
    assert "supplier.example signed the checkpoint of 2025-04-02 as a witness" in after[name].decode()
    assert (
        run("archive", "verify", days, "--digests", "--signer", key, "--witness", tmp_path / "own.pem").exit_code == 0
    )


def test_a_certificate_is_filled_in_and_leaves_the_officer_what_is_the_officers(made: Path) -> None:
    files = contents(made / "claim.zip")
    folder = made / "claim" / f"partnership-{MONTH}-claim-KPI1"
    name = f"partnership-{MONTH}-claim-KPI1"
    told = json.loads(files["manifest.json"])
    for kind in ("html", "pdf"):
        (text,) = list(texts(files[f"{name}.{kind}"], f"{name}.{kind}"))[-1:]
        said = "".join(text.split())
        for wanted in (
            "section 9 of the Civil Evidence Act 1995", "The Authority", "IT Partnership", "The Supplier",
            "1 Mar 2025", "Digital Services, The Authority", told["head"].partition(" at=")[0],
            told["record"]["checkpoint"].split()[1], told["assessment_sha256"], told["files"]["evidence.json"],
            told["files"]["contract/partnership.yaml"], told["files"][f"{name}-outages.json"], "Office held",
        ):  # fmt: skip
            assert "".join(wanted.split()) in said.replace("<wbr>", ""), (kind, wanted)
    assert sha256((folder / "evidence.json").read_bytes()).hexdigest() == told["files"]["evidence.json"]
    assert "Certificate" not in contents(made / "authority.zip")[f"partnership-{MONTH}.html"].decode()


def test_each_party_is_told_what_it_can_do_and_no_more(made: Path) -> None:
    chapters = {}
    for whose, more in (("authority", ""), ("supplier", "-supplier")):
        page = contents(made / f"{whose}.zip")[f"partnership-{MONTH}{more}.html"].decode()
        chapters[whose] = page[page.index('id="section-checking"') : page.index('id="section-ratings"')]
    for command in ("ledger check", "review --list", "archive verify"):
        assert command in chapters["authority"]
        assert command not in chapters["supplier"]
    for command in ("verify.sh", "cosign", "sha256sum", "--evidence evidence.json"):
        assert command in chapters["supplier"]
        assert command not in chapters["authority"]


def test_a_bundle_takes_the_place_of_another_only_when_told_to(place: Place, tmp_path: Path) -> None:
    words = ("--format", "json")
    bundle = reviewed(place, tmp_path / "packs", *words)
    bundle.write_bytes(b"mine")
    again = ("review", "partnership", "--config", place.settings, "--period", MONTH, "--output", tmp_path / "packs",
             "--bundle", *words)  # fmt: skip
    before = (tmp_path / "packs" / bundle.stem / "manifest.json").read_bytes()
    refused = run(*again)
    assert refused.exit_code == 1
    assert "already exists with other contents (pass --replace to overwrite it)" in refused.output
    assert bundle.read_bytes() == b"mine"
    assert (tmp_path / "packs" / bundle.stem / "manifest.json").read_bytes() == before
    assert run(*again, "--replace").exit_code == 0
    assert zipfile.is_zipfile(bundle)
    other = tmp_path / "other.zip"
    other.write_bytes(b"somebody's")
    bundle.unlink()
    bundle.symlink_to(other)
    refused = run(*again, "--replace")
    assert "is a symbolic link, and is not written through" in refused.output
    assert other.read_bytes() == b"somebody's"
    assert [path.name for path in (tmp_path / "packs").iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--bundle", "--format", "html"), "a bundle is checked by its JSON (add json to --format)"),
        (("--replace",), "--replace belongs to --bundle"),
    ],
)
def test_what_cannot_be_bundled_is_said_in_a_line(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    refused = run("review", CONTRACT, "--evidence", evidence(tmp_path, BAD), *words)
    assert refused.exit_code == 2
    assert told in refused.output


def test_a_place_without_a_key_says_that_nothing_is_signed(place: Place, tmp_path: Path) -> None:
    (place.folder / "ledger.key").unlink()
    bundle = reviewed(place, tmp_path / "packs", "--format", "json")
    done = run("review", "partnership", "--config", place.settings, "--period", MONTH, "--output", tmp_path / "more",
               "--bundle", "--format", "json")  # fmt: skip
    assert "not signed: " in done.output
    files = contents(bundle)
    assert "manifest.sig" not in files
    assert json.loads(files["withheld.json"])["blinding"] == ""
    assert run("verify", bundle).exit_code == 0


def test_two_files_of_bank_holidays_with_one_name_are_not_mixed_up(place: Place, tmp_path: Path) -> None:
    contract = place.folder / "contracts/partnership.yaml"
    other = place.folder / "more/days.yaml"
    other.parent.mkdir()
    other.write_text((place.folder / "holidays/days.yaml").read_text() + "# another\n")
    text = contract.read_text().replace(
        "calendars:\n", "calendars:\n  other: {hours: {mon: '09:00-10:00'}, bank_holidays: ../more/days.yaml}\n"
    )
    contract.write_text(text)
    done = run("review", "partnership", "--config", place.settings, "--period", MONTH, "--output", tmp_path / "p",
               "--bundle", "--format", "json")  # fmt: skip
    assert "another file of bank holidays is called days.yaml too" in str(done.exception)


def test_evidence_from_a_redacted_file_says_that_something_was_left_out_before(made: Path, tmp_path: Path) -> None:
    """The supplier makes a bundle of its own from what it was given."""
    for name, content in contents(made / "supplier.zip").items():
        if name in {"evidence.json", "contract/partnership.yaml", "contract/holidays-days.yaml"}:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
    (tmp_path / "holidays").mkdir()
    (tmp_path / "contract/holidays-days.yaml").rename(tmp_path / "holidays/days.yaml")
    done = run("review", tmp_path / "contract/partnership.yaml", "--evidence", tmp_path / "evidence.json",
               "--period", MONTH, "--output", tmp_path / "own", "--bundle", "--copy", "supplier", "--format",
               "json")  # fmt: skip
    assert done.exit_code == 0, (done.output, done.exception)
    files = contents(tmp_path / "own" / f"partnership-{MONTH}-supplier.zip")
    assert json.loads(files["manifest.json"])["withheld"] == {"entries": list(HIDDEN), "sha256": None}
    first = contents(made / "supplier.zip")
    assert files["evidence.json"] == first["evidence.json"]
    assert files[f"partnership-{MONTH}-supplier.json"] == first[f"partnership-{MONTH}-supplier.json"]
    assert run("verify", tmp_path / "own" / f"partnership-{MONTH}-supplier.zip").exit_code == 0


def test_evidence_that_comes_to_other_figures_is_not_handed_out(place: Place) -> None:
    from sla_monitor.errors import ReviewError
    from sla_monitor.review.bundle.contents import evidence_file
    from sla_monitor.review.gathering import PackSubject, gathered

    contract = place.configuration.contracts[0]
    with read_only(place.ledger) as reader:
        found = gathered(PackSubject(contract, reader, MONTH, 1_760_000_000_000))
        assert evidence_file(found).startswith(b"{")
        other = replace(found, document=found.document.replace("partnership", "other"))
        with pytest.raises(ReviewError, match="gives other figures than the record"):
            evidence_file(other)


def test_a_contract_that_was_given_reads_no_file_but_those_beside_it(place: Place, tmp_path: Path) -> None:
    from sla_monitor.contract.bank_holidays import HolidayPlace
    from sla_monitor.errors import ConfigError

    contract = place.folder / "contracts/partnership.yaml"
    (tmp_path / "given").mkdir()
    with pytest.raises(ConfigError, match=r"holidays-days\.yaml"):
        load_contract(contract, HolidayPlace(tmp_path / "given"))
    shutil.copy(place.folder / "holidays/days.yaml", tmp_path / "given/holidays-days.yaml")
    assert load_contract(contract, HolidayPlace(tmp_path / "given")).holiday_files == (
        tmp_path / "given/holidays-days.yaml",
    )


def test_running_restated_and_part_way_months_can_be_worked_out_again(place: Place, tmp_path: Path) -> None:
    """And a month in a measurement period that goes on after it, which is told with what came later."""
    number = len(SAID) + len(OWN) + 1
    later = {"kind": "decision", "about": 2, "granted": True}
    decided = {"actor": "b.chief", "note": OPEN, "evidence": ""}
    place.say(own(number, SIGN_OFF), own(number + 1, later).model_copy(update=decided))
    for words, status in (
        (("--period", "running"), "running"),
        (("--period", "2025-01"), "provisional"),
        (("--copy", "supplier"), "final"),
        (("--months", "3"), "final"),
    ):
        bundle = reviewed(place, tmp_path / "-".join(words), "--format", "html,json", *words)
        assert json.loads(contents(bundle)["manifest.json"])["status"] == status
        done = run("verify", bundle, "--signer", place.folder / "key.pem")
        assert done.exit_code == 0, done.output
        if words == ("--copy", "supplier"):
            assert b"Final, restated" in contents(bundle)[f"{bundle.stem}.html"]
            assert held(contents(bundle), SECRET) == []
