"""Which packs the daemon makes by itself, and that it makes them in a process of its own."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sla_monitor.clock import SystemClock
from sla_monitor.configuration import read_configuration
from sla_monitor.contract.load import load_contract
from sla_monitor.daemon import Daemon
from sla_monitor.periods.edges import month_of
from sla_monitor.periods.months import shifted
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.review.pack_scheduler import AGAIN_MS, SETTLING_MS, Due, PackScheduler, due
from sla_monitor.review.pack_store import put
from sla_monitor.review.rendering.files import with_manifest
from sla_monitor.settings import Reviews
from tests.daemon.test_background_jobs import seen_a_day_ago
from tests.review.months import CONTRACT, scene
from tests.support.quarter import CONTRACT as QUARTER
from tests.support.quarter import recorded_in

OWN = load_contract(CONTRACT)
OCTOBER_MS = month_of(1_792_000_000_000, OWN.time_zone).start_ms
DAY = 86_400_000


def signed(number: int, month: str) -> Entry:
    return entry_of(number, {"kind": "sign_off", "month": month, "digest": "0" * 64, "points": 0, "credit": 0})


def entry_of(number: int, said: dict[str, Any]) -> Entry:
    return Entry.model_validate(
        {"number": number, "at": Milliseconds(0), "actor": "a", "contract": OWN.id, "said": said}
    )


def asked(folder: Path, now_ms: int, *entries: Entry, first_ms: int | None = OCTOBER_MS - 40 * DAY) -> list[str]:
    return [one.month for one in due(OWN, entries, first_ms, Reviews(folder=folder), now_ms)]


def shelve(folder: Path, month: str, register_number: int, tmp_path: Path) -> None:
    case = scene("good", tmp_path)[0]
    object.__setattr__(case.assessment, "register_number", register_number)
    put(folder / f"{OWN.id}-{month}", with_manifest(case, {}))


def test_a_month_that_has_ended_is_due_once_its_last_observations_are_in(tmp_path: Path) -> None:
    assert asked(tmp_path, OCTOBER_MS + SETTLING_MS - 1) == ["2026-08"]
    assert asked(tmp_path, OCTOBER_MS + SETTLING_MS) == ["2026-09"]
    assert asked(tmp_path, OCTOBER_MS + SETTLING_MS, first_ms=OCTOBER_MS) == []
    assert asked(tmp_path, OCTOBER_MS + SETTLING_MS, first_ms=None) == []


def test_a_month_outside_the_term_is_never_due(tmp_path: Path) -> None:
    assert asked(tmp_path, OCTOBER_MS - 170 * DAY, first_ms=0) == []
    assert asked(tmp_path, OCTOBER_MS + 10 * 365 * DAY, first_ms=0) == []


def test_a_pack_is_made_once_and_anew_when_its_month_is_signed(tmp_path: Path) -> None:
    now_ms = OCTOBER_MS + 5 * DAY
    shelve(tmp_path, "2026-09", 7, tmp_path)
    assert asked(tmp_path, now_ms) == []
    assert asked(tmp_path, now_ms, signed(7, "2026-09")) == []
    assert asked(tmp_path, now_ms, signed(8, "2026-09")) == ["2026-09"]
    assert asked(tmp_path, now_ms, signed(8, "2026-06")) == []
    theirs = {"kind": "countersignature", "month": "2026-09", "digest": "0" * 64}
    assert asked(tmp_path, now_ms, signed(7, "2026-09"), entry_of(8, theirs)) == ["2026-09"]


def test_the_suppliers_copy_is_due_where_it_is_bundled_or_sent(tmp_path: Path) -> None:
    def copies(**more: object) -> list[tuple[str, str]]:
        reviews = Reviews.model_validate({"folder": str(tmp_path), **more})
        now_ms = OCTOBER_MS + 5 * DAY
        return [(one.copy, one.name) for one in due(OWN, (signed(8, "2026-06"),), 0, reviews, now_ms)]

    ours, theirs = ("authority", f"{OWN.id}-2026-09"), ("supplier", f"{OWN.id}-2026-09-supplier")
    mail = {"host": "127.0.0.1", "sender": "a@b.invalid"}
    assert copies() == copies(mail=mail | {"to": {OWN.id: ["c@d.invalid"]}}) == [ours]
    assert copies(bundles=True) == copies(mail=mail | {"suppliers": {OWN.id: ["c@d.invalid"]}}) == [ours, theirs]
    shelve(tmp_path, "2026-09", 7, tmp_path)
    assert copies(bundles=True) == [theirs]
    with pytest.raises(ValidationError, match="must have json where bundles are made"):
        Reviews.model_validate({"bundles": True, "formats": ["html"]})


def test_a_pack_is_made_by_a_process_and_a_failure_is_tried_again_later(tmp_path: Path) -> None:
    """There is no ledger: the command fails, and says so in the log."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "contract.yaml").write_text(CONTRACT.read_text())
    settings = tmp_path / "sla-monitor.yaml"
    settings.write_text("ledger: {path: none.db}\n")
    duty, wanted = PackScheduler(Reviews(folder=tmp_path / "packs"), settings), [Due(OWN.id, "2026-09")]
    duty.check(wanted, 0)
    assert duty._running is not None
    deadline = time.monotonic() + 120
    while duty._running is not None and time.monotonic() < deadline:
        duty.check([], 0)
        time.sleep(0.05)
    duty.check(wanted, AGAIN_MS - 1)
    assert duty._running is None
    duty.check(wanted, AGAIN_MS)
    assert duty._running is not None
    duty.stop()
    assert duty._running is None


def test_the_daemon_has_the_pack_of_the_last_month_made(tmp_path: Path) -> None:
    """From a ledger that began last year; the endpoints of the contract are never probed."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "partnership.yaml").write_text(QUARTER)
    recorded_in(tmp_path / "ledger.db")
    seen_a_day_ago(tmp_path / "ledger.db")
    settings = tmp_path / "sla-monitor.yaml"
    settings.write_text(
        "listen: 127.0.0.1:0\nledger: {path: ledger.db}\n"
        "reviews: {folder: packs, automatic: true, bundles: true, formats: [html, json]}\n"
    )
    clock = SystemClock()
    daemon = Daemon(settings, read_configuration(settings), clock)
    try:
        daemon._errands.make_reviews()
        this = month_of(clock.now_ms() - SETTLING_MS, OWN.time_zone).name
        name = f"partnership-{shifted(this, -1)}"
        manifest, bundles = tmp_path / "packs" / name / "manifest.json", [f"{name}-supplier.zip", f"{name}.zip"]
        deadline = time.monotonic() + 120
        while sorted(one.name for one in (tmp_path / "packs").glob("*.zip")) != bundles and time.monotonic() < deadline:
            daemon._errands.make_reviews()
            time.sleep(0.05)
        daemon._errands.make_reviews()
        assert [one.month for one in daemon._web.packs()] == [shifted(this, -1)] * 2
    finally:
        daemon.stop()
    assert sorted(one.name for one in (tmp_path / "packs").glob("*.zip")) == bundles
    said = json.loads(manifest.read_bytes())
    assert (said["status"], said["register_number"]) == ("provisional", 7)
    assert len(said["files"]) == 4
