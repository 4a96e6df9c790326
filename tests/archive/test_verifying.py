"""Whatever is done to sealed days, `verify.sh` fails and our own check says what is wrong: none is silent.

A first verifier passed tampered data, so the verifier is tested by tampering. Each way is applied to good days; what
an insider with the key does is found by a checkpoint that somebody else kept.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.archive import table
from sla_monitor.archive.checkpoint import Checkpoint
from sla_monitor.archive.merkle import Tree
from sla_monitor.archive.sealed import SealedDay, digest_of, line_before, sealed_days
from sla_monitor.archive.witnessing import cosign
from sla_monitor.signing import SigningKey
from tests.archive.support import FIRST, Place, checked, furnished, observations, script

DAYS = 4
D1, D2, D3, D4 = ((FIRST + timedelta(days=number)).isoformat() for number in range(DAYS))
FILES = (
    "SHA256SUMS", "calendar-days.yaml", "day.json", "evidence.jsonl", "heartbeats.parquet", "observations.parquet",
    "register.jsonl", "terms.yaml", "clock_steps.jsonl",
)  # fmt: skip
EMPTY = "clock_steps.jsonl"


@dataclass(frozen=True)
class Estate:
    """Good days, those of another contract signed with the same key, keys, and what others kept."""

    place: Place
    other: Path
    stranger: SigningKey
    witness: SigningKey
    kept: Path

    @property
    def own(self) -> SigningKey:
        return SigningKey.read(self.place.folder / "ledger.key")

    @property
    def public(self) -> Path:
        return self.place.folder / "key.pem"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    folder = tmp_path_factory.mktemp("estate")
    place = furnished(folder / "place", DAYS)
    other = Place.furnished(folder / "other")
    shutil.copy(place.folder / "ledger.key", other.folder / "ledger.key")
    settings = other.settings.read_text().replace("force.example/sla", "force.example/other")
    other.settings.write_text(settings)
    other.record(list(observations(DAYS))[1:])
    other.seal(FIRST + timedelta(days=DAYS))
    witness = SigningKey.make(folder / "witness.key")
    (folder / "witness.pem").write_text(witness.public.pem)
    (folder / "stranger.pem").write_text(SigningKey.make(folder / "stranger.key").public.pem)
    cosign(place.days()[-1], "supplier.example", witness, 1_790_000_000)
    kept = folder / "kept"
    shutil.copy(place.days()[-1].folder / "checkpoint", kept)
    return Estate(place, other.sealed, SigningKey.read(folder / "stranger.key"), witness, kept)


Way = Callable[[Path, Estate], object]
WAYS: dict[str, Way] = {}
"""What is done to a copy of the days, by name. Found with the monitor's key and the witness's."""
INSIDE: dict[str, Way] = {}
"""What somebody does who has the monitor's key; found with a checkpoint that the witness kept."""


def way(name: str, ways: dict[str, Way] = WAYS) -> Callable[[Way], Way]:
    def put(do: Way) -> Way:
        ways[name] = do
        return do

    return put


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    before = path.read_bytes()
    after = change(before)
    assert after != before, "a way that does nothing tests nothing"
    path.write_bytes(after)


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _on_file(do: Callable[[Path], object], name: str) -> Way:
    return lambda days, _: do(days / D2 / name)


def appended(path: Path) -> None:
    edit(path, lambda was: was + b"x")


def turned(path: Path) -> None:
    edit(path, flipped)


def truncated(path: Path) -> None:
    edit(path, lambda was: was[:-1])


def linked(path: Path) -> None:
    elsewhere = path.parent.parent.parent / f"elsewhere-{path.name}"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


for _name in FILES:
    WAYS[f"a byte appended to {_name}"] = _on_file(appended, _name)
    WAYS[f"{_name} removed"] = _on_file(Path.unlink, _name)
    WAYS[f"{_name} is a link to itself elsewhere"] = _on_file(linked, _name)
    if _name != EMPTY:
        WAYS[f"a bit of {_name} turned"] = _on_file(turned, _name)
        WAYS[f"{_name} truncated"] = _on_file(truncated, _name)


@way("a digit of the register edited")
def _(days: Path, _: Estate) -> None:
    edit(days / D1 / "register.jsonl", lambda was: was.replace(b'"number":1', b'"number":7'))


@way("the register's month edited and its digests made anew")
def _(days: Path, _: Estate) -> None:
    edit(days / D1 / "register.jsonl", lambda was: was.replace(b"2026-01", b"2026-02"))
    resum(days / D1)


@way("how an actor was known edited and the digests made anew")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "register.jsonl", lambda was: was.replace(b'"known_by":"password"', b'"known_by":"token"'))
    resum(days / D2)


@way("how an actor was known taken out and the digests made anew")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "register.jsonl", lambda was: was.replace(b'"known_by":"password",', b""))
    resum(days / D2)


@way("a day of the past removed")
def _(days: Path, _: Estate) -> None:
    shutil.rmtree(days / D2)


@way("the first day removed")
def _(days: Path, _: Estate) -> None:
    shutil.rmtree(days / D1)


@way("the first day removed, and the next made the first")
def _(days: Path, _: Estate) -> None:
    shutil.rmtree(days / D1)
    rechained(days)


@way("all days removed")
def _(days: Path, _: Estate) -> None:
    for day in sealed_days(days):
        shutil.rmtree(day.folder)


@way("a day removed, and those after it moved up")
def _(days: Path, _: Estate) -> None:
    shutil.rmtree(days / D2)
    (days / D3).rename(days / D2)
    (days / D4).rename(days / D3)


@way("a day removed, those after it moved up and chained anew")
def _(days: Path, estate: Estate) -> None:
    shutil.rmtree(days / D2)
    (days / D3).rename(days / D2)
    (days / D4).rename(days / D3)
    rechained(days)


@way("a day added at the end: a copy of the last")
def _(days: Path, _: Estate) -> None:
    shutil.copytree(days / D4, days / "2026-01-05")


@way("a day added before the first")
def _(days: Path, _: Estate) -> None:
    shutil.copytree(days / D1, days / "2025-12-31")


@way("a day of another year added")
def _(days: Path, _: Estate) -> None:
    shutil.copytree(days / D1, days / "2027-01-01")


@way("an empty day added")
def _(days: Path, _: Estate) -> None:
    (days / "2026-01-05").mkdir()


@way("the last day renamed")
def _(days: Path, _: Estate) -> None:
    (days / D4).rename(days / "2026-01-05")


@way("every day renamed to the day after")
def _(days: Path, _: Estate) -> None:
    for day in reversed(sealed_days(days)):
        day.folder.rename(days / (day.on + timedelta(days=1)).isoformat())


@way("every day renamed to the day after, chained anew and signed with another key")
def _(days: Path, estate: Estate) -> None:
    for day in reversed(sealed_days(days)):
        day.folder.rename(days / (day.on + timedelta(days=1)).isoformat())
    rechained(days)
    resealed(days, estate.stranger)


@way("two days swapped")
def _(days: Path, _: Estate) -> None:
    swapped(days / D2, days / D3)


@way("the observations of two days swapped")
def _(days: Path, _: Estate) -> None:
    swapped(days / D2 / "observations.parquet", days / D3 / "observations.parquet")


@way("the evidence of two days swapped, and digests made anew")
def _(days: Path, _: Estate) -> None:
    swapped(days / D2 / "evidence.jsonl", days / D3 / "evidence.jsonl")
    resum(days / D2)
    resum(days / D3)


@way("two files of a day swapped")
def _(days: Path, _: Estate) -> None:
    swapped(days / D2 / "terms.yaml", days / D2 / "calendar-days.yaml")


@way("the names of two files of a day swapped in the digests")
def _(days: Path, _: Estate) -> None:
    def change(was: bytes) -> bytes:
        return was.replace(b"terms", b"\0").replace(b"evidence", b"terms").replace(b"\0", b"evidence")

    edit(days / D2 / "SHA256SUMS", change)


@way("the checkpoints of two days swapped")
def _(days: Path, _: Estate) -> None:
    swapped(days / D2 / "checkpoint", days / D3 / "checkpoint")


@way("the checkpoint of the day before")
def _(days: Path, _: Estate) -> None:
    shutil.copy(days / D3 / "checkpoint", days / D4 / "checkpoint")


@way("the checkpoint of another contract")
def _(days: Path, estate: Estate) -> None:
    shutil.copy(estate.other / D2 / "checkpoint", days / D2 / "checkpoint")


@way("a day of another contract in the place of ours")
def _(days: Path, estate: Estate) -> None:
    shutil.rmtree(days / D2)
    shutil.copytree(estate.other / D2, days / D2)


@way("the last day of another contract added")
def _(days: Path, estate: Estate) -> None:
    shutil.rmtree(days / D4)
    shutil.copytree(estate.other / D4, days / D4)


@way("checkpoints removed")
def _(days: Path, _: Estate) -> None:
    for day in sealed_days(days):
        (day.folder / "checkpoint").unlink()


@way("one checkpoint removed")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "checkpoint").unlink()


@way("an empty checkpoint")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "checkpoint").write_bytes(b"")


@way("a checkpoint without signatures")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was.partition(b"\n\n")[0] + b"\n\n")


@way("a checkpoint with the witness's signature alone")
def _(days: Path, _: Estate) -> None:
    edit(days / D4 / "checkpoint", lambda was: b"".join(one for i, one in enumerate(was.splitlines(True)) if i != 4))


@way("a checkpoint of one day more")
def _(days: Path, _: Estate) -> None:
    edit(days / D4 / "checkpoint", lambda was: was.replace(b"\n4\n", b"\n5\n"))


@way("a checkpoint in another name")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was.replace(b"force.example/sla/", b"farce.example/sla/"))


@way("every checkpoint in another name")
def _(days: Path, _: Estate) -> None:
    for day in sealed_days(days):
        edit(day.folder / "checkpoint", lambda was: was.replace(b"force.example/sla/", b"farce.example/sla/"))


@way("a bit of a checkpoint's root turned")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was.replace(b"=\n", b"A\n", 1))


@way("a letter of a signature changed")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was[:-20] + (b"A" if was[-20:-19] != b"A" else b"B") + was[-19:])


@way("a signature of another length")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was[:-5] + b"\n")


@way("the spare bits of a signature's last letter changed")
def _(days: Path, _: Estate) -> None:
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    def change(was: bytes) -> bytes:
        assert was.endswith(b"=\n")
        return was[:-3] + letters[letters.index(was[-3]) ^ 1 :][:1] + was[-2:]

    edit(days / D2 / "checkpoint", change)


@way("a line that is no signature")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was + b"signed: everybody\n")


@way("text after the signatures")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "checkpoint", lambda was: was + b"x")


@way("a letter of the witness's signature changed")
def _(days: Path, _: Estate) -> None:
    edit(days / D4 / "checkpoint", lambda was: was[:-20] + (b"A" if was[-20:-19] != b"A" else b"B") + was[-19:])


@way("the witness's signature removed")
def _(days: Path, _: Estate) -> None:
    edit(days / D4 / "checkpoint", lambda was: was[: was.rindex("— ".encode())])


@way("the witness's signature moved to another day")
def _(days: Path, _: Estate) -> None:
    content = (days / D4 / "checkpoint").read_bytes()
    begin = content.rindex("— ".encode())
    (days / D4 / "checkpoint").write_bytes(content[:begin])
    edit(days / D3 / "checkpoint", lambda was: was + content[begin:])


@way("the time of the witness's signature changed")
def _(days: Path, estate: Estate) -> None:
    day = SealedDay(days / D4)
    own, theirs = day.checkpoint.signatures
    moved = theirs.sealed[:11] + bytes([theirs.sealed[11] ^ 1]) + theirs.sealed[12:]
    lines = own.line + type(theirs)(theirs.name, moved).line
    edit(day.folder / "checkpoint", lambda _: day.checkpoint.text + b"\n" + lines.encode())


@way("signed with another key")
def _(days: Path, estate: Estate) -> None:
    resealed(days, estate.stranger)


@way("one day signed with another key")
def _(days: Path, estate: Estate) -> None:
    day = SealedDay(days / D3)
    (day.folder / "checkpoint").write_bytes(
        Checkpoint(day.checkpoint.origin, 3, day.checkpoint.root).signed(estate.stranger).content
    )


@way("a day rewritten, everything chained anew and signed with another key")
def _(days: Path, estate: Estate) -> None:
    rewritten(days / D2)
    rechained(days)
    resealed(days, estate.stranger)


@way("a day rewritten and its digests made anew")
def _(days: Path, _: Estate) -> None:
    rewritten(days / D2)
    resum(days / D2)


@way("a day rewritten and all digests made anew")
def _(days: Path, _: Estate) -> None:
    rewritten(days / D2)
    rechained(days)


@way("the last day rewritten and its digests made anew")
def _(days: Path, _: Estate) -> None:
    rewritten(days / D4)
    resum(days / D4)


@way("a file more in a day")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "note.txt").write_text("see also")


@way("a hidden file more in a day")
def _(days: Path, _: Estate) -> None:
    (days / D2 / ".note").write_text("see also")


@way("a file with a line break in its name")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "day.json\nterms.yaml").write_text("see also")


@way("a file whose name is two names")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "evidence.jsonl heartbeats.parquet").write_text("see also")


@way("a folder in a day")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "more").mkdir()


@way("a link to nothing in a day")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "more").symlink_to("nowhere")


@way("a file in the digests that is a folder")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "terms.yaml").unlink()
    (days / D2 / "terms.yaml").mkdir()


@way("a pipe in the place of a file")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "terms.yaml").unlink()
    os.mkfifo(days / D2 / "terms.yaml")


@way("a file beside the days")
def _(days: Path, _: Estate) -> None:
    (days / "2026-01-05.txt").write_text("see also")


@way("a hidden file beside the days")
def _(days: Path, _: Estate) -> None:
    (days / ".more").write_text("see also")


@way("a link in the place of a day")
def _(days: Path, _: Estate) -> None:
    (days / D2).rename(days.parent / "moved")
    (days / D2).symlink_to(days.parent / "moved")


@way("a link in the place of a checkpoint")
def _(days: Path, _: Estate) -> None:
    linked(days / D2 / "checkpoint")


@way("a file in the place of a day")
def _(days: Path, _: Estate) -> None:
    shutil.rmtree(days / D4)
    (days / D4).write_text("")


@way("a file renamed")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "terms.yaml").rename(days / D2 / "terms.yml")


@way("a file renamed, in the digests too")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "terms.yaml").rename(days / D2 / "terms.yml")
    edit(days / D2 / "SHA256SUMS", lambda was: was.replace(b"terms.yaml", b"terms.yml"))


@way("a file taken out of the digests")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "SHA256SUMS", lambda was: b"".join(one for one in was.splitlines(True) if b"terms" not in one))


@way("a file taken out, of the digests too")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "terms.yaml").unlink()
    edit(days / D2 / "SHA256SUMS", lambda was: b"".join(one for one in was.splitlines(True) if b"terms" not in one))


@way("a file outside in the digests")
def _(days: Path, _: Estate) -> None:
    edit(days / D1 / "SHA256SUMS", lambda was: was.replace(b"  day.json", b"  ../day.json"))


@way("a device in the digests")
def _(days: Path, _: Estate) -> None:
    edit(days / D1 / "SHA256SUMS", lambda was: was.replace(b"  day.json", b"  /dev/zero"))


@way("a line of the digests twice")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "SHA256SUMS", lambda was: was.splitlines(True)[0] + was)


@way("the last line of the digests taken out")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "SHA256SUMS", lambda was: b"".join(was.splitlines(True)[:-1]))


@way("digests with the line ends of another system")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "SHA256SUMS", lambda was: was.replace(b"\n", b"\r\n"))


@way("a zero byte in the digests")
def _(days: Path, _: Estate) -> None:
    edit(days / D2 / "SHA256SUMS", lambda was: was.replace(b"  day.json", b"  day.js\0on"))


@way("no digests at all")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "SHA256SUMS").write_bytes(b"")


@way("two digests swapped")
def _(days: Path, _: Estate) -> None:
    def change(was: bytes) -> bytes:
        first, second, *others = was.splitlines(True)
        return b"".join([second[:64] + first[64:], first[:64] + second[64:], *others])

    edit(days / D2 / "SHA256SUMS", change)


@way("a made-up time stamp")
def _(days: Path, _: Estate) -> None:
    (days / D2 / "stamp-2026-01-02.tsr").symlink_to("/etc/passwd")


@way("the last day gone", INSIDE)
def _(days: Path, _: Estate) -> None:
    shutil.rmtree(days / D4)


@way("all but the first day gone", INSIDE)
def _(days: Path, _: Estate) -> None:
    for name in (D2, D3, D4):
        shutil.rmtree(days / name)


@way("a day rewritten, everything chained and signed anew", INSIDE)
def _(days: Path, estate: Estate) -> None:
    rewritten(days / D2)
    rechained(days)
    resealed(days, estate.own)


@way("the last day rewritten and signed anew", INSIDE)
def _(days: Path, estate: Estate) -> None:
    rewritten(days / D4)
    rechained(days)
    resealed(days, estate.own)


@way("an entry of the register taken out, everything chained and signed anew", INSIDE)
def _(days: Path, estate: Estate) -> None:
    (days / D1 / "register.jsonl").write_bytes(b"")
    rechained(days)
    resealed(days, estate.own)


@way("the first day removed, everything chained and signed anew", INSIDE)
def _(days: Path, estate: Estate) -> None:
    shutil.rmtree(days / D1)
    rechained(days)
    resealed(days, estate.own)


@way("a whole archive of another contract", INSIDE)
def _(days: Path, estate: Estate) -> None:
    shutil.rmtree(days)
    shutil.copytree(estate.other, days)


def swapped(one: Path, other: Path) -> None:
    aside = one.with_name(".aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def rewritten(day: Path) -> None:
    """Every observation of it found the endpoint up."""
    shape, path = table.SHAPES["us"], day / "observations.parquet"
    rows = [dict(zip(shape.columns, row, strict=True)) for row in table.read(path, shape)]
    assert any(row["outcome"] == "down" for row in rows)
    good = [tuple({**row, "outcome": "up", "reason": None, "status": 200}.values()) for row in rows]
    table.write(path, table.Shape(shape.columns, tuple), good)


def resum(day: Path) -> None:
    """Its digests as its files are now."""
    lines = (day / "SHA256SUMS").read_text().splitlines()
    sums = [f"{digest_of(day / line[66:])}  {line[66:]}" for line in lines[:-1]]
    (day / "SHA256SUMS").write_text("\n".join([*sums, lines[-1]]) + "\n")


def rechained(days: Path) -> None:
    """All digests, each day's over the day before."""
    before = None
    for day in sealed_days(days):
        resum(day.folder)
        sums = (day.folder / "SHA256SUMS").read_text().splitlines()
        (day.folder / "SHA256SUMS").write_text("\n".join([*sums[:-1], line_before(before)]) + "\n")
        before = SealedDay(day.folder)


def resealed(days: Path, key: SigningKey) -> None:
    """All checkpoints, signed with a key."""
    tree = Tree()
    for day in sealed_days(days):
        tree.append(day.sums)
        origin = day.checkpoint.origin
        (day.folder / "checkpoint").write_bytes(Checkpoint(origin, tree.size, tree.root).signed(key).content)


@pytest.fixture
def days(tmp_path: Path, estate: Estate) -> Path:
    shutil.copytree(estate.place.sealed, tmp_path / "custody")
    return tmp_path / "custody"


def against(estate: Estate, *, kept: bool) -> tuple[list[str | Path], dict[str, Any]]:
    """For the script, and for our own check."""
    words: list[str | Path] = ["-k", estate.public]
    if kept:
        return [*words, "-c", estate.kept], {"kept": Checkpoint.read(estate.kept.read_bytes())}
    return [*words, "-w", estate.kept.parent / "witness.pem"], {"witness": estate.witness.public}


@pytest.mark.parametrize("kept", [False, True])
def test_good_days_hold(days: Path, estate: Estate, kept: bool) -> None:
    words, more = against(estate, kept=kept)
    run = script(days, *words)
    assert (run.returncode, run.stdout.splitlines()[-1][:5]) == (0, "good:")
    assert "witness: supplier.example signed up to 2026-01-04 at 2026-09-21 14:13:20 UTC" in run.stdout or kept
    assert checked(days, estate.place.key, **more).problems == []


@pytest.mark.parametrize("name", WAYS)
def test_tampering_is_found(name: str, days: Path, estate: Estate) -> None:
    found(days, estate, WAYS[name], kept=False)


@pytest.mark.parametrize("name", INSIDE)
def test_what_the_owner_of_the_key_does_is_found_by_a_checkpoint_kept_elsewhere(
    name: str, days: Path, estate: Estate
) -> None:
    found(days, estate, INSIDE[name], kept=True)


def found(days: Path, estate: Estate, tamper: Way, *, kept: bool) -> None:
    tamper(days, estate)
    words, more = against(estate, kept=kept)
    run = script(days, *words)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.splitlines()[-1].startswith("FAILED: ")
    assert checked(days, estate.place.key, **more).problems != []


def test_there_are_enough_ways() -> None:
    assert len(WAYS) + len(INSIDE) >= 60


def test_what_an_unfinished_day_left_is_told_and_proves_nothing(days: Path, estate: Estate) -> None:
    (days / ".2026-01-05.part").mkdir()
    run = script(days, "-k", estate.public)
    assert (run.returncode, "left unfinished" in run.stderr) == (0, True)


def test_a_witness_needs_digests_alone(days: Path, estate: Estate) -> None:
    for day in sealed_days(days):
        for path in day.folder.iterdir():
            if path.name not in {"SHA256SUMS", "checkpoint"}:
                path.unlink()
    run = script(days, "-s", "-k", estate.public, "-c", estate.kept)
    assert (run.returncode, "(digests alone)" in run.stdout) == (0, True)
    assert script(days, "-k", estate.public).returncode == 1
    edit(days / D2 / "SHA256SUMS", flipped)
    assert script(days, "-s", "-k", estate.public).returncode == 1


def test_a_signature_of_somebody_unknown_is_told(days: Path, estate: Estate) -> None:
    cosign(sealed_days(days)[-1], "somebody.example", estate.stranger, 1)
    run = script(days, "-k", estate.public)
    assert run.returncode == 0
    assert "a signature of somebody.example was not checked" in run.stderr


def test_the_script_names_what_it_was_asked_wrongly(days: Path, estate: Estate) -> None:
    assert "name the public key" in script(days).stderr
    assert "is no public Ed25519 key" in script(days, "-k", estate.kept).stderr
    assert "no key" in script(days, "-k", days / "nowhere.pem").stderr
    assert script(days, "-k", estate.public, "-o", "force.example/sla/other").returncode == 1
    assert script(days, "-k", estate.public, "-w", estate.kept.parent / "stranger.pem").returncode == 1


@pytest.mark.parametrize(("name", "old"), [("register.jsonl", b"2026-01"), ("evidence.jsonl", b"503, wanted 200")])
def test_what_was_altered_before_it_was_sealed_is_found_by_its_own_digest(
    name: str, old: bytes, days: Path, estate: Estate
) -> None:
    """Everything is chained and signed anew; `verify.sh` cannot see it, our own check can."""
    edit(days / D1 / name, lambda was: was.replace(old, old[::-1], 1))
    rechained(days)
    resealed(days, estate.own)
    assert script(days, "-k", estate.public).returncode == 0
    (problem,) = checked(days, estate.place.key).problems
    assert f"{name}: " in problem
    assert "was altered after it was" in problem
