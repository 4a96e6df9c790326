"""`sla-monitor archive …`, and the commands of `ledger` about sealed days: seal, verify, witness, and the key."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, ledger_option
from sla_monitor.cli.shared.sources import configuration_in_force
from sla_monitor.cli.shared.terminal import give_way, plain, progress_bar
from sla_monitor.errors import SlaMonitorError

if TYPE_CHECKING:
    from sla_monitor.archive.verifying import Against, Report
    from sla_monitor.contract.contract import Contract
    from sla_monitor.settings import Settings
    from sla_monitor.signing import VerifyingKey

folder_argument = click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
file_type = click.Path(exists=True, dir_okay=False, path_type=Path)
keys_option = click.option(
    "--signer",
    "keys",
    type=file_type,
    multiple=True,
    help="A public key that signed days; more than once for earlier ones. Without it, those of the settings.",
)
digests_option = click.option(
    "--digests", "digests_only", is_flag=True, help="DIR has digests and checkpoints alone, as in a bundle."
)
kept_option = click.option("--kept", type=file_type, help="A checkpoint that you kept: all it covered must be there.")


AT_ONCE = 31
"""Days that are sealed without anybody's asking: a clock that is a year ahead must not seal the year to come."""


@click.group("archive", cls=Commands)
def archive() -> None:
    """Check sealed days, and witness them."""


@click.command("archive")
@config_option
@ledger_option
@click.option("--gently", is_flag=True, help="Give way to everything else, and seal no more than a month at once.")
def seal(config: Path, ledger: Path | None, gently: bool) -> None:
    """Seal every day that is over: observations, register, terms and evidence of each contract, signed.

    A day is compared with the ledger after it is written. Safe while the daemon runs, and to be killed at any time;
    days that are sealed stay as they are.
    """
    from sla_monitor.clock import SystemClock

    if gently:
        give_way()
    configuration, now_ms = configuration_in_force(config, ledger), SystemClock().now_ms()
    failed = False
    for contract in configuration.contracts:
        try:
            _seal(contract, configuration.settings, ledger, now_ms, AT_ONCE if gently else None)
        except SlaMonitorError as error:  # the others are sealed all the same
            click.echo(plain(str(error)), err=True)
            failed = True
    sys.exit(int(failed))


def _seal(contract: Contract, settings: Settings, ledger: Path | None, now_ms: int, at_most: int | None) -> None:
    """Seal the days of one contract, and have them stamped. Raises SlaMonitorError and its kinds."""
    from sla_monitor.archive.stamping import is_due, stamp
    from sla_monitor.cli.ledger.seal import seal_days, sealer_of

    with sealer_of(contract, settings) as sealer, progress_bar(f"Sealing {contract.id}") as progress:
        made = seal_days(contract, ledger or settings.ledger.path, sealer, now_ms, progress, at_most=at_most)
        newest = sealer.last
    if newest is None:
        click.echo(f"{contract.id}: no observations or entries yet")
        return
    click.echo(f"{contract.id}: {len(made)} days sealed, up to {newest.on}")
    authority, today = settings.archive.time_stamps, datetime.fromtimestamp(now_ms / 1000, UTC).date()
    if authority is not None and (made or is_due(newest, today)):
        click.echo(f"{contract.id}: time stamp {stamp(newest, authority.url, authority.ca_file, today)}")


@click.command("key")
@config_option
@click.option("--make", is_flag=True, help="Make the key, where there is none.")
@click.option("--verifier", is_flag=True, help="Print it as C2SP's tools take it, in place of PEM.")
def key(config: Path, make: bool, verifier: bool) -> None:
    """Show the public half of the key that the record is signed with."""
    from sla_monitor.settings import load_settings
    from sla_monitor.signing import SigningKey

    settings = load_settings(config)
    path = settings.ledger.key
    made = SigningKey.make(path) if make else SigningKey.read(path)
    click.echo(f"{path}: Ed25519, SHA-256 {made.public.fingerprint}", err=True)
    click.echo(made.public.verifier(settings.archive.origin) if verifier else made.public.pem, nl=verifier)


@archive.command()
@config_option
@keys_option
@kept_option
@click.option("--witness", type=file_type, help="A witness's public key: it must have signed a checkpoint.")
@click.option("--authority", type=file_type, help="The time-stamping authority's certificates.")
@digests_option
@folder_argument
def verify(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    keys: tuple[Path, ...],
    kept: Path | None,
    witness: Path | None,
    authority: Path | None,
    digests_only: bool,
    folder: Path,
) -> None:
    """Check the sealed days of one contract in DIR, as its verify.sh does, and the tables too.

    Exit status 1 when anything is wrong.
    """
    from sla_monitor.signing import VerifyingKey

    against = replace(
        _against(config, keys, kept, VerifyingKey.read(witness) if witness else None, authority),
        digests_only=digests_only,
    )
    report = _checked(folder, against)
    if report.cosigned is not None:
        day, at_s = report.cosigned
        click.echo(f"the witness signed up to {day.on} at {datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"{folder}: {len(report.days)} days, {report.days[0].on} to {report.days[-1].on}: good")


@archive.command()
@config_option
@keys_option
@kept_option
@click.option("--key", "own", type=file_type, required=True, help="Your private key (Ed25519, PEM).")
@click.option("--name", required=True, help="Your name in the signature, such as your domain.")
@digests_option
@folder_argument
def cosign(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    keys: tuple[Path, ...],
    kept: Path | None,
    own: Path,
    name: str,
    digests_only: bool,
    folder: Path,
) -> None:
    """Witness the newest day in DIR: check all days, and sign the checkpoint.

    Keep the checkpoint, give it as --kept next time, and return it to whoever keeps the archive.
    """
    from sla_monitor.archive.witnessing import cosign as sign
    from sla_monitor.clock import SystemClock
    from sla_monitor.signing import SigningKey

    against = replace(_against(config, keys, kept, None, None), digests_only=digests_only)
    report = _checked(folder, against)
    path = sign(report.days[-1], name, SigningKey.read(own), SystemClock().now_ms() // 1000)
    click.echo(f"{path}: signed as {name}; keep a copy, and return it")


@archive.command()
@click.option("--witness", type=file_type, required=True, help="The witness's public key.")
@folder_argument
@click.argument("checkpoint", type=file_type)
def accept(witness: Path, folder: Path, checkpoint: Path) -> None:
    """Put a witness's signature, in the CHECKPOINT that it returned, to the day in DIR that it is of."""
    from sla_monitor.archive.witnessing import accept as put
    from sla_monitor.signing import VerifyingKey

    click.echo(f"{put(folder, checkpoint, VerifyingKey.read(witness))}: carries the witness's signature")


def _against(
    config: Path,
    keys: tuple[Path, ...],
    kept: Path | None,
    witness: VerifyingKey | None,
    authority: Path | None,
) -> Against:
    from sla_monitor.archive.checkpoint import LARGEST, Checkpoint
    from sla_monitor.archive.sealed import contents
    from sla_monitor.archive.verifying import Against
    from sla_monitor.settings import load_settings
    from sla_monitor.signing import SigningKey, VerifyingKey

    if keys:
        known = tuple(map(VerifyingKey.read, keys))
    else:
        settings = load_settings(config)
        known = (SigningKey.read(settings.ledger.key).public, *map(VerifyingKey.read, settings.archive.former))
    return Against(known, witness, Checkpoint.read(contents(kept, LARGEST)) if kept else None, authority)


def _checked(folder: Path, against: Against) -> Report:
    """The report of days that hold; whatever does not is told, and ends the command with status 1."""
    from sla_monitor.archive.verifying import verify as verify_days

    with progress_bar("Checking") as progress:
        report = verify_days(folder, against, progress)
    for line in (*report.notes, *report.problems):
        click.echo(plain(line), err=True)
    if report.problems:
        sys.exit(1)
    return report
