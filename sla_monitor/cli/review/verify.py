"""`sla-monitor verify BUNDLE`: a month worked out again from one ZIP, and what of it holds."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.remedies import with_options
from sla_monitor.cli.shared.terminal import lines_of, plain

if TYPE_CHECKING:
    from sla_monitor.review.bundle.verifying import Check, State

file_type = click.Path(exists=True, dir_okay=False, path_type=Path)
STATES: dict[State, str] = {"holds": "holds", "wrong": "WRONG", "unchecked": "?", "note": "-"}
WRONG, UNCHECKED = 1, 3


@click.command()
@click.option(
    "--signer",
    "keys",
    type=file_type,
    multiple=True,
    help="The monitor's public key (PEM), had from its owner; more than once for earlier ones.",
)
@click.argument("bundle", type=file_type)
def verify(keys: tuple[Path, ...], bundle: Path) -> None:
    """Work the month of BUNDLE out again, from what is in it alone, and say what holds.

    Digests, terms, evidence, every figure, every rendering, what is left out, sealed days; signatures with --signer.
    No settings and no ledger are needed, and nothing is written but into a temporary folder. Exit status 0: all of it
    holds; 1: something does not, or is no bundle; 3: some of it could not be compared on this machine.
    """
    from sla_monitor.review.bundle.verifying import verified
    from sla_monitor.signing import VerifyingKey

    signers = [VerifyingKey.read(path) for path in keys]
    states: set[State] = set()
    with TemporaryDirectory(prefix="sla-monitor-") as folder:
        for one in verified(bundle, signers, Path(folder)):
            states.add(one.state)
            click.echo(_line(one))
    click.echo(f"{bundle}: {_verdict(states)}")
    sys.exit(WRONG if "wrong" in states else UNCHECKED if "unchecked" in states else 0)


def _line(one: Check) -> str:
    return lines_of(f"{one.what:<12}{STATES[one.state]:<7}{plain(with_options(one.said))}")


def _verdict(states: set[State]) -> str:
    if "wrong" in states:
        return "does NOT hold"
    return "holds as far as it could be compared here" if "unchecked" in states else "holds"
