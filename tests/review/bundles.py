"""A quarter in a real ledger with notes of the authority's own, sealed, and the bundles made of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry, TermsProposed
from sla_monitor.signing import SigningKey
from tests.archive.support import DAYS_FILE, Place
from tests.support.quarter import CONTRACT, SAID, entry, recorded_in

MONTH = "2025-03"
TERMS = TermsProposed.example
OWN: list[dict[str, Any]] = [
    {"kind": "waiver", "month": "2025-02", "kpis": ["KPI1"], "what": "money"},
    {"kind": "correction", "endpoints": ["portal"], "start": "2025-03-20T00:00Z", "end": "2025-03-20T03:00Z",
     "outcome": "up"},
    {"kind": "impact", "service": "custody", "start": "2025-03-10T12:00Z", "end": "2025-03-10T13:00Z", "users": 120,
     "of": 400},
    {"kind": "earn_back", "month": "2025-03", "amount": "12.50"},
    {"kind": "figure", "kpi": "PI4", "month": "2025-03", "party": "authority", "value": "7.5"},
    {"kind": "minute", "month": "2025-02"},
    {"kind": "terms_proposed", "start": "2025-03-28T00:00Z", "digest": TERMS.words["digest"],
     "files": TERMS.words["files"]},
]  # fmt: skip
SECRET, PAPERS, OPEN = "settle at 20000 if they ask", "drive/legal/strategy.docx", "read out at the meeting"
"""The authority's own note and papers, and what both sides know."""
HIDDEN = range(len(SAID) + 1, len(SAID) + 6)
"""The numbers of the entries that are the authority's own. Of the last one, a draft of new terms, there is no trace."""


def furnished(folder: Path) -> Place:
    """The contract with bank holidays in another folder, the ledger with its key, days sealed up to 2 April 2025."""
    (folder / "contracts").mkdir(parents=True)
    hours = 'office: {hours: {mon-fri: "08:00-18:00"}'
    assert hours in CONTRACT
    text = CONTRACT.replace(hours, f"{hours}, bank_holidays: ../holidays/days.yaml")
    text = text.replace(
        "    endpoints:\n      - {id: portal", "    service_hours: office\n    endpoints:\n      - {id: portal"
    )
    (folder / "contracts/partnership.yaml").write_text(text)
    (folder / "holidays").mkdir()
    days = DAYS_FILE | {"first_year": 2025, "last_year": 2026, "days": {"2025-03-17": "A holiday"}}
    (folder / "holidays/days.yaml").write_text(yaml.safe_dump(days))
    settings = {
        "ledger": {"path": "ledger.db", "key": "ledger.key"},
        "archive": {"folder": "archive", "origin": "force.example/sla"},
        "reviews": {"folder": "packs", "kept_by": "Digital Services, The Authority"},
    }
    (folder / "sla-monitor.yaml").write_text(yaml.safe_dump(settings))
    SigningKey.make(folder / "ledger.key")
    (folder / "key.pem").write_text(SigningKey.read(folder / "ledger.key").public.pem)
    recorded_in(folder / "ledger.db")
    Register.open(folder / "ledger.db", SystemClock()).add([own(i, said) for i, said in enumerate(OWN, len(SAID) + 1)])
    place = Place(folder)
    place.seal(date(2025, 4, 3))
    return place


def own(number: int, said: dict[str, Any]) -> Entry:
    """What both sides know is noted in what both sides read, and the authority's secret in everything else."""
    is_open = said["kind"] == "minute"
    words = {"note": OPEN} if is_open else {"note": SECRET, "evidence": PAPERS}
    return entry(number, said).model_copy(update=words)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in words])


def reviewed(place: Place, output: Path, *words: str) -> Path:
    """The bundle of the month, made as the words say."""
    done = run("review", "partnership", "--config", place.settings, "--period", MONTH, "--output", output, "--bundle",
               *words)  # fmt: skip
    assert done.exit_code == 0, (done.output, done.exception)
    (bundle,) = [path for path in output.iterdir() if path.suffix == ".zip"]
    return bundle


def contents(bundle: Path) -> dict[str, bytes]:
    """By its name in the bundle's folder, what each file holds."""
    with zipfile.ZipFile(bundle) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def written(path: Path, folder: str, files: Mapping[str, bytes]) -> Path:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}", content, zipfile.ZIP_DEFLATED)
    path.write_bytes(whole.getvalue())
    return path


def changed(bundle: Path, to: Path, change: Callable[[dict[str, bytes]], None], *, is_resealed: bool) -> Path:
    """The bundle with its files changed; resealed: with every digest made anew, as somebody does who wants to deceive
    and has no key."""
    files = contents(bundle)
    change(files)
    if is_resealed:
        reseal(files, bundle.stem)
    return written(to, bundle.stem, files)


def reseal(files: dict[str, bytes], stem: str) -> None:
    """`stem`: the name of the bundle's folder."""
    for name in ("SHA256SUMS", "manifest.sig"):
        files.pop(name, None)
    told = json.loads(files.pop("manifest.json"))
    told["files"] = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    told["assessment_sha256"] = told["files"][f"{stem}.json"]
    files["manifest.json"] = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
    lines = (f"{sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    files["SHA256SUMS"] = "".join(lines).encode()
