"""`sla-monitor verify`: what was changed is told, what is no bundle is refused, and nothing leads out of its folder."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.signing import SigningKey
from tests.archive.support import Place
from tests.review.bundles import MONTH, OWN, changed, contents, furnished, reseal, reviewed, run, written
from tests.review.shared import once
from tests.support.quarter import SAID, entry

NAME = f"partnership-{MONTH}-supplier"
Files = dict[str, bytes]


def _whole(folder: Path) -> None:
    bundle = reviewed(furnished(folder / "place"), folder / "packs", "--copy", "supplier", "--format", "html,csv,json")
    shutil.copy(bundle, folder / f"{NAME}.zip")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished place, and the supplier's bundle of March."""
    return once(tmp_path_factory, "verified", _whole)


@pytest.fixture
def bundle(shelf: Path) -> Path:
    return shelf / f"{NAME}.zip"


def wrong(result: Result) -> list[str]:
    """Content to be wrong, by its first word. No traceback, whatever it was."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return [line.split()[0] for line in result.output.splitlines() if line[12:17] == "WRONG"]


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        assert old in files[name], name
        files[name] = files[name].replace(old, new, 1)

    return change


def figures(files: Files) -> None:
    """A credit that is smaller, in the JSON and in the page."""
    for name in (f"{NAME}.json", f"{NAME}.html"):
        assert b"40000.00" in files[name] or b"40,000.00" in files[name]
        files[name] = files[name].replace(b"40000.00", b"30000.00").replace(b"40,000.00", b"30,000.00")


def evidence(files: Files) -> None:
    """An outage that was never there."""
    assert b'"outcome": "down"' in files["evidence.json"]
    files["evidence.json"] = files["evidence.json"].replace(b'"outcome": "down"', b'"outcome": "up"')


def told(**values: Any) -> Callable[[Files], None]:
    """Something else in the manifest."""

    def change(files: Files) -> None:
        files["manifest.json"] = (json.dumps(json.loads(files["manifest.json"]) | values, indent=2) + "\n").encode()

    return change


def test_a_bundle_that_nobody_touched_holds(shelf: Path, bundle: Path) -> None:
    done = run("verify", bundle, "--signer", shelf / "place/key.pem")
    assert (done.exit_code, wrong(done)) == (0, [])
    for what in ("digests", "signature", "chain", "contract", "evidence", "inputs", "figures", "assessment", "left out",
                 "html", "csv", "json", "manifest", "days"):  # fmt: skip
        assert f"{what:<12}holds" in done.output, what
    assert "6 service points, GBP 40,000.00" in done.output
    assert done.output.splitlines()[-1] == f"{bundle}: holds"
    without = run("verify", bundle)
    assert without.exit_code == 0
    assert "name the monitor's public key: --signer" in without.output


def test_who_signed_which_figures_is_told(shelf: Path, bundle: Path, tmp_path: Path) -> None:
    assert "signed      -      nobody has signed the month off" in run("verify", bundle).output
    shutil.copytree(shelf / "place", tmp_path / "place")
    register = Register.open(tmp_path / "place/ledger.db", SystemClock())
    digest = json.loads(contents(bundle)["manifest.json"])["figures_sha256"]

    def verified(number: int, kind: str, digest: str) -> str:
        worth = {"points": "6", "credit": "40000.00"} if kind == "sign_off" else {}
        said = {"kind": kind, "month": MONTH, "digest": digest, **worth}
        register.add([entry(number, said).model_copy(update={"actor": f"who made {number}"})])
        packs = tmp_path / f"{number}"
        made = reviewed(Place(tmp_path / "place"), packs, "--copy", "supplier", "--format", "json")
        return next(line for line in run("verify", made).output.splitlines() if line.startswith("signed"))

    first = len(SAID) + len(OWN) + 1
    by = f"holds  who made {first} (entry {first}) signed these figures off"
    assert verified(first, "sign_off", digest).endswith(f"{by}, and nobody countersigned them")
    told = verified(first + 1, "countersignature", digest)
    assert told.endswith(f"{by}, and who made {first + 1} (entry {first + 1}) countersigned them")
    told = verified(first + 2, "sign_off", "0" * 64)
    assert f"-      who made {first + 2} (entry {first + 2}) signed other figures off (0000000000000000" in told


def without(beginning: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        gone = [name for name in files if name.startswith(beginning)]
        assert gone
        for name in gone:
            del files[name]

    return change


def added(name: str) -> Callable[[Files], None]:
    return lambda files: files.update({name: b"?"})


CHANGES: list[tuple[Callable[[Files], None], str]] = [
    (figures, "assessment"),
    (evidence, "inputs"),
    (replaced(f"{NAME}.html", b"Custody is available", b"Custody is there now"), "html"),
    (replaced("csv/kpis.csv", b"KPI1", b"KPI9"), "csv"),
    (replaced("contract/partnership.yaml", b"at_least: 99.9}", b"at_least: 99.8}"), "bundle"),
    (replaced("contract/partnership.yaml", b"monthly: [{amount: 850000", b"monthly: [{amount: 750000"), "inputs"),
    (replaced("contract/holidays-days.yaml", b"2025-03-17", b"2025-03-18"), "inputs"),
    (replaced("verify.sh", b"fail()", b"fale()"), "verify.sh"),
    (without("csv/kpis.csv"), "csv"),
    (without(f"{NAME}.html"), "html"),
    (without(f"{NAME}-outages.json"), "json"),
    (without("evidence.json"), "bundle"),
    (without("contract/partnership.yaml"), "bundle"),
    (without("contract/holidays-days.yaml"), "bundle"),
    (without("verify.sh"), "verify.sh"),
    (added("more.txt"), "files"),
    (added("contract/more.yaml"), "files"),
    (added("days/2025-04-02/more.tsr"), "files"),
    (added("days/2025-05-02/SHA256SUMS"), "days"),
    (replaced("days/2025-03-01/SHA256SUMS", b"a", b"b"), "days"),
    (replaced("days/2025-03-01/checkpoint", b"\n60\n", b"\n61\n"), "days"),
    (without("days/2025-04-02"), "days"),
    (without("days/2025-02-02"), "days"),
    (without("days/"), "days"),
]
"""What somebody does to a bundle, and what it is told by when the digests were made anew."""


@pytest.mark.parametrize(("change", "what"), CHANGES)
def test_what_was_changed_is_told_sealed_anew_or_not(
    bundle: Path, tmp_path: Path, change: Callable[[Files], None], what: str
) -> None:
    plain = run("verify", changed(bundle, tmp_path / "a.zip", change, is_resealed=False))
    assert "digests" in wrong(plain), plain.output
    resealed = run("verify", changed(bundle, tmp_path / "b.zip", change, is_resealed=True))
    assert what in wrong(resealed), resealed.output
    for done in (plain, resealed):
        assert done.exit_code == 1
        assert done.output.splitlines()[-1].endswith("does NOT hold")


def test_a_figure_that_is_another_is_named_with_both_values(bundle: Path, tmp_path: Path) -> None:
    done = run("verify", changed(bundle, tmp_path / "b.zip", figures, is_resealed=True))
    assert '$.result.credit.amount says "30000.00", and the recalculation gives "40000.00"' in done.output


def test_a_bundle_made_over_as_a_whole_is_found_by_the_signature(shelf: Path, bundle: Path, tmp_path: Path) -> None:
    """Other evidence, and everything worked out from it anew: it holds in itself, and nobody signed it."""
    files = contents(bundle)
    evidence(files)
    for name in ("evidence.json", "contract/partnership.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(files[name])
    (tmp_path / "holidays").mkdir()
    (tmp_path / "holidays/days.yaml").write_bytes(files["contract/holidays-days.yaml"])
    made = run("review", tmp_path / "contract/partnership.yaml", "--evidence", tmp_path / "evidence.json", "--period",
               MONTH, "--output", tmp_path / "own", "--copy", "supplier", "--bundle", "--format", "json")  # fmt: skip
    assert made.exit_code == 0, made.output
    false = tmp_path / "own" / f"{NAME}.zip"
    assert run("verify", false).exit_code == 0
    done = run("verify", false, "--signer", shelf / "place/key.pem")
    assert (done.exit_code, wrong(done)) == (1, ["signature"])
    more = {"manifest.sig": files["manifest.sig"]}
    old = changed(false, tmp_path / "b.zip", lambda made: made.update(more), is_resealed=False)
    assert "signature" in wrong(run("verify", old, "--signer", shelf / "place/key.pem"))


def test_another_key_signed_nothing(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_text(SigningKey.make(tmp_path / "other.key").public.pem)
    done = run("verify", bundle, "--signer", tmp_path / "other.pem")
    assert set(wrong(done)) == {"signature", "chain", "days"}


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"status": "final"}, "manifest"),
        ({"register_number": 1}, "manifest"),
        ({"figures_sha256": "0" * 64}, "figures"),
        ({"assessment_sha256": "0" * 64}, "assessment"),
        ({"inputs": {"contract_sha256": "0" * 64}}, "inputs"),
        ({"month": "2025-02"}, "figures"),
        ({"month": "2024-12"}, "bundle"),
        ({"month": "2031-01"}, "bundle"),
        ({"copy": "authority"}, "files"),
        ({"withheld": {"entries": [1], "sha256": None}}, "left"),
        ({"months": 3}, "files"),
        ({"claim": "KPI2"}, "files"),
        ({"claim": "KPI7"}, "bundle"),
        ({"formats": ["json"]}, "files"),
        ({"more": 1}, "manifest"),
    ],
)
def test_a_manifest_that_says_something_else_is_told(
    bundle: Path, tmp_path: Path, values: dict[str, Any], what: str
) -> None:
    def change(files: Files) -> None:
        reseal(files, NAME)
        told(**values)(files)
        files["SHA256SUMS"] = b""

    done = run("verify", changed(bundle, tmp_path / "b.zip", change, is_resealed=False))
    assert done.exit_code == 1
    assert what in wrong(done), done.output


@pytest.mark.parametrize(
    "values",
    [
        {"format": "sla-monitor-evidence"}, {"bundle": 2}, {"bundle": None}, {"contract": "../x"}, {"contract": 7},
        {"month": "2025-13"}, {"copy": "both"}, {"program": "sla-monitor \x1b[2J"}, {"formats": []},
        {"formats": "json"},
        {"months": True}, {"months": 2}, {"claim": "../../x"}, {"record": {}}, {"record": None}, {"inputs": []},
        {"files": []}, {"files": {"a": 1}}, {"withheld": None}, {"withheld": {"entries": ["1"], "sha256": None}},
        {"figures_sha256": "x"}, {"status": "\x1b]0;x"},
    ],
)  # fmt: skip
def test_a_manifest_of_another_form_is_refused_in_a_line(bundle: Path, tmp_path: Path, values: dict[str, Any]) -> None:
    done = run("verify", changed(bundle, tmp_path / "b.zip", told(**values), is_resealed=False))
    assert (done.exit_code, wrong(done)) == (1, ["bundle"])
    assert done.output.isprintable() or "\x1b" not in done.output


def test_notes_of_the_authoritys_in_a_suppliers_copy_are_told(bundle: Path, tmp_path: Path) -> None:
    from sla_monitor.register.redaction import LEFT_OUT

    change = replaced("evidence.json", LEFT_OUT.encode(), b"pay them nothing")
    done = run("verify", changed(bundle, tmp_path / "b.zip", change, is_resealed=True))
    assert "what is the authority's alone is in the supplier's copy" in done.output


def test_what_is_left_out_is_what_the_authority_has_in_its_own_bundle(shelf: Path, tmp_path: Path) -> None:
    own = reviewed(Place(shelf / "place"), tmp_path / "own", "--format", "json")
    assert run("verify", own).exit_code == 0
    for change, said in (
        (replaced("withheld.json", b"settle", b"SETTLE"), "withheld.json is not what is left out"),
        (replaced("withheld.json", b'"blinding": "', b'"blinding": "0'), "withheld.json has another digest than"),
        (without("withheld.json"), "withheld.json is missing"),
    ):
        done = run("verify", changed(own, tmp_path / "b.zip", change, is_resealed=True))
        assert done.exit_code == 1
        assert said in done.output


def test_what_another_version_rendered_is_said_not_to_be_compared(bundle: Path, tmp_path: Path) -> None:
    """Its figures are compared all the same."""

    def change(files: Files) -> None:
        reseal(files, NAME)
        told(program="sla-monitor 9.9.9")(files)
        files[f"{NAME}.html"] += b"<!-- laid out in another way -->"
        reseal(files, NAME)

    done = run("verify", changed(bundle, tmp_path / "b.zip", change, is_resealed=False))
    assert (done.exit_code, wrong(done)) == (3, [])
    assert "this is sla-monitor" in done.output
    assert done.output.splitlines()[-1].endswith("holds as far as it could be compared here")

    def deceive(files: Files) -> None:
        figures(files)
        change(files)

    done = run("verify", changed(bundle, tmp_path / "c.zip", deceive, is_resealed=False))
    assert done.exit_code == 1
    assert "assessment" in wrong(done)


# ---- ZIPs that are meant to harm


def zip_of(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for about, content in members:
            archive.writestr(about, content)
    path.write_bytes(whole.getvalue())
    return path


def about(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    return made


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "b/../../evil", "b/../evil", "/etc/evil", "b//evil", "b/./evil", "b/", "b/.hidden", "b/a b", "evil",
        "b\\..\\evil", "C:/evil", "b/evil\x00.txt", "b/é", "b/" + "a" * 400, "b/a/", "b/-rf", "~/evil", "b/\x1b[2J",
    ],
)  # fmt: skip
def test_a_name_that_is_none_of_ours_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    bad = zip_of(tmp_path / "b.zip", (about("b/manifest.json"), b"{}"), (about(name), b"evil"))
    before = sorted(path.name for path in tmp_path.rglob("*"))
    done = run("verify", bad)
    assert (done.exit_code, wrong(done)) == (1, ["bundle"])
    assert "\x1b" not in done.output
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("mode", [0o120777, 0o040755, 0o010644, 0o020644, 0o060644, 0o140644])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, mode: int) -> None:
    bad = zip_of(tmp_path / "b.zip", (about("b/manifest.json"), b"{}"), (about("b/link", mode), b"/etc/passwd"))
    done = run("verify", bad)
    assert "which is no plain file" in done.output
    assert done.exit_code == 1


@pytest.mark.parametrize("names", [("b/x", "b/x"), ("b/x", "b/X"), ("b/x", "b/x/y"), ("b/x", "c/x")])
def test_names_that_stand_in_each_others_way_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with warnings.catch_warnings(action="ignore"):  # of the library's, for a name that is there already
        bad = zip_of(tmp_path / "b.zip", *((about(name), b"1") for name in names))
    done = run("verify", bad)
    assert (done.exit_code, wrong(done)) == (1, ["bundle"])


def test_more_than_a_bundle_can_hold_is_refused_by_the_list_of_contents(tmp_path: Path) -> None:
    """And a list that says less than comes."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"b/{number}", bytes(1 << 20))
    content = bomb.read_bytes()
    assert len(content) < 1 << 16
    for size, said in ((600 << 20, "would be 2,516,582,400 bytes"), ((1 << 30) + 1, "1,073,741,825 bytes"), (10, "")):
        lying, at = bytearray(content), content.find(b"PK\x01\x02")
        while at >= 0:
            lying[at + 24 : at + 28] = struct.pack("<I", size)
            at = content.find(b"PK\x01\x02", at + 4)
        bomb.write_bytes(lying)
        done = run("verify", bomb)
        assert (done.exit_code, wrong(done)) == (1, ["bundle"])
        if size <= 600 << 20:
            assert said in done.output


def test_encrypted_and_oddly_packed_files_are_refused(tmp_path: Path) -> None:
    odd = tmp_path / "odd.zip"
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("b/manifest.json", b"{}")
    assert "packed in another way than deflate" in run("verify", odd).output
    locked = bytearray(zip_of(tmp_path / "locked.zip", (about("b/manifest.json"), b"{}")).read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    assert "encrypted" in run("verify", tmp_path / "locked.zip").output


def test_a_contract_that_leads_to_other_files_reads_none_of_them(bundle: Path, tmp_path: Path) -> None:
    """Neither by the path that it spells nor by a name with strokes in it."""
    secret = tmp_path / "secret.yaml"
    secret.write_text("top: secret\n")
    for path in (str(secret), "../../../../../../../../etc/passwd", "/etc/passwd"):
        change = replaced("contract/partnership.yaml", b"../holidays/days.yaml", path.encode())
        done = run("verify", changed(bundle, tmp_path / "b.zip", change, is_resealed=True))
        assert (done.exit_code, wrong(done)[-1]) == (1, "bundle")
        assert "top" not in done.output
        assert "root:" not in done.output
        assert "contract/holidays-" in done.output


def test_what_is_no_zip_is_said_in_a_line(tmp_path: Path, bundle: Path) -> None:
    whole = bundle.read_bytes()
    for content in (b"", b"PK", b"not a zip", whole[:2000], whole[-2000:], zip_of(tmp_path / "e.zip").read_bytes()):
        (tmp_path / "b.zip").write_bytes(content)
        done = run("verify", tmp_path / "b.zip")
        assert (done.exit_code, wrong(done)) == (1, ["bundle"])
    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in run("verify", tmp_path / "pipe").output


def test_hostile_content_is_told_in_a_line(bundle: Path, tmp_path: Path) -> None:
    """Documents that no parser likes, under right digests."""
    files = contents(bundle)
    kept = {name: content for name, content in files.items() if not name.startswith("days/")}
    hostile = (
        b"",
        b"\xff\xfe",
        b"[" * 200_000,
        b"{}",
        b"null",
        b"a: &a [*a]",
        b'{"looks": "on record", "outages": [1]}',
    )
    for name in (f"{NAME}.json", f"{NAME}-outages.json", "evidence.json", "contract/partnership.yaml"):
        for content in hostile:
            bad = {**kept, name: content}
            reseal(bad, NAME)
            done = run("verify", written(tmp_path / "b.zip", NAME, bad))
            assert done.exit_code == 1, (name, content[:20])
            assert wrong(done), (name, content[:20])


def test_damaged_bundles_are_told_and_none_breaks_the_program(bundle: Path, tmp_path: Path) -> None:
    """Bytes changed, cut out and put in, seeded. What a ZIP says beside its files may change without harm: then the
    files are what they were. A directory may lose some of them: then their digests have no file."""
    dice = random.Random(11)
    kept = {name: content for name, content in contents(bundle).items() if not name.startswith(("days/", "csv/"))}
    whole = written(tmp_path / "s.zip", NAME, kept).read_bytes()
    before = contents(tmp_path / "s.zip")
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 3)):
            at, kind = dice.randrange(len(content)), dice.randrange(3)
            if kind == 0:
                content[at] ^= 1 << dice.randrange(8)
            elif kind == 1:
                del content[at : at + dice.randint(1, 40)]
            else:
                content[at:at] = dice.randbytes(dice.randint(1, 40))
        (tmp_path / "b.zip").write_bytes(content)
        problems = wrong(run("verify", tmp_path / "b.zip"))
        assert problems or contents(tmp_path / "b.zip") == before
