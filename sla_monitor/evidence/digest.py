"""One number for all that went into an assessment: who has the same one worked from the same evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sla_monitor.contract.contract import Contract
from sla_monitor.evidence.source import endpoint_keys, sampled_keys
from sla_monitor.evidence.writing import entry_json, import_json
from sla_monitor.register.redaction import shared
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.samples import Sample
from sla_monitor.sla.spans import Span


def evidence_digest(
    contract: Contract, source: Evidence, range_ms: tuple[int, int], samples_from_ms: int, earlier: Sequence[str]
) -> str:
    """SHA-256, in hex, of the contract's spans in a range, of single observations in the later part of it, of when the
    clock was set, of what was brought in from elsewhere, of what `earlier` ones came to (a line for each figure), and
    of its entries as both sides know them: the supplier, who has no more of them, gets the same. The same whether or
    not any of it was read for an assessment, or is known from before."""
    digest = sha256()
    for line in _lines(contract, source, range_ms, (samples_from_ms, range_ms[1])):
        digest.update(line.encode("utf-8", "backslashreplace"))
    for move in source.clock_moves(*range_ms):
        digest.update(f"clock {move.at_ms} {move.step_ms} {move.slept_ms}\n".encode())
    for imported in source.imports_in(contract.id, *range_ms):
        digest.update(f"import {_json(import_json(imported))}\n".encode("utf-8", "backslashreplace"))
    for line in earlier:
        digest.update(f"{line}\n".encode())
    for entry in shared(source.entries(contract.id)):
        digest.update(f"entry {_json(entry_json(entry))}\n".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def _lines(
    contract: Contract, source: Evidence, range_ms: tuple[int, int], samples_ms: tuple[int, int]
) -> Iterable[str]:
    spans = source.spans(*range_ms)
    for key in endpoint_keys(contract):
        yield from (_span_line(key, span, *range_ms) for span in spans.get(key, ()))
    keys = sampled_keys(contract)
    samples = {key: sha256() for key in keys}
    for key, piece in source.columns(keys, *samples_ms):
        samples[key].update("".join(map(_sample_line, piece)).encode())
    for key in keys:
        yield f"looks {key} {samples_ms[0]} {samples_ms[1]} {samples[key].hexdigest()}\n"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _span_line(key: str, span: Span, start_ms: int, end_ms: int) -> str:
    """Of an outage all of it, since it is judged as a whole; of any other span what lies in the range, so that a
    span that goes on after it does not make another number of the same month."""
    if span.outcome is Outcome.DOWN:
        return f"span {key} {span.start_ms} {span.end_ms} down {span.reason or '-'} {span.probes}\n"
    return f"span {key} {max(span.start_ms, start_ms)} {min(span.end_ms, end_ms)} {span.outcome}\n"


def _sample_line(sample: Sample) -> str:
    at_ms, outcome, duration_us, first_byte_us = sample
    times = ("-" if us is None else us for us in (duration_us, first_byte_us))
    return f"{at_ms} {outcome} {' '.join(map(str, times))}\n"
