"""Works a bundle's month out again from what is in the bundle alone, and says what of it holds.

Whoever made the bundle may have meant to deceive: each part is checked against what follows from the others, and what
only its maker could vouch for is said to be checked against no more than a digest or a signature.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zipfile import ZipFile

from sla_monitor import remedies
from sla_monitor.archive.sealed import SCRIPT, SealedDay
from sla_monitor.archive.verifying import Against
from sla_monitor.archive.verifying import verify as verify_days
from sla_monitor.contract.bank_holidays import HolidayPlace
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.document.whole import NOT_FIGURES
from sla_monitor.errors import ArchiveError, BundleError, ReviewError, SlaMonitorError
from sla_monitor.evidence import FileEvidence, read_evidence
from sla_monitor.ledger.chaining.chain_heads import heads_in
from sla_monitor.periods.edges import Period, month_at, run_of
from sla_monitor.register.redaction import is_redacted, shared, withheld
from sla_monitor.review.bundle import contents
from sla_monitor.review.bundle.manifest import Manifest, manifest_of
from sla_monitor.review.bundle.unpacking import Unpacked, unpacked
from sla_monitor.review.first_failures import first_failures_in
from sla_monitor.review.gathering import PROGRAM, Gathered, PackSubject, gathered
from sla_monitor.review.pack_input import FirstFailures
from sla_monitor.review.pack_store import MANIFEST
from sla_monitor.review.rendering.files import manifest, packed
from sla_monitor.review.retention import sealed_as
from sla_monitor.signing import VerifyingKey
from sla_monitor.wording.numbers import format_count, format_counted_points

State: TypeAlias = Literal["holds", "wrong", "unchecked", "note"]
"""unchecked: it should have been compared and could not be. note: nobody asked for it, or nobody could compare it."""

MOST_LINES = 12
"""So many of a kind are told one by one."""
_OF_DAY = re.compile(rf"{contents.DAYS}/[0-9-]{{10}}/(SHA256SUMS|checkpoint|stamp-[0-9-]{{10}}\.tsr)", re.ASCII)
SMALL = 64 << 20
"""Bytes of a file that is read as a whole."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked into, and what came of it."""

    what: str
    state: State
    said: str


def verified(path: Path, keys: Sequence[VerifyingKey], folder: Path) -> Iterator[Check]:
    """Every check, in turn. `folder`: an empty one that is thrown away; nothing is written anywhere else. What is read
    of the contract or the evidence is told as the bundle names it."""
    folder = folder.resolve()
    try:
        yield from _verified(path, keys, folder)
    except (SlaMonitorError, OSError) as error:
        yield Check("bundle", "wrong", str(error).replace(f"{folder}/", ""))
    except Exception as error:  # noqa: BLE001 - a stranger's file: whatever it breaks is its fault, and no traceback
        yield Check("bundle", "wrong", f"cannot be calculated: {type(error).__name__}: {error}"[:500])


def _verified(path: Path, keys: Sequence[VerifyingKey], folder: Path) -> Iterator[Check]:
    whole = unpacked(path, folder)
    opened = _Opened(whole, keys, folder)
    about = opened.about
    whose = f"the {about.copy}'s copy" if about.wanted.claim is None else f"a claim for {about.wanted.claim}"
    yield Check("bundle", "note", f"{about.contract}, {about.month}, {about.status}: {whose}, made by {about.program}")
    if about.program != PROGRAM:
        yield Check("program", "note", f"this is {PROGRAM}: where renderings differ, that may be why")
    yield from opened.digests()
    yield from opened.signature()
    yield from opened.figures()
    yield from opened.anchors()


class _Opened:
    """A bundle that has been unpacked."""

    def __init__(self, whole: Unpacked, keys: Sequence[VerifyingKey], folder: Path) -> None:
        self._whole, self._keys, self._folder = whole, keys, folder
        if MANIFEST not in whole.files:
            raise BundleError("holds no manifest.json: it is not a bundle")
        self.about: Manifest = manifest_of(self._read(MANIFEST))
        self._period: Period | None = None

    @cached_property
    def _digests(self) -> dict[str, str]:
        found = {}
        for name, path in self._whole.files.items():
            with path.open("rb") as file:
                found[name] = file_digest(file, "sha256").hexdigest()
        return found

    def digests(self) -> Iterator[Check]:
        """Each file as the manifest has it, and none besides."""
        told, found = self.about.files, self._digests
        beside = {MANIFEST, contents.SIGNATURE, contents.SUMS}
        problems = [f"{name} is missing" for name in told if name not in found]
        problems += [f"{name} is not in the manifest" for name in found if name not in told and name not in beside]
        problems += [f"{name} was changed" for name in told if name in found and found[name] != told[name]]
        expected = contents.sums({name: digest for name, digest in found.items() if name != contents.SUMS})
        if not problems and (contents.SUMS not in found or self._read(contents.SUMS) != expected):
            problems.append(f"{contents.SUMS} is not the list of these files")
        yield from _all("digests", problems, f"{len(told)} files match the manifest")

    def signature(self) -> Iterator[Check]:
        """Whose the manifest is."""
        has_one = contents.SIGNATURE in self._whole.files
        if not self._keys:
            said = f"not checked: {remedies.PUBLIC_KEY}" if has_one else "the manifest is not signed"
            yield Check("signature", "note", said)
            return
        signature, text = self._read(contents.SIGNATURE) if has_one else b"", self._read(MANIFEST)
        right = [key for key in self._keys if len(signature) == 64 and key.holds(signature, text)]
        said = (
            f"key {right[0].fingerprint[:16]}… signed the manifest" if right else "none of the keys signed the manifest"
        )
        yield Check("signature", "holds" if right else "wrong", said)
        for head in heads_in(self.about.head.encode()):
            problem = "the head of the chain is signed by none" if head.signature is None else head.problem(self._keys)
            yield Check("chain", "wrong" if problem else "holds", problem or "the head of the ledger's chain is signed")

    def figures(self) -> Iterator[Check]:
        """The month, worked out again."""
        contract = self._contract()
        yield Check("contract", "holds", f"{contract.id} can be read, with its bank holidays")
        evidence = read_evidence(self._path(contents.EVIDENCE), contract)
        month = self.about.month
        if month not in run_of(contract) or month > month_at(evidence.as_of_ms, contract.time_zone):
            raise BundleError(f"{month} is no month that the contract and the evidence speak of")
        yield Check("evidence", "holds", "the register and what was seen can be read, and fit the contract")
        failures = self._first_failures()
        found = gathered(
            PackSubject(contract, evidence, month, evidence.as_of_ms),
            self.about.copy,
            first_failures=lambda _: failures,
            retention=self.about.retention,
            head=self.about.head,
            program=self.about.program,
            recalculated=self.about.recalculated,
        )
        self._period = found.case.assessment.period
        yield from self._inputs(found)
        yield from self._document(found)
        yield self._signed(found)
        yield from self._withheld(found, evidence)
        yield from self._files(found, evidence)

    def _contract(self) -> Contract:
        name = contents.contract_name(self.about.contract)
        contract = load_contract(self._path(name), HolidayPlace(self._folder / contents.CONTRACT))
        if contract.id != self.about.contract:
            raise BundleError(f"{name} is contract {contract.id}")
        return contract

    def _first_failures(self) -> FirstFailures | None:
        """What the first failed probes said: recorded, and not worked out."""
        found = [name for name in self.about.files if name.endswith("-outages.json") and "/" not in name]
        try:
            return first_failures_in(self._read(found[0])) if found else None
        except ReviewError as error:
            raise BundleError(f"{found[0]}: {error}") from None

    def _inputs(self, found: Gathered) -> Iterator[Check]:
        told, now = self.about.inputs, {name: str(value) for name, value in (found.case.inputs or {}).items()}
        others = [name for name, value in now.items() if str(told.get(name)) != value]
        problems = [f"{name} is {now[name]}, and the manifest has {told.get(name)}" for name in others]
        evidence, contract = now["evidence_sha256"][:16], now["contract_sha256"][:16]
        yield from _all("inputs", problems, f"evidence {evidence}…, contract {contract}…")

    def _document(self, found: Gathered) -> Iterator[Check]:
        """Figure by figure against the JSON of the bundle, which all renderings are made of."""
        if found.case.figures_digest == self.about.figures:
            yield Check("figures", "holds", f"recalculated: {_worth(found)} ({self.about.figures[:16]}…)")
        else:
            yield Check("figures", "wrong", f"the digest of the figures is {found.case.figures_digest[:16]}…")
        name = self._json_name()
        given = self._read(name)
        if given == found.document.encode() and found.case.digest == self.about.assessment:
            yield Check("assessment", "holds", f"{name} comes out the same, byte for byte")
            return
        differences = list(_differences(_loaded(given, name), json.loads(found.document), "$"))
        for place, told, now in differences[:MOST_LINES]:
            yield Check("assessment", self._if_ours(place), f"{place} says {told}, and the recalculation gives {now}")
        if len(differences) > MOST_LINES:
            yield Check("assessment", "wrong", f"and {len(differences) - MOST_LINES} more differences")
        if not differences:
            yield Check("assessment", "wrong", f"{name} has these figures, and other bytes or another digest")

    def _signed(self, found: Gathered) -> Check:
        """Which figures the parties have signed, by the register. A month may be signed again: figures that are not
        those signed are a note, and no fault of the bundle."""
        register, month = found.case.register, self.about.month
        signed, countersigned = register.sign_off(month), register.countersignature(month)
        if signed is None:
            return Check("signed", "note", "nobody has signed the month off")
        entry, said = signed
        by = f"{entry.actor} (entry {entry.number})"
        if said.digest != found.case.figures_digest:
            return Check("signed", "note", f"{by} signed other figures off ({said.digest[:16]}…)")
        other = "nobody" if countersigned is None else f"{countersigned[0].actor} (entry {countersigned[0].number})"
        return Check("signed", "holds", f"{by} signed these figures off, and {other} countersigned them")

    def _if_ours(self, place: str) -> State:
        """A figure that is another is wrong, whoever worked it out; a word may be another program's."""
        is_figure = place.partition(".")[2].partition(".")[0].partition("[")[0] not in NOT_FIGURES
        return "wrong" if is_figure or self.about.program == PROGRAM else "unchecked"

    def _json_name(self) -> str:
        found = [name for name in self.about.files if "/" not in name and name == f"{self._whole.name}.json"]
        if not found:
            raise BundleError(f"holds no {self._whole.name}.json")
        return found[0]

    def _withheld(self, found: Gathered, evidence: FileEvidence) -> Iterator[Check]:
        """What the supplier's copy lacks."""
        about, entries = self.about, evidence.entries(found.about.contract.id)
        known = shared(entries)
        numbers = tuple(one.number for one in known if is_redacted(one))
        is_whole = known != tuple(entries)
        problems = []
        if numbers != about.lacking:
            problems.append(
                f"something is left out in entries {list(numbers)}, and the manifest says {list(about.lacking)}"
            )
        if about.copy == "supplier" and is_whole:
            problems.append("what is the authority's alone is in the supplier's copy")
        if contents.WITHHELD in self.about.files:
            problems += self._opened(found, evidence)
        elif about.copy == "authority" and withheld(entries):
            problems.append(f"{contents.WITHHELD} is missing")
        if not numbers:
            said = "nothing is left out of the entries that both sides know"
        elif about.withheld is None:
            said = f"left out in {len(numbers)} entries before this bundle was made"
        else:
            said = f"{len(numbers)} entries, SHA-256 {about.withheld}"
        yield from _all("left out", problems, said)

    def _opened(self, found: Gathered, evidence: FileEvidence) -> Iterator[str]:
        name = contents.WITHHELD
        content = self._read(name)
        told = _loaded(content, name)
        blinding = told.get("blinding") if isinstance(told, dict) else None
        entries = evidence.entries(found.about.contract.id)
        if not isinstance(blinding, str) or content != contents.withheld_file(
            found.about.contract.id, self.about.month, entries, blinding
        ):
            yield f"{name} is not what is left out"
        elif contents.digest(content) != self.about.withheld:
            yield f"{name} has another digest than the manifest says"

    def _files(self, found: Gathered, evidence: FileEvidence) -> Iterator[Check]:
        """Every rendering made again, and the manifest."""
        about, expected = self.about, set[str]()
        names = {contents.EVIDENCE, contents.contract_name(found.about.contract.id)}
        names |= {f"{contents.CONTRACT}/{path.name}" for path in found.about.contract.holiday_files}
        given = {name: digest for name, digest in self._digests.items() if name in names}
        case = found.case
        if about.wanted.claim is not None:
            case = replace(case, handed=contents.handed(found.about.contract.id, given))
        # also what a claim is of; no rendering but JSON asks for a library
        name = packed(case, found.document, replace(about.wanted, formats=["json"]))[0].name
        if name != self._whole.name:
            yield Check("files", "wrong", f"are in the folder {self._whole.name}, and not in {name}")
        for kind in about.wanted.formats:
            try:
                # a claim's certificate names a file that is made with the JSON
                both = packed(case, found.document, replace(about.wanted, formats=[kind, "json"]))[1]
            except ReviewError as error:
                yield Check(kind, "unchecked", str(error))
                expected |= {name for name in self._digests if _kind(name) == kind}
                continue
            made = {name: content for name, content in both.items() if _kind(name) == kind}
            expected |= made.keys()
            yield self._rendered(kind, made)
        yield from self._attached(evidence)
        attached = {name for name in self._digests if name.startswith(f"{contents.ATTACHED}/")}
        yield from self._complete({*expected, *given, *attached})
        yield from self._manifest(found)

    def _attached(self, evidence: FileEvidence) -> Iterator[Check]:
        """The documents behind entries, as they were attached; the evidence lists those of all months."""
        told = evidence.entry_files(self.about.contract)
        inside = {digest for name, digest in self._digests.items() if name.startswith(f"{contents.ATTACHED}/")}
        if apart := {one.file.digest for one in told} - inside:
            said = f"{format_count(len(apart), 'more file')} by SHA-256 (sha256sum gives it)"
            yield Check("attachments", "holds", f"{contents.EVIDENCE} lists {said}")
        if not inside:
            return
        has_list = contents.ATTACHED_LIST in self._whole.files
        text = self._read(contents.ATTACHED_LIST) if has_list else b""
        entries = {entry.number for entry in evidence.entries(self.about.contract)}
        problems = contents.attachment_problems(text, self._digests, entries)
        problems += contents.unlisted(text, told) if told and not problems else []
        count = sum(name.startswith(f"{contents.ATTACHED}/") for name in self._digests) - 1
        yield from _all("attachments", problems, f"{count} files are those that were attached")

    def _rendered(self, kind: str, made: Mapping[str, bytes]) -> Check:
        problems = [name for name, content in made.items() if not self._is_same(name, content)]
        if not problems:
            what = f"{len(made)} tables say" if kind == "csv" else "says"
            return Check(kind, "holds", f"{what} what these figures give, byte for byte")
        if self.about.program != PROGRAM:
            return Check(kind, "unchecked", f"{problems[0]} is another version's, and cannot be compared byte for byte")
        return Check(kind, "wrong", f"{', '.join(problems[:3])}: not what these figures give")

    def _is_same(self, name: str, content: bytes) -> bool:
        path = self._whole.files.get(name)
        if path is None:
            return False
        if path.stat().st_size <= SMALL and path.read_bytes() == content:
            return True
        return name.endswith(".xlsx") and _same_parts(path, content)

    def _complete(self, known: set[str]) -> Iterator[Check]:
        """No more than a bundle has."""
        strangers = [name for name in self.about.files if name not in known and not self._is_anchor(name)]
        if strangers:
            yield from _all("files", [f"{name} is no part of such a bundle" for name in strangers], "")

    def _manifest(self, found: Gathered) -> Iterator[Check]:
        about = self.about
        withheld = {"entries": list(about.lacking), "sha256": about.withheld}
        told = {"bundle": contents.VERSION, **contents.of_wanted(about.wanted), "withheld": withheld}
        if manifest(found.case, about.files, **told) == self._read(MANIFEST):
            yield Check("manifest", "holds", "says what the bundle is")
        else:
            state: State = "wrong" if about.program == PROGRAM else "unchecked"
            yield Check("manifest", state, "does not match the bundle's contents")

    def anchors(self) -> Iterator[Check]:
        """What others may have kept: sealed days, and the script that checks them."""
        has_days = any(name.startswith(f"{contents.DAYS}/") for name in self._whole.files)
        if SCRIPT in self._whole.files and self._read(SCRIPT) != contents.script()[SCRIPT]:
            state: State = "wrong" if self.about.program == PROGRAM else "unchecked"
            yield Check(SCRIPT, state, "is not the program's; do not run it, take that of its release")
        elif has_days and SCRIPT not in self._whole.files:
            yield Check(SCRIPT, "wrong", "is missing beside the sealed days")
        if not has_days:
            is_told = bool(self.about.retention.checkpoint)
            said = "the manifest lists them, and there are none" if is_told else "no sealed days are in the bundle"
            yield Check("days", "wrong" if is_told else "note", said)
            return
        folder = self._folder / contents.DAYS
        report = verify_days(folder, Against(tuple(self._keys), digests_only=True))
        problems = [problem.replace(f"{folder.parent}/", "") for problem in report.problems]
        if not problems and self._period is not None:
            problems += _against_manifest(self.about, report.days, self._period)
        until = report.days[-1].folder.name if report.days else ""
        whose = "signed" if self._keys else "whose signatures were not checked"
        yield from _all("days", problems, f"{len(report.days)} sealed days to {until}, {whose}")
        if not problems:
            yield self._sealed_contract(report.days[-1])

    def _sealed_contract(self, day: SealedDay) -> Check:
        sealed = day.files.get("terms.yaml")
        if sealed == self._digests.get(contents.contract_name(self.about.contract)):
            return Check("contract", "holds", f"its file is the one that was sealed with {day.folder.name}")
        return Check("contract", "note", f"its file is another than the one that was sealed with {day.folder.name}")

    def _path(self, name: str) -> Path:
        if name not in self._whole.files:
            raise BundleError(f"holds no {name}")
        return self._whole.files[name]

    def _read(self, name: str) -> bytes:
        path = self._path(name)
        if path.stat().st_size > SMALL:
            raise BundleError(f"{name} is larger than {SMALL:,} bytes")
        return path.read_bytes()

    def _is_anchor(self, name: str) -> bool:
        is_withheld = name == contents.WITHHELD and self.about.copy == "authority"
        return name == SCRIPT or is_withheld or _OF_DAY.fullmatch(name) is not None


def _all(what: str, problems: Iterable[str], holds: str) -> Iterator[Check]:
    """One line where all is well; else one for each problem, as far as anybody reads them."""
    found = list(problems)
    if not found:
        yield Check(what, "holds", holds)
    yield from (Check(what, "wrong", problem) for problem in found[:MOST_LINES])
    if len(found) > MOST_LINES:
        yield Check(what, "wrong", f"and {len(found) - MOST_LINES} more")


def _against_manifest(about: Manifest, days: Sequence[SealedDay], period: Period) -> Iterator[str]:
    try:
        told = sealed_as(days, period)
    except ArchiveError as error:
        yield str(error)
        return
    if any(getattr(about.retention, name) != value for name, value in told.items()):
        yield "the manifest does not match the sealed days"


def _worth(found: Gathered) -> str:
    result = found.case.result
    if result is None:
        return "no points and no money yet"
    return f"{format_counted_points(result.points)}, {found.case.money(result.credit.total).text}"


def _kind(name: str) -> str:
    """Of which rendering a file is."""
    return "csv" if name.startswith("csv/") else name.rpartition(".")[2] if "/" not in name else ""


def _loaded(content: bytes, name: str) -> Any:
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BundleError(f"{name} is not JSON") from None


Difference: TypeAlias = tuple[str, str, str]


def _differences(told: Any, now: Any, place: str) -> Iterator[Difference]:
    """Where two documents differ: the place, and both values, each short enough for a line."""
    if isinstance(told, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*now, *told]):
            yield from _differences(told.get(key, _NONE), now.get(key, _NONE), f"{place}.{key}"[:200])
    elif isinstance(told, list) and isinstance(now, list) and len(told) == len(now):
        for number, pair in enumerate(zip(told, now, strict=True)):
            yield from _differences(*pair, f"{place}[{number}]")
    elif told != now:
        yield place, _short(told), _short(now)


_NONE = object()


def _short(value: Any) -> str:
    text = "nothing" if value is _NONE else json.dumps(value)
    return f"{text[:80]}…" if len(text) > 80 else text


def _same_parts(path: Path, content: bytes) -> bool:
    """A workbook is a ZIP, which another machine may have packed in other bytes."""
    with ZipFile(path) as one, ZipFile(io.BytesIO(content)) as other:
        names = [about.filename for about in one.infolist()]
        sizes = [about.file_size for about in one.infolist()]
        is_alike = names == other.namelist() and sizes == [about.file_size for about in other.infolist()]
        return is_alike and all(one.read(name) == other.read(name) for name in names)
