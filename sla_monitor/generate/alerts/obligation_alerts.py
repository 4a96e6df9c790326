"""Alerts about the contract's dated duties: due soon, and late."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sla_monitor import names
from sla_monitor.contract.obligations import Obligation
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import By, CountOf, Instant, name_of_something, text
from sla_monitor.generate.alerts.contract_alerts import contract_alert, late
from sla_monitor.generate.alerts.subject import DAY_S, AlertSubject, asked_for
from sla_monitor.wording.instants import format_instant
from sla_monitor.wording.obligations import PARTIES, describe_consequence

UTC = ZoneInfo("UTC")
_BY = ("contract", "obligation")


def obligation_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """Both, where the terms have duties."""
    if not subject.terms.obligations:
        return
    first = subject.terms.obligations[0]
    where = {"obligation": first.id, "party": first.party}
    yield _soon(subject, where)
    yield _late(subject, where)


def _soon(subject: AlertSubject, where: dict[str, str]) -> Alert:
    soon, due = (subject.sample(name, **where) for name in (names.OBLIGATION_DUE_SOON, names.OBLIGATION_DUE))
    at_ms = late(subject)
    then_s = at_ms // 1000 + DAY_S
    return contract_alert(
        subject,
        names.OBLIGATION_SOON,
        f"{subject.select(names.OBLIGATION_DUE_SOON)} == 1",
        text("It is due by ", Instant("due", asked_for(names.OBLIGATION_DUE, _BY), _BY), ", and owed by ", _PARTY, "."),
        (
            AlertTest(
                "fires from its reminder on",
                at_ms,
                {soon: "1x100", due: f"{then_s}x100"},
                subject.came(**where),
                {"due": format_instant(then_s * 1000, UTC)},
            ),
            AlertTest("is quiet before", at_ms, {soon: "0x100", due: f"{then_s}x100"}),
        ),
        summary=text("A duty of the contract is due soon: ", _called(subject), "."),
        resolved=text("The duty is no longer due soon (met, excused, put off, or late): ", _called(subject), "."),
    )


def _late(subject: AlertSubject, where: dict[str, str]) -> Alert:
    count, since = (subject.sample(name, **where) for name in (names.OBLIGATION_LATE, names.OBLIGATION_LATE_SINCE))
    at_ms = late(subject)
    known = {"since": "1 Jan 1970 00:00:00 UTC"}
    return contract_alert(
        subject,
        names.OBLIGATION_OVERDUE,
        f"{subject.select(names.OBLIGATION_LATE)} > 0",
        text(
            CountOf("day on which it was due is late", "days on which it was due are late"),
            ", the oldest since ",
            Instant("since", asked_for(names.OBLIGATION_LATE_SINCE, _BY), _BY),
            "; owed by ",
            _PARTY,
            ".",
            By("obligation", {one.id: _consequence(one) for one in subject.terms.obligations}, ""),
        ),
        (
            AlertTest(
                "fires when it is late",
                at_ms,
                {count: "2x100", since: "0x100"},
                subject.came(**where),
                {"value": "2", **known},
            ),
            AlertTest(
                "counts one day as one",
                at_ms,
                {count: "1x100", since: "0x100"},
                subject.came(**where),
                {"value": "1", **known},
            ),
            AlertTest("is quiet while none is late", at_ms, {count: "0x100"}),
        ),
        summary=text("A duty of the contract is late: ", _called(subject), "."),
        resolved=text("No day of the duty is late any more (met, excused or put off): ", _called(subject), "."),
    )


_PARTY = By("party", PARTIES)


def _called(subject: AlertSubject) -> By:
    return By("obligation", {one.id: _name(one) for one in subject.terms.obligations})


def _name(one: Obligation) -> str:
    title = name_of_something(one.title, one.id)
    return f"{title} ({name_of_something(one.clause, '')})" if one.clause.strip() else title


def _consequence(one: Obligation) -> str:
    told = name_of_something(describe_consequence(one), "")
    return f" What follows: {told.rstrip('.')}." if told else ""
