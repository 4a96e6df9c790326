"""Reckons many random contracts a second time: `python -m tests.oracle --count 2000 --seed 1`."""

from __future__ import annotations

import argparse
import time
from collections import Counter

from .agreement import disagreements
from .scene import Maker


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began, wrong, priced = time.monotonic(), 0, Counter[str]()
    for seed in range(given.seed, given.seed + given.count):
        scene = Maker(seed).scene()
        priced.update({rule["method"] for rule in scene.terms["credits"]})
        found = list(disagreements(scene))
        wrong += bool(found)
        for line in found:
            print(f"seed {seed}: {line}")
    took = time.monotonic() - began
    print(f"{given.count} contracts from seed {given.seed} in {took:.0f} s: {wrong} disagree")
    print("with " + ", ".join(f"{method} {count}" for method, count in sorted(priced.items())))
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
