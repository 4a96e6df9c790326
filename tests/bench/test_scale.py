"""The contracts of the bench are good ones, and its sites speak of the endpoints that these have probed there."""

from __future__ import annotations

from pathlib import Path

from bench import scale
from bench.scale_parts import parts_cost
from sla_monitor.configuration import read_configuration


def test_each_simulated_site_speaks_of_the_endpoints_that_it_is_to_probe(tmp_path: Path) -> None:
    path = scale.write(tmp_path, 2_020, 4222, 0)
    read = read_configuration(path)
    found: dict[str, list[str]] = {}
    for contract in read.contracts:
        for key, _, terms in contract.endpoints_at(contract.versions[0].from_ms):
            (site,) = terms.sites
            found.setdefault(site, []).append(key)
    assert found == scale.keys_of(2_020)


def test_parts_are_measured_of_the_same_contracts(tmp_path: Path) -> None:
    found = parts_cost(scale.write(tmp_path, 40, 4222, 0))
    assert found["series (all)"] - found["series (failing)"] >= 40 * 14
    assert found["scrape (all), MB"] > found["scrape (failing), MB"]
