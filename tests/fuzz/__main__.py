"""`make fuzz`: `python -m tests.fuzz [--count 200000 | --seconds 60] [--seed 1] [--only http]`.

Prints a line of the log for each kind, outcome and reason, and what failed; the exit status is 1 if anything did.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from tests.fuzz import dns, http, tls
from tests.fuzz.log import LOG

KINDS: dict[str, Callable[[int, int, int], list[str]]] = {"http": http.run, "tls": tls.run, "dns": dns.run}
BATCH = 5_000
SHARE = {"http": 3}
"""Batches of a kind to one of another: the cheap ones more often."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Mutated answers, a great many.")
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=KINDS)
    wanted = parser.parse_args()
    kinds = [kind for kind in KINDS if wanted.only in {None, kind} for _ in range(SHARE.get(kind, 1))]
    began, done, failed = time.monotonic(), 0, list[str]()
    while done < wanted.count and time.monotonic() - began < wanted.seconds:
        kind = kinds[done // BATCH % len(kinds)]
        size = min(BATCH, wanted.count - done)
        failed += KINDS[kind](size, wanted.seed, done)
        done += size
        print(f"{done:9,} cases, {time.monotonic() - began:5.0f} s, {len(failed)} failed", file=sys.stderr, flush=True)
    print(*LOG.lines(), *failed[:50], f"{done:,} cases with seed {wanted.seed}, {len(failed)} failed", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
