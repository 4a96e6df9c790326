"""The keys of the settings: what signs heads of the chain, and what they are checked with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.terminal import plain
from sla_monitor.errors import ConfigError, SigningKeyError

if TYPE_CHECKING:
    from sla_monitor.ledger.chaining.chain_heads import Sign
    from sla_monitor.settings import Settings
    from sla_monitor.signing import SigningKey, VerifyingKey


def signer(config: Path, ledger: Path | None) -> Sign | None:
    """Signs with the monitor's key. Why nothing is signed is said. Raises ConfigError, where no ledger is named."""
    key = signing_key(config, ledger)
    return None if key is None else key.sign


def signing_key(config: Path, ledger: Path | None) -> SigningKey | None:
    """The monitor's key; that there is none, or that this user may not read it, is said. Raises ConfigError as
    above."""
    from sla_monitor.signing import SigningKey

    settings = settings_of(config, ledger)
    if settings is None:
        click.echo(f"not signed: there are no settings that name a key ({config})", err=True)
        return None
    try:
        return SigningKey.read(settings.ledger.key)
    except SigningKeyError as error:
        click.echo(plain(f"not signed: {error}"), err=True)
        return None


def verifying_keys(config: Path, ledger: Path | None, files: Sequence[Path]) -> tuple[VerifyingKey, ...]:
    """The keys in these files, or else the monitor's and those that it had before. Raises SigningKeyError for a file
    that is no key, and ConfigError as above."""
    from sla_monitor.signing import SigningKey, VerifyingKey

    if files:
        return tuple(map(VerifyingKey.read, files))
    settings = settings_of(config, ledger)
    if settings is None:
        return ()
    former = tuple(map(VerifyingKey.read, settings.archive.former))
    try:
        return (SigningKey.read(settings.ledger.key).public, *former)
    except SigningKeyError as error:  # a key that is gone, or that this user may not read: the others are tried
        click.echo(
            plain(f"what the present key has signed cannot be checked: {error} (give its public half: --key)"), err=True
        )
        return former


def settings_of(config: Path, ledger: Path | None) -> Settings | None:
    """Those of the daemon; None where a ledger is named and there are none to read."""
    from sla_monitor.settings import load_settings

    try:
        return load_settings(config)
    except ConfigError:
        if ledger is None:
            raise
        return None
