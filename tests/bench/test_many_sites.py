"""The two contracts of the bench are the same, and its evidence fits them."""

from __future__ import annotations

from pathlib import Path

from bench.many_sites import evidence, repeated, written_out
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence.reading import read_evidence


def loaded(folder: Path, text: str) -> Contract:
    path = folder / "network.yaml"
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


def test_rows_of_a_list_are_the_contract_that_is_written_out(tmp_path: Path) -> None:
    contract = loaded(tmp_path, repeated(12))
    assert contract.versions == loaded(tmp_path, written_out(12)).versions
    path = tmp_path / "evidence.json"
    path.write_text(evidence(12), encoding="utf-8")
    spans = read_evidence(path, contract).spans(0, 2**42)
    assert len(spans) == 24
