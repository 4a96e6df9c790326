"""Sentences about the terms of a contract that are in force, and those that are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from sla_monitor.register.kinds.terms_change import short

TermsProblem: TypeAlias = Literal["not_approved", "file_differs", "file_missing", "unreadable"]


def describe_terms_problem(problem: TermsProblem, contract: str, path: str, approval: int | None, why: str = "") -> str:
    """What is wrong with a contract's terms, and what to do. `path`: its file; `approval`: the number of the entry that
    approved what is in force."""
    by = "the terms in force before" if approval is None else f"the terms that entry {approval} approved"
    if problem == "not_approved":
        return (
            f"the terms of {contract} are in force without an approval by two people"
            f" (`sla-monitor terms propose {path}`)"
        )
    if problem == "file_differs":
        return (
            f"{path} is not in force: it is another file than the approved one; {by} go on"
            f" (`sla-monitor terms propose {path}`, or put the approved file back: `sla-monitor terms show {contract}`)"
        )
    if problem == "file_missing":
        return (
            f"{path}, the file of {contract}, is gone; {by} go on"
            f" (put it back: `sla-monitor terms show {contract} --output FOLDER`)"
        )
    return (
        f"the approved terms of {contract} cannot be read from the ledger, and {path} is in force in their place: {why}"
    )


def describe_parts(parts: Sequence[tuple[str, str]]) -> str:
    """`contract 1f2e3d4c5b6a, england.yaml 6a5b4c3d2e1f`."""
    return ", ".join(f"{name} {short(digest)}" for name, digest in parts)


def describe_change(what: str, was: str, now: str) -> str:
    """`KPIs, KPI1, target: 99.9 -> 99.5`."""
    return f"{what}: {was or 'nothing'} -> {now or 'nothing'}"
