"""Others open the tables, and come to the same figures."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb
import polars as pl
import pytest

from sla_monitor.ledger import read_only
from tests.archive.support import DAY_MS, T0, Place, furnished

DAYS = 3
DURATION = (
    "rest_us + coalesce(dns_us, 0) + coalesce(connect_us, 0) + coalesce(tls_us, 0)"
    " + coalesce(first_byte_us, 0) + coalesce(transfer_us, 0)"
)
Figures = dict[str, tuple[int, int, int, int, float]]
"""By endpoint: observations, failed ones, the sum of durations, the 95th percentile, the mean first byte."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return furnished(tmp_path_factory.mktemp("place"), DAYS)


def of_ledger(place: Place) -> Figures:
    found: Figures = {}
    with read_only(place.ledger) as reader:
        for key in ("custody/api", "custody/web"):
            several = [one.finding for one in reader.observations(key, T0, T0 + DAYS * DAY_MS)]
            times = sorted(finding.duration_us for finding in several)
            first = [us for finding in several if (us := finding.phases.first_byte_us) is not None]
            failed = sum(finding.outcome == "down" for finding in several)
            found[key] = (len(several), failed, sum(times), times[-(-len(times) * 95 // 100) - 1], fmean(first))
    return found


def asked(query: str) -> list[tuple[Any, ...]]:
    return duckdb.connect().execute(query).fetchall()


def of_duckdb(files: str) -> Figures:
    rows = asked(
        f"select endpoint, count(*), count(*) filter (outcome = 'down'), sum({DURATION})::bigint,"
        f" quantile_disc({DURATION}, 0.95), avg(first_byte_us) from '{files}' group by endpoint"
    )
    return {key: tuple(rest) for key, *rest in rows}


def of_polars(files: str) -> Figures:
    phases = [pl.col(f"{name}_us").fill_null(0) for name in ("dns", "connect", "tls", "first_byte", "transfer")]
    duration = pl.col("rest_us") + pl.sum_horizontal(phases)
    found = (
        pl.scan_parquet(files)
        .group_by("endpoint")
        .agg(
            pl.len(),
            (pl.col("outcome") == "down").sum().alias("failed"),
            duration.sum().alias("sum"),
            duration.sort().get((pl.len() * 95 + 99) // 100 - 1).alias("p95"),
            pl.col("first_byte_us").mean().alias("mean"),
        )
        .collect()
    )
    return {key: tuple(rest) for key, *rest in found.rows()}


def test_duckdb_and_polars_come_to_the_ledgers_figures(place: Place) -> None:
    files = str(place.sealed / "2026-*/observations.parquet")
    expected = of_ledger(place)
    assert expected["custody/web"][1] > 0
    for found in (of_duckdb(files), of_polars(files)):
        assert {key: values[:4] for key, values in found.items()} == {
            key: values[:4] for key, values in expected.items()
        }
        assert {key: values[4] for key, values in found.items()} == pytest.approx(
            {key: values[4] for key, values in expected.items()}
        )


def test_the_tables_are_written_as_the_page_says(place: Place) -> None:
    for path in tables(place):
        rows = asked(f"select path_in_schema, type, encodings, compression from parquet_metadata('{path}')")
        for name, kind, encodings, compression in rows:
            is_text = name in {"endpoint", "outcome", "reason", "address", "kind", "text"}
            assert (kind, compression) == ("BYTE_ARRAY" if is_text else "INT64", "ZSTD")
            assert ("RLE_DICTIONARY" if is_text else "DELTA_BINARY_PACKED") in encodings


def test_the_page_lists_every_column(place: Place) -> None:
    page = (Path(__file__).parents[2] / "docs/archive.md").read_text(encoding="utf-8")
    for path in tables(place):
        for name, *_ in asked(f"describe select * from '{path}'"):
            assert f"`{name}`" in page or name in {"connect_us", "tls_us", "first_byte_us"}


def test_the_recipe_of_the_page_checks_a_signature(place: Place) -> None:
    """With openssl and coreutils alone, line by line as it is printed."""
    page = (Path(__file__).parents[2] / "docs/archive.md").read_text(encoding="utf-8")
    recipe = page.partition("head -n 3 checkpoint")[1] + page.partition("head -n 3 checkpoint")[2].partition("```")[0]
    folder = place.folder / "recipe"
    folder.mkdir()
    (folder / "key.pem").write_bytes((place.folder / "key.pem").read_bytes())
    (folder / "checkpoint").write_bytes(place.days()[-1].checkpoint.content)

    def run() -> int:
        return subprocess.run(["sh", "-ec", recipe], cwd=folder, capture_output=True, check=False).returncode

    assert run() == 0
    (folder / "checkpoint").write_bytes(place.days()[-1].checkpoint.content.replace(b"\n3\n", b"\n4\n"))
    assert run() == 1


def tables(place: Place) -> Iterator[Path]:
    for day in place.days():
        yield from (day.path(name) for name in ("observations.parquet", "heartbeats.parquet"))
