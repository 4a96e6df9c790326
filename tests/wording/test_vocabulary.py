"""Outcomes, reasons, causes and bands have words."""

from __future__ import annotations

from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.wording.vocabulary import OUTCOMES, SEVERITY, SYMBOLS, describe_id, describe_reason, worst_outcome


def test_every_reason_and_outcome_has_words() -> None:
    assert all(describe_reason(reason) and "_" not in describe_reason(reason) for reason in Reason)
    assert set(SYMBOLS) == set(OUTCOMES) == set(SEVERITY) == set(Outcome)
    assert len(set(SYMBOLS.values())) == len(Outcome)


def test_where_there_is_no_reason_it_is_said_so() -> None:
    assert describe_reason(None) == "not known"
    assert describe_reason(None, none="") == ""


def test_no_id_is_left_as_it_is() -> None:
    assert describe_id("authority_cause") == "authority cause"
    assert describe_id("maintenance-window") == "maintenance window"


def test_an_unseen_endpoint_is_worse_than_one_that_is_up() -> None:
    assert worst_outcome([Outcome.UP, Outcome.UNKNOWN]) is Outcome.UNKNOWN
    assert worst_outcome([Outcome.UNKNOWN, Outcome.DEGRADED, Outcome.UP]) is Outcome.DEGRADED
    assert worst_outcome([]) is Outcome.UNKNOWN
