"""A disk that fails: whatever becomes of a file, it is found, and no wrong figure is told of it."""

from __future__ import annotations

import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import yaml

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import LedgerError
from tests.ledger.chaining.test_proof import TERMS, telling
from tests.ledger.chaining.test_verifying import found, make_ledger


def damage(path: Path, seed: int) -> None:
    """Bytes of a copy become others, here and there or a whole page."""
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(len(content))
        if chance.random() < 0.7:
            content[place] ^= 1 << chance.randrange(8)
        else:
            length = chance.choice((2, 16, 512, 4096))
            content[place : place + length] = chance.randbytes(len(content[place : place + length]))
    path.write_bytes(content)


def content_of(path: Path) -> list[str]:
    """All that the tables say, but for when they were made."""
    with closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if '"_sqlite_migrations"' not in line]


def check_damaged(folder: Path, seeds: range) -> Counter[str]:
    """How many copies `check` finds, and what becomes of the figures. Nothing is silent, and nothing is wrong."""
    (folder / "custody.yaml").write_text(yaml.safe_dump(TERMS, sort_keys=False))
    contract: Contract = load_contract(folder / "custody.yaml")
    whole = folder / "whole.db"
    make_ledger(whole)
    told, before = dict(telling(contract, whole)), content_of(whole)
    counts: Counter[str] = Counter()
    for seed in seeds:
        path = Path(shutil.copy(whole, folder / "damaged.db"))
        damage(path, seed)
        if found(path):
            counts["found by check"] += 1
        else:
            assert content_of(path) == before, f"seed {seed}: other content, and nothing is said"
            counts["the same content"] += 1
        for name, figures in telling(contract, path):
            if isinstance(figures, LedgerError):
                counts["figures refused"] += 1
            else:
                assert figures == told[name], f"seed {seed}: {name} tells something else, and nothing is said"
                counts["figures right"] += 1
    return counts


def test_no_damage_is_silent(tmp_path: Path) -> None:
    counts = check_damaged(tmp_path, range(60))
    assert counts["found by check"] >= 20, "the rest is damage where nothing is kept"
    assert counts["figures refused"] >= 20


def main(count: int) -> None:
    """Many more damaged copies than a test run has the time for: `make damage`."""
    with tempfile.TemporaryDirectory() as folder:
        counts = check_damaged(Path(folder), range(1_000, 1_000 + count))
    told = ", ".join(f"{number:,} {what}" for what, number in sorted(counts.items()))
    print(f"{count:,} damaged copies: {told}; 0 silent, 0 wrong")


if __name__ == "__main__":
    main(int(sys.argv[1]))
