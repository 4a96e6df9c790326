"""One ZIP for a party: a month's pack with all that it takes to work the month out again, and to check what vouches
for it. docs/bundle-format.md says what is in it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.resources import files
from typing import Any

from sla_monitor.archive.sealed import CHECKPOINT, SCRIPT, SealedDay, contents
from sla_monitor.archive.sealed import SUMS as DAY_SUMS
from sla_monitor.contract.bank_holidays import handed_name
from sla_monitor.errors import EvidenceError, ReviewError
from sla_monitor.evidence import evidence_text
from sla_monitor.evidence.disclosed import DisclosedEvidence
from sla_monitor.evidence.reading import checked, evidence_of, spelled_content
from sla_monitor.ledger.recording.attached_files import Attachment
from sla_monitor.periods.edges import run_of
from sla_monitor.periods.terms_slices import evidence_range
from sla_monitor.register.attachments import TYPES, EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.register.redaction import is_own, is_redacted, shared, withheld
from sla_monitor.review.gathering import Gathered, PackSubject, gathered
from sla_monitor.review.pack_input import Handed
from sla_monitor.review.pack_store import MANIFEST
from sla_monitor.review.rendering.files import PackRequest, with_manifest
from sla_monitor.signing import SigningKey

EVIDENCE, CONTRACT, DAYS, WITHHELD = "evidence.json", "contract", "days", "withheld.json"
ATTACHED = "attachments"
ATTACHED_LIST = f"{ATTACHED}/list.json"
SUMS, SIGNATURE = "SHA256SUMS", "manifest.sig"
VERSION = 1

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first instant that a ZIP can name: what is the same has the same time."""
STAMP_LIMIT = 1 << 20


def evidence_file(found: Gathered) -> bytes:
    """What was seen and said from the contract's beginning to the end of the last measurement period that the month is
    in, for the party whose copy it is.

    As of the first instant at which the month comes out as it does, which does not move on with the day on which the
    file is made. Raises ReviewError where it gives other figures than the record: nobody is handed such a file.
    """
    contract, source, month, now_ms = found.about.contract, found.about.source, found.about.month, found.about.now_ms
    run, kpis = run_of(contract), found.case.terms.kpis
    last = max([month, *(run.period_months(month, kpi.measurement_months)[-1] for kpi in kpis)])
    seen = evidence_range(contract, source.first_ms(contract.id), (run.first, last), now_ms)
    given = DisclosedEvidence(source, found.case.copy == "supplier", seen[1])
    last_ms = max((entry.at_ms for entry in given.entries(contract.id)), default=0)
    for at_ms in dict.fromkeys((min(max(seen[1], last_ms), now_ms), now_ms)):
        content = "".join(evidence_text(contract, given, seen, at_ms)).encode()
        if _again(found, content) == found.document:
            return content
    raise ReviewError(
        f"{contract.id} {month}: the evidence as a file gives other figures than the record; see “sla-monitor"
        " ledger check”"
    )


def _again(found: Gathered, content: bytes) -> str:
    contract = found.about.contract
    try:
        evidence = evidence_of(checked(spelled_content(content, EVIDENCE), contract), contract)
    except EvidenceError as error:
        raise ReviewError(f"{contract.id}: the record cannot be written as evidence: {error}") from None
    return gathered(PackSubject(contract, evidence, found.about.month, evidence.as_of_ms), found.case.copy).document


def contract_files(found: Gathered) -> dict[str, bytes]:
    """The contract's file and the bank holidays that it names, under the names by which they are found again. Raises
    ReviewError."""
    contract = found.about.contract
    files = contract.read_files
    made = {contract_name(contract.id): files.contract}
    for path in contract.holiday_files:
        name, content = f"{CONTRACT}/{handed_name(path)}", files.contents[path]
        if made.setdefault(name, content) != content:
            raise ReviewError(
                f"{path}: another file of bank holidays is called {path.name} too (rename one of the two)"
            )
    return made


def attached_files(found: Gathered, several: Sequence[Attachment], content: Callable[[str], bytes]) -> dict[str, bytes]:
    """The files that go with the month's entries, under names of ours, and a list of them; none: nothing. The
    supplier's copy has those of entries that both sides know. `content` gives what a digest stands for."""
    entries = {entry.number: entry for entry in found.case.assessment.entries}
    shared = [
        one
        for one in several
        if one.entry in entries and not (found.case.copy == "supplier" and is_own(entries[one.entry]))
    ]
    made = {_attached_name(one): content(one.file.digest) for one in shared}
    told = [
        {
            "file": _attached_name(one),
            "entry": one.entry,
            "name": one.file.name,
            "type": one.file.media_type,
            "sha256": one.file.digest,
            "at": format_utc(one.at_ms),
            "actor": one.actor,
        }
        for one in shared
    ]
    return {**made, ATTACHED_LIST: (json.dumps(told, indent=1) + "\n").encode()} if told else {}


def _attached_name(one: Attachment) -> str:
    """A name of ours: what somebody called it is in the list."""
    ending = one.file.name.rpartition(".")[2].casefold()
    return f"{ATTACHED}/{one.entry}-{one.file.digest[:16]}.{ending if ending in TYPES else 'bin'}"


def attachment_problems(text: bytes, digests: Mapping[str, str], entries: Collection[int]) -> list[str]:
    """What is wrong with the list of attached files of a bundle. `digests`: of the bundle's files by name; `entries`:
    the numbers of the register's entries."""
    try:
        told = {one["file"]: (one["sha256"], one["entry"]) for one in json.loads(text)}
    except (ValueError, TypeError, KeyError, RecursionError):
        return [f"{ATTACHED_LIST} cannot be read"]
    there = {name: each for name, each in digests.items() if name.startswith(f"{ATTACHED}/") and name != ATTACHED_LIST}
    problems = [f"{name} is not in {ATTACHED_LIST}" for name in there if name not in told]
    for name, (given, entry) in told.items():
        if name not in there:
            problems.append(f"{name} is missing")
        elif there[name] != given:
            problems.append(f"{name} is not the file that was attached")
        if entry not in entries:
            problems.append(f"{name} goes with entry {entry}, which is not in the register")
    return problems


def unlisted(text: bytes, told: Sequence[EntryFile]) -> list[str]:
    """Attached files of a bundle, by their list, that its evidence does not list with the same entry."""
    known = {(one.entry, one.file.digest) for one in told}
    return [
        f"{one['file']} is not in the list of {EVIDENCE}"
        for one in json.loads(text)
        if (one["entry"], one["sha256"]) not in known
    ]


def contract_name(contract_id: str) -> str:
    return f"{CONTRACT}/{contract_id}.yaml"


def handed(contract_id: str, given: Mapping[str, str]) -> tuple[Handed, ...]:
    """What goes with a pack, in the words of a certificate. `given`: the digest of each file, by its name."""
    words = {EVIDENCE: "What was seen, and what was said in the register", contract_name(contract_id): "The contract"}
    return tuple(
        Handed(name, words.get(name, "Bank holidays of the contract"), number) for name, number in sorted(given.items())
    )


def withheld_file(contract: str, month: str, entries: Sequence[Entry], blinding: str) -> bytes | None:
    """What the supplier's copy lacks: the authority keeps it, and both manifests name its digest. `blinding` keeps a
    short note from being guessed by its digest. None where nothing is left out."""
    found = withheld(entries)
    if not found:
        return None
    told = {
        "format": "sla-monitor-withheld",
        "version": 1,
        "contract": contract,
        "month": month,
        "blinding": blinding,
        "entries": found,
    }
    return (json.dumps(told, indent=1) + "\n").encode()


def withheld_told(entries: Sequence[Entry], content: bytes | None) -> dict[str, Any]:
    """What a manifest says of it: in which entries something is left out, and the digest of what. The digest is null
    where nothing is, and where it had been left out before."""
    numbers = [entry.number for entry in shared(entries) if is_redacted(entry)]
    return {"entries": numbers, "sha256": None if content is None else digest(content)}


def day_files(days: Sequence[SealedDay]) -> dict[str, bytes]:
    """Digests, checkpoints and time stamps of sealed days: what a witness needs, and nothing of what is in them.
    Raises ArchiveError."""
    made: dict[str, bytes] = {}
    for day in days:
        folder = f"{DAYS}/{day.folder.name}"
        made[f"{folder}/{DAY_SUMS}"] = day.sums
        made[f"{folder}/{CHECKPOINT}"] = day.checkpoint.content
        made |= {f"{folder}/{path.name}": contents(path, STAMP_LIMIT) for path in day.stamps}
    return made


def script() -> dict[str, bytes]:
    """The verifier of sealed days."""
    return {SCRIPT: files("sla_monitor.archive").joinpath(SCRIPT).read_bytes()}


def bundled(
    found: Gathered,
    name: str,
    made: Mapping[str, bytes],
    wanted: PackRequest,
    key: SigningKey | None,
    days: Sequence[SealedDay],
) -> bytes:
    """The ZIP. `made`: the pack's files, the evidence and the contract. Raises ArchiveError."""
    case, entries = found.case, found.about.source.entries(found.about.contract.id)
    about = f"sla-monitor withheld {case.assessment.contract} {case.month}"
    lacking = withheld_file(case.assessment.contract, case.month, entries, "" if key is None else key.derived(about))
    whole = {**made, **day_files(days), **(script() if days else {})}
    if lacking is not None and case.copy == "authority":
        whole[WITHHELD] = lacking
    told = {"bundle": VERSION, **of_wanted(wanted), "withheld": withheld_told(entries, lacking)}
    whole = with_manifest(case, whole, **told)
    if key is not None:
        whole[SIGNATURE] = key.sign(whole[MANIFEST])
    return zipped(name, {**whole, SUMS: sums({name: digest(content) for name, content in whole.items()})})


def of_wanted(wanted: PackRequest) -> dict[str, Any]:
    """What a manifest says of which pack it is."""
    return {"formats": list(wanted.formats), "months": wanted.months, "claim": wanted.claim}


def sums(digests: Mapping[str, str]) -> bytes:
    """As `sha256sum` writes it."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(folder: str, made: Mapping[str, bytes]) -> bytes:
    """Everything in one folder of a ZIP, by name, at one instant: the same files give the same bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in sorted(made.items()):
            about = zipfile.ZipInfo(f"{folder}/{name}", EARLIEST)
            about.create_system, about.external_attr = 3, 0o100644 << 16
            archive.writestr(about, content, zipfile.ZIP_DEFLATED, 6)
    return whole.getvalue()
