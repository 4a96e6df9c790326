"""The certificate by which a public authority's records are received in evidence: filled in, for an officer to sign.

Source: Civil Evidence Act 1995, section 9: a document is taken to form part of the records of a public authority if
a certificate to that effect is produced that an officer of the authority has signed. An officer is whoever occupies a
responsible position in relation to the relevant activities of the authority or to its records. England and Wales.
"""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.review.blocks import Cell, Column, Facts, Prose, Row, Section, Table, TextLines
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_stretch

RECORDS = (Column("Document", 2.5), Column("What it is", 2.2), Column("SHA-256", 5))
BLANK = ("Signed", "Date", "Name", "Office held")


def certificate(case: PackInput) -> Section:
    """What nobody but the officer can say is left blank: name, office, date and signature."""
    authority = case.assessment.authority
    said = (
        f"I am an officer of {authority} within the meaning of section 9 of the Civil Evidence Act 1995. I certify that"
        f" the documents named below form part of the records of {authority}."
    )
    which = "They are identified by the SHA-256 digests of their content, and are produced with this certificate."
    told = (Prose((said, which)), Facts(tuple(_facts(case))), _records(case), Prose(tuple(_about(case))))
    title = "Certificate under section 9 of the Civil Evidence Act 1995"
    return Section("certificate", title, (*told, TextLines(BLANK)), own_page=True)


def _facts(case: PackInput) -> Iterator[tuple[str, Cell]]:
    one, retention = case.assessment, case.retention
    yield "Authority", Cell(one.authority)
    yield "Contract", Cell(f"{one.title} ({one.contract}), with {one.supplier}")
    yield "Month", Cell(format_stretch(one.period.start_ms, one.period.end_ms, case.zone))
    yield "Records kept by", Cell(retention.by or one.authority)
    yield "Kept as", Cell(_kept_as(case))
    if case.head:
        yield "Head of the chain", Cell(case.head.partition(" signature=")[0], tone="code")
    if retention.checkpoint:
        day, _, root = retention.checkpoint.partition(" ")
        yield f"Checkpoint of {day}", Cell(root, tone="code")


def _kept_as(case: PackInput) -> str:
    if not case.retention.is_recorded:
        return "an evidence file; the ledger that it was made from is not known here"
    entries = case.assessment.register_number
    register = f"register entries up to {entries}" if entries else "no register entries"
    return f"the ledger of {case.program}: observations, and {register}"


def _records(case: PackInput) -> Table:
    whole = [("assessment (JSON)", "What the contract says about the month", case.digest)]
    whole += [(one.name, one.what, one.digest) for one in case.handed]
    rows: tuple[Row, ...] = tuple((Cell(name), Cell(what), Cell(digest, tone="code")) for name, what, digest in whole)
    return Table("records", "The records", RECORDS, rows)


def _about(case: PackInput) -> Iterator[str]:
    if case.retention.is_recorded:
        yield (
            "The ledger is kept by a computer program in the ordinary course of the authority’s activities. It is"
            " append-only, and each part is chained to the one before by a digest, so that a later change is found."
            " Corrections are further entries, and what came from elsewhere is marked with its source."
        )
    else:
        yield "The evidence file is as it was given to the program: what it was made from is for the officer to say."
    if case.copy == "supplier":
        yield (
            "Notes that the authority made for itself are left out of the evidence file; no figure depends on them, and"
            " the digest of what is left out is in the manifest of the bundle."
        )
