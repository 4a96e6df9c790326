"""`make standby-loop`: take the lease from the collector that speaks, again and again, in whichever way.

What must hold: never two speak; the other one takes over; whoever comes back follows; and an alert that fires all the
while is told once. Printed is how long each takeover took, from the fault to the first answer of the one that speaks.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.pair import PATIENT_S, One, Pair, a_pair
from tests.support.waiting import wait_until

ALERT = "SlaServiceDown"
EVERY = "10s"
"""One fault follows the other at once, so that the one that takes over may just have been away: what it lacks then is
less than half of this (`IN_STEP_MS`), and no state is unknown for it."""

FAULTS = ("killed", "stopped", "cut", "swallowed", "asked to stop", "server killed")


@contextmanager
def watching_for_two(pair: Pair) -> Iterator[list[str]]:
    """Whenever one says that it speaks, then the other one, then again the first: both did at a time."""
    found, is_over = list[str](), threading.Event()

    def watch() -> None:
        while not is_over.wait(0.05):
            for one, other in (pair.both, pair.both[::-1]):
                if one.speaks() and other.speaks() and one.speaks():
                    found.append(f"{one.name} and {other.name} at {time.time():.1f}")

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()


def take_away(pair: Pair, fault: str, one: One) -> Callable[[], None]:
    """Have it lose the lease; what is returned has it come back."""
    network = pair.networks[one.name]
    if fault == "stopped":
        one.send(signal.SIGSTOP)
        return lambda: one.send(signal.SIGCONT)
    if fault == "cut":
        network.cut()
        return network.mend
    if fault == "swallowed":
        network.swallow = True
        return lambda: setattr(network, "swallow", False)
    if fault == "server killed":
        pair.server.kill()
        return pair.server.start
    one.stop(signal.SIGKILL if fault == "killed" else signal.SIGTERM)
    return one.start


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance, took = random.Random(given.seed), dict[str, list[float]]()
    with tempfile.TemporaryDirectory() as folder, a_pair(Path(folder), EVERY) as pair, pair.watched():
        pair.east.start()
        pair.west.start("--standby")
        pair.start_site()
        pair.speaking()
        time.sleep(5)
        pair.supplier.close()
        wait_until(lambda: pair.called.of(ALERT) == ["firing"], PATIENT_S)
        with watching_for_two(pair) as two:
            for number in range(given.rounds):
                one, other = pair.speaking()
                fault = chance.choice(FAULTS)
                time.sleep(chance.uniform(0.0, 1.0))
                began_s = time.monotonic()
                mend = take_away(pair, fault, one)
                if fault == "server killed":
                    wait_until(lambda: not any(each.speaks() for each in pair.both), PATIENT_S)
                    began_s = time.monotonic()
                    mend()
                    pair.speaking()
                else:
                    wait_until(other.speaks, PATIENT_S)
                took.setdefault(fault, []).append(time.monotonic() - began_s)
                print(f"{number + 1:3} {one.name} {fault}: {took[fault][-1]:.1f} s", flush=True)
                if fault != "server killed":
                    mend()
                    pair.speaking()
        time.sleep(20)
        told = pair.called.told
        repeated = pair.called.of(ALERT) != ["firing"]
    for fault, several in sorted(took.items()):
        print(f"{fault}: {len(several)} times, {min(several):.1f} to {max(several):.1f} s")
    print(f"two spoke: {two or 'never'}")
    print(
        f"told: {sorted({(name, status) for name, status, _ in told})}; {ALERT}: {[t for t in told if t[0] == ALERT]}"
    )
    return 1 if two or repeated else 0


if __name__ == "__main__":
    sys.exit(main())
