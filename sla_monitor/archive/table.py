"""Observations and heartbeats of a day as Parquet that any reader opens: docs/archive.md lists the columns.

Integers are INT64 in DELTA_BINARY_PACKED, names are text in dictionaries, pages are compressed with zstd. A duration is
stored as what its phases leave of it: it is the sum that is redundant, and costs a byte more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from sla_monitor.errors import ArchiveError

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

Precision: TypeAlias = Literal["us", "ms", "none"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

COMPRESSION = "zstd(9)"
_ROWS_AT_ONCE = 8_192
_GROUP_ROWS = 1_048_576
MISSING = "the library arro3-io is not installed (pip install 'sla-monitor[archive]')"


class Row(NamedTuple):
    """One observation: texts for names, UTC ms for the instant, microseconds for times, None where there is nothing.

    evidence: the number of its line in evidence.jsonl; every_ms: the interval that it vouches for.
    """

    endpoint: str
    at_ms: int
    outcome: str
    reason: str | None
    duration_us: int
    dns_us: int | None
    connect_us: int | None
    tls_us: int | None
    first_byte_us: int | None
    transfer_us: int | None
    address: str | None
    status: int | None
    body_bytes: int | None
    certificate_expires_at_s: int | None
    evidence: int | None
    every_ms: int | None


_PHASES = "dns", "connect", "tls", "first_byte", "transfer"
_TEXTS = "endpoint", "outcome", "reason", "address", "kind", "text"
_REQUIRED = "endpoint", "at_ms", "outcome", "rest_us", "rest_ms", "kind", "text"
_THOUSANDTH: dict[Precision, int] = {"us": 1, "ms": 1_000}


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of file is laid out: its columns, and what becomes of a row."""

    columns: tuple[str, ...]
    stored: Callable[[Any], tuple[Any, ...]]


def _stored(row: Row, unit: int) -> tuple[Any, ...]:
    """A row with its times in so many microseconds, rounded down, and what the phases leave of the duration."""
    endpoint, at_ms, outcome, reason, duration_us, *phases_us = row[:10]
    phases = [None if us is None else us // unit for us in phases_us]
    left = duration_us // unit - sum(filter(None, phases))
    return (endpoint, at_ms, outcome, reason, left, *phases, *row[10:])


def _outcome_alone(row: Row) -> tuple[Any, ...]:
    """How long the answer was is kept where it is shown: beside what a failed observation saw."""
    body_bytes = row.body_bytes if row.outcome == "down" else None
    return row.endpoint, row.at_ms, row.outcome, row.reason, row.status, body_bytes, row.evidence, row.every_ms


def _shape(precision: Precision) -> Shape:
    if precision == "none":
        columns = "endpoint", "at_ms", "outcome", "reason", "status", "body_bytes", "evidence", "every_ms"
        return Shape(columns, _outcome_alone)
    times = tuple(f"{name}_{precision}" for name in ("rest", *_PHASES))
    head = "endpoint", "at_ms", "outcome", "reason"
    tail = "address", "status", "body_bytes", "certificate_expires_at_s", "evidence", "every_ms"
    unit = _THOUSANDTH[precision]
    return Shape((*head, *times, *tail), lambda row: _stored(row, unit))


SHAPES = {precision: _shape(precision) for precision in PRECISIONS}
HEARTBEATS = Shape(("endpoint", "at_ms", "kind", "duration_ms", "text"), tuple)


def write(path: Path, shape: Shape, rows: Iterable[Any]) -> int:
    """Write a file; how many rows it has. Rows ascend by endpoint, then by time. Raises ArchiveError and OSError."""
    io = _library()
    count, failure = 0, []
    schema = _schema(shape)

    def batches() -> Iterator[RecordBatch]:
        nonlocal count
        try:
            source = map(shape.stored, rows)
            while some := list(islice(source, _ROWS_AT_ONCE)):
                count += len(some)
                yield _batch(schema, shape, list(zip(*some, strict=True)))
        except BaseException as error:
            failure.append(error)  # the library would make another error of it
            raise

    from arro3.core import RecordBatchReader

    try:
        io.write_parquet(
            RecordBatchReader.from_batches(schema, batches()),
            str(path),
            compression=COMPRESSION,
            dictionary_enabled=False,
            encoding="delta_binary_packed",
            column_dictionary_enabled={name: True for name in shape.columns if name in _TEXTS},
            column_encoding={name: "plain" for name in shape.columns if name in _TEXTS},
            max_row_group_size=_GROUP_ROWS,
            skip_arrow_metadata=True,
        )
    except Exception as error:
        if failure:
            raise failure[0] from None
        raise ArchiveError(f"{path}: {error}") from error
    return count


def read(path: Path, shape: Shape) -> Iterator[tuple[Any, ...]]:
    """The rows as they are stored. Raises ArchiveError for a file that is none of this shape."""
    for columns in read_columns(path, shape):
        yield from zip(*columns, strict=True)


def read_columns(path: Path, shape: Shape) -> Iterator[list[list[Any]]]:
    """The same in pieces, column by column."""
    io = _library()
    try:
        reader = io.read_parquet(str(path), batch_size=_ROWS_AT_ONCE)
        if tuple(reader.schema.names) != shape.columns:
            raise ArchiveError(f"{path}: has other columns than {', '.join(shape.columns)}")
        for batch in reader:
            yield [batch.column(name).to_pylist() for name in shape.columns]
    except ArchiveError:
        raise
    except Exception as error:
        raise ArchiveError(f"{path}: cannot be read as Parquet: {error}") from error


def difference(path: Path, shape: Shape, rows: Iterable[Any]) -> str | None:
    """The first way in which a file does not hold these rows, in their order; None: it holds them."""
    number = 0
    nothing = object()
    found = chain(read(path, shape), [nothing])
    for number, row in enumerate(map(shape.stored, rows), start=1):
        stored = next(found)
        if stored is nothing:
            return f"ends before row {number}"
        if stored != row:
            return f"row {number} differs: {stored!r}, not {row!r}"
    return None if next(found) is nothing else f"has more than {number} rows"


def durations_us(columns: Sequence[Sequence[int | None]]) -> list[int]:
    """Of the columns `rest_us` and the five phases, how long each observation took."""
    return [sum(filter(None, times)) for times in zip(*columns, strict=True)]


def _library() -> Any:
    try:
        from arro3 import io
    except ImportError:
        raise ArchiveError(MISSING) from None
    return io


def _schema(shape: Shape) -> Schema:
    from arro3.core import DataType, Field, Schema

    kinds = {True: DataType.string(), False: DataType.int64()}
    return Schema([Field(name, kinds[name in _TEXTS], nullable=name not in _REQUIRED) for name in shape.columns])


def _batch(schema: Schema, shape: Shape, columns: Sequence[Sequence[Any]]) -> RecordBatch:
    from arro3.core import Array, DataType, RecordBatch

    kinds = {True: DataType.string(), False: DataType.int64()}
    arrays = [Array(values, kinds[name in _TEXTS]) for name, values in zip(shape.columns, columns, strict=True)]
    return RecordBatch.from_arrays(arrays, schema=schema)
