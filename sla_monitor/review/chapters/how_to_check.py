"""How to check a pack: to each party what it can do itself, and who vouches for the record."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.review.blocks import Block, Cell, Column, Facts, Prose, Row, Section, Table
from sla_monitor.review.pack_input import PackInput

STEPS = (Column("What it shows", 2.6), Column("With", 3.4))
UNKNOWN = "This pack was made from an evidence file, which does not say whether days are sealed or who has signed them."
SUPPLIER = (
    "None of this needs the authority’s ledger, or its help. What is checked is in the bundle (one ZIP) of this pack,"
    " which the authority hands out: the contract’s file, the evidence, the assessment, and checkpoints of the record."
    " Every step of every amount is printed in this pack with its numbers and its clause."
)
AUTHORITY = (
    "This is what the authority can check by itself; the supplier’s copy says what the supplier can. Both must come to"
    " the same figures."
)
LEFT_OUT = (
    "The authority’s copy has the same figures, and the same digest of them. What is left out here changes no figure."
    " The digest of what is left out is in manifest.json, in both bundles: nobody can change it later unseen."
)


def how_to_check(case: PackInput) -> Section:
    """The figures first; then what nobody can change unseen."""
    is_supplier = case.copy == "supplier"
    said = SUPPLIER if is_supplier else AUTHORITY
    rows = _by_the_supplier(case) if is_supplier else _by_the_authority(case)
    table = Table("checking", "How to check", STEPS, tuple(rows))
    blocks: tuple[Block, ...] = (Prose((said,)), *_digest(case), table, Prose(tuple(_besides(case))))
    return Section("checking", "How to check this pack", blocks, own_page=True)


def witnessed(case: PackInput) -> str:
    """Whether somebody else than the monitor's owner vouches for the record: told in every pack, also that nobody
    does."""
    retention = case.retention
    if not retention.is_recorded:
        return UNKNOWN
    if not retention.sealed_until:
        return "No day of this month is sealed, so that nobody but the monitor’s owner vouches for the record."
    sealed = f"Days are sealed up to {retention.sealed_until}."
    if not retention.witness:
        alone = "the monitor’s owner alone vouches for the record"
        return f"{sealed} The supplier has signed no checkpoint of them: {alone}."
    return f"{sealed} {retention.witness} signed the checkpoint of {retention.witnessed_until} as a witness."


def _digest(case: PackInput) -> Iterator[Block]:
    """The one that both sides have alike, whatever was left out of a copy."""
    if case.figures_digest:
        yield Facts((("Figures, SHA-256", Cell(case.figures_digest, tone="code")),))


def _step(shows: str, command: str) -> Row:
    return Cell(shows), Cell(command, tone="code")


def _by_the_supplier(case: PackInput) -> Iterator[Row]:
    contract, month = case.assessment.contract, case.month
    yield _step(
        "All of it at once: the month is recalculated, and every rendering is made again",
        "sla-monitor verify BUNDLE.zip",
    )
    yield _step(
        "The assessment whose SHA-256 is in “About this pack”, from contract and evidence",
        f"sla-monitor assess contract/{contract}.yaml --holidays contract --evidence evidence.json --period {month}"
        " --format json",
    )
    yield _step("No file of the unpacked bundle was changed", "sha256sum --check SHA256SUMS")
    if case.retention.sealed_until:
        yield _step(
            "The sealed days are those that were signed; with “-c” and a checkpoint that you kept, nothing from before"
            " was changed",
            "sh verify.sh -s -k KEY.pem days",
        )
        yield _step(
            "You as a witness: nobody changes unseen what you signed for, with the authority’s key or without",
            "sla-monitor archive cosign --digests --signer KEY.pem --key OWN.key --name NAME days",
        )


def _by_the_authority(case: PackInput) -> Iterator[Row]:
    contract, month = case.assessment.contract, case.month
    words = ["sla-monitor", "assess", contract, "--period", month, "--format", "json"]
    words += [] if case.retention.is_recorded else ["--evidence", "FILE"]
    yield _step(
        "The assessment whose SHA-256 is in “About this pack”",
        " ".join(words),
    )
    yield _step(
        "A bundle’s figures and renderings, the supplier’s too", "sla-monitor verify --signer KEY.pem BUNDLE.zip"
    )
    yield _step("The packs’ files are as they were made", "sla-monitor review --list")
    if case.head:
        yield _step(
            "The record holds all that was in it when this pack was made",
            "sla-monitor ledger check --anchor manifest.json",
        )
    if case.retention.sealed_until:
        yield _step(
            "The sealed days and their tables are as they were sealed", f"sla-monitor archive verify DIR/{contract}"
        )


def _besides(case: PackInput) -> Iterator[str]:
    yield witnessed(case)
    if case.copy != "supplier":
        return
    if case.retention.sealed_until:
        yield (
            "Take KEY.pem from the authority in the minutes of a meeting, and verify.sh from the program’s release. It"
            " asks for a shell, coreutils, openssl and xxd alone; docs/archive.md says how to sign without the program."
        )
    if case.head:
        yield (
            "Keep manifest.json: the head of the record’s chain in it proves, against the ledger, all that was recorded"
            " before this pack was made."
        )
    yield LEFT_OUT
