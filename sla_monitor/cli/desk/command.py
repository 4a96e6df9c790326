"""`sla-monitor desk …`: passwords and tokens to be put into the settings, who may do what, and who did what."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import ledger_path
from sla_monitor.cli.shared.terminal import lines_of, table, width

if TYPE_CHECKING:
    from sla_monitor.ledger.recording.audit import AuditEvent
    from sla_monitor.settings.desk.users import DeskSettings, RoleGrant

LEAST = 12
"""Characters of a password that is made here."""


@click.group(cls=Commands)
def desk() -> None:
    """Passwords and tokens for the desk, its access table, its audit, and a test of webhooks."""


@desk.command()
def password() -> None:
    """Print the bcrypt hash of a password, which is asked for twice or read from a pipe.

    Write the hash into a file that only the daemon's user may read, and name it: password: ${file:PATH}. A changed file
    counts at once, and ends the sessions that were begun with the old password.
    """
    from sla_monitor.web.identity.passwords import hash_of

    if sys.stdin.isatty():
        typed = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        typed = sys.stdin.readline().rstrip("\n")
    if len(typed) < LEAST:
        raise click.UsageError(f"the password has less than {LEAST} characters")
    try:
        click.echo(hash_of(typed))
    except ValueError as error:
        raise click.UsageError(f"the password {error}") from None


@desk.command()
def token() -> None:
    """Print a new token for a script, and below it the digest for the settings. Nobody can print the token again."""
    from sla_monitor.web.identity.desk_state import digest_of

    made = secrets.token_urlsafe(32)
    click.echo(f"token: {made}\nsha256: {digest_of(made)}")


@desk.command()
@config_option
@format_option
def access(config: Path, style: str) -> None:
    """Print who may do what: each action with the roles that may do it, and each user and token with theirs."""
    from sla_monitor.settings import load_settings
    from sla_monitor.settings.desk.access_table import TABLE, Target

    settings = load_settings(config).desk
    if style == "json":
        from sla_monitor.cli.register.formatting import print_json

        print_json(_document(settings))
        return
    actions = [
        {
            "action": f"{action}",
            "what": line.words,
            "to": f"{line.target}",
            "roles": "everybody" if line.target is Target.ANYBODY else ", ".join(sorted(line.roles)),
            "fresh": "yes" if line.is_fresh else "",
        }
        for action, line in TABLE.items()
    ]
    click.echo(lines_of(table(actions, ("what", "fresh"), width())))
    people = [
        {"who": name, "signs in by": how, "role": f"{grant.role}", "for": _reach(grant)}
        for name, how, grant in _granted(settings)
    ]
    click.echo()
    click.echo(
        lines_of(table(people, ("signs in by",), width())) if people else "nobody is named: see docs/how-to/sign-in.md"
    )


def _granted(settings: DeskSettings) -> Iterator[tuple[str, str, RoleGrant]]:
    for user in settings.users:
        ways = {"password": user.password, "OpenID": user.openid, "proxy": user.proxy}
        yield from ((user.name, ", ".join(way for way, given in ways.items() if given), grant) for grant in user.roles)
    for one in settings.tokens:
        yield from ((one.name, "token", grant) for grant in one.roles)


def _reach(grant: RoleGrant) -> str:
    return grant.participant or ", ".join(grant.contracts or ("all contracts",))


def _document(settings: DeskSettings) -> dict[str, object]:
    from sla_monitor.settings.desk.access_table import TABLE

    actions = {
        f"{action}": {"to": f"{line.target}", "roles": sorted(line.roles), "fresh": line.is_fresh}
        for action, line in TABLE.items()
    }
    people = [
        {"name": name, "role": f"{grant.role}", "contracts": grant.contracts, "participant": grant.participant}
        for name, _, grant in _granted(settings)
    ]
    return {"actions": actions, "people": people}


@desk.command("webhook-test")
@click.argument("name")
@config_option
def webhook_test(name: str, config: Path) -> None:
    """Send a signed test message to the webhook NAME of the settings, and say what became of it.

    It is of the type `test` and changes nothing: neither what the receiver is told next, nor the record.
    """
    from sla_monitor.clock import SystemClock
    from sla_monitor.contract.reading.nearest import suggestion
    from sla_monitor.settings import load_settings
    from sla_monitor.webhooks.delivery import NotTaken, Receiver
    from sla_monitor.webhooks.events import test_message

    known = {one.name: one for one in load_settings(config).webhooks}
    if name not in known:
        raise click.UsageError(f"no webhook is called {name} ({suggestion(name, known)})")
    webhook, now_ms = known[name], SystemClock().now_ms()
    message, receiver = test_message(now_ms, secrets.token_hex(8)), Receiver(webhook)
    try:
        receiver.post(message, now_ms)
    except NotTaken as error:
        raise click.ClickException(f"{webhook.url} did not take the test message: {error}") from None
    finally:
        receiver.close()
    click.echo(f"{webhook.url} took the test message {message.id}")


@desk.command()
@config_option
@ledger_option
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest.")
@format_option
def audit(config: Path, ledger: Path | None, last: int, style: str) -> None:
    """List who signed in, was refused, signed out and downloaded, and who entered what, the newest last."""
    from sla_monitor.ledger.recording.audit import newest_deeds

    found = newest_deeds(ledger_path(config, ledger), last)
    if style == "json":
        from dataclasses import asdict

        from sla_monitor.cli.register.formatting import print_json

        print_json({"events": [asdict(one) for one in found]})
        return
    click.echo(lines_of(table([_row(one) for one in found], ("from", "known"), width())) if found else "no events")


def _row(event: AuditEvent) -> dict[str, str]:
    from sla_monitor.register.instant import format_utc
    from sla_monitor.wording.known_by import describe_known_by

    count = f" × {event.count:,}" if event.count > 1 else ""
    return {
        "at": format_utc(event.at_ms),
        "event": f"{event.event}{count}",
        "who": event.actor or "nobody who is known",
        "known": describe_known_by(event.known_by),
        "contract": event.contract,
        "what": event.subject,
        "from": event.addresses,
    }
