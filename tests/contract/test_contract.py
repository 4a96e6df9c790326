"""Which terms hold when."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.load import load_contract
from tests.contract.support import ROOT, SERVICES, loaded

TERMS = load_contract(ROOT / "config/contracts/police-strategic-it.yaml").versions[0].terms


def contract(*edges: int) -> Contract:
    return Contract(tuple(TermsVersion(edge, TERMS, str(edge)) for edge in edges))


def test_the_first_version_holds_before_it_begins() -> None:
    assert [contract(10, 20).version_at(at).from_ms for at in (0, 9, 10, 19, 20, 99)] == [10, 10, 10, 10, 20, 20]


@given(st.sets(st.integers(0, 50), min_size=1, max_size=5), st.integers(0, 60), st.integers(0, 60))
def test_the_versions_in_a_stretch_tile_it(edges: set[int], start: int, end: int) -> None:
    several = contract(*sorted(edges))
    parts = [(one.start_ms, one.end_ms) for one in several.versions_in(start, end)]
    assert [moment for a, b in parts for moment in range(a, b)] == list(range(start, end))
    for a, b in parts:
        assert len({several.version_at(moment).from_ms for moment in range(a, b)}) == 1


def test_an_endpoint_is_known_by_its_contract_and_its_id(tmp_path: Path) -> None:
    assert [key for key, _, _ in loaded(tmp_path, SERVICES).endpoints_at(0)] == ["small/health"]
