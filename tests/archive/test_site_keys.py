"""What sites far away saw is sealed, verified, pruned and read again with the contract, under keys of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from sla_monitor.archive.reading import Archived
from sla_monitor.cli import cli
from sla_monitor.ledger import read_only
from sla_monitor.ledger.housekeeping.checking import check
from tests.archive.support import DAY_MS, FIRST, T0, Place, checked, entry, observations, script

AFAR = "custody/web@north"


def test_a_day_with_sites_is_sealed_verified_pruned_and_read_again(tmp_path: Path) -> None:
    place = Place.furnished(tmp_path / "place", term={"start": "2026-01-01", "end": "2026-01-03"})
    here = list(observations(3))
    afar = [replace(one, endpoint=AFAR, at_ms=one.at_ms + 7) for one in here if one.endpoint == "custody/web"]
    place.record([*here, *afar])
    place.say(entry("minute", T0 + 1, month="2026-01"))
    place.seal(FIRST + timedelta(days=4))
    assert checked(place.sealed, place.key).problems == []
    assert script(place.sealed, "-k", place.folder / "key.pem").returncode == 0
    with read_only(place.ledger) as reader:
        spans = reader.spans(0, T0 + 9 * DAY_MS)
    assert set(spans) == {"custody/web", "custody/api", AFAR}
    told = CliRunner().invoke(
        cli,
        ["ledger", "prune", "--config", str(place.settings), "--before", "2026-01-03"],
        catch_exceptions=False,
    )
    assert told.exit_code == 0, told.output
    assert not check(place.ledger, lambda *_: None).problems
    with read_only(place.ledger, Archived(place.folder / "archive")) as reader:
        assert reader.spans(0, T0 + 9 * DAY_MS) == spans
        assert list(reader.observations(AFAR, 0, T0 + 9 * DAY_MS)) == [
            replace(one, finding=replace(one.finding, steps=())) for one in afar
        ]
    with read_only(place.ledger) as reader:
        assert len(list(reader.observations(AFAR, T0 + 2 * DAY_MS, T0 + 9 * DAY_MS))) == len(afar) // 3
