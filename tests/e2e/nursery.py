"""Starts daemons without starting interpreters: everything is imported once, then each daemon is a fork.

Reads paths of settings, one a line; says the process id of the daemon that it forks for each, and "dead" when that
has ended. What the daemon writes goes to standard error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import sla_monitor.daemon  # noqa: F401 - so that no fork need do it
from sla_monitor.cli import cli
from sla_monitor.configuration import read_configuration


def be_a_daemon(settings: str) -> None:
    """Never returns."""
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    cli(["run", "--config", settings])


def main() -> None:
    for line in sys.stdin:
        settings = line.rstrip("\n")
        read_configuration(Path(settings))  # builds the models of the contract
        child = os.fork()
        if child == 0:
            be_a_daemon(settings)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("dead", flush=True)


if __name__ == "__main__":
    main()
