"""The tables, as named migrations. A migration that has been released is never changed: add the next one.

Integers and text only, in STRICT tables: SQLite then refuses a value of the wrong kind. Everything that was seen is
append-only, and the database itself says no to whoever tries, this program included; what `pruned_days` names may be
deleted, because it is in a sealed day. `ended_spans`, `last_spans`, `worked_out`, `looks_by_hour` and `stretches` can
be worked out again from the rest (sla_monitor.ledger.housekeeping.rebuilding), so they may change; so may
`site_positions`, which says what has come in and not what was seen.
"""

# ruff: noqa: S608 - the tables and columns named in statements are our own

from __future__ import annotations

from sqlite_utils import Database, Migrations

from sla_monitor.ledger.chaining.links import begin_chain, note_all

APPLICATION_ID = 0x534C416D
"""Stamped into the file's header ("SLAm"), so that another program's database is never taken for ours."""

MIGRATIONS = Migrations("sla_monitor")

PINNED = {1: "up", 2: "degraded", 3: "down", 4: "unknown"}
"""What the rows of `outcomes` are, in every ledger of every version: two that change places change every figure."""

NAMES = {"endpoints": "key", "outcomes": "name", "reasons": "name", "addresses": "name"}
"""Tables that give a small integer to each text that observations would otherwise repeat, and their text column."""

_TABLES = """
create table observations (
  id integer primary key,
  endpoint_id integer not null references endpoints(id),
  at_ms integer not null,
  outcome integer not null references outcomes(id),
  reason integer references reasons(id),
  duration_us integer not null,
  dns_us integer,
  connect_us integer,
  tls_us integer,
  first_byte_us integer,
  transfer_us integer,
  address_id integer references addresses(id),
  status integer,
  body_bytes integer,
  certificate_expires_at_s integer,
  evidence_id integer references evidence(id)
) strict;
create index observations_at_ms on observations (at_ms);

create table evidence (
  id integer primary key,
  digest blob not null unique,
  detail text not null,
  body blob not null
) strict;

create table heartbeats (
  endpoint_id integer not null references endpoints(id),
  at_ms integer not null,
  primary key (endpoint_id, at_ms)
) strict, without rowid;

-- The interval that each look was expected to vouch for: a row when it changes, from that observation on.
create table intervals (
  endpoint_id integer not null references endpoints(id),
  observation_id integer not null,
  every_ms integer not null,
  primary key (endpoint_id, observation_id)
) strict, without rowid;

create table ended_spans (
  endpoint_id integer not null references endpoints(id),
  start_ms integer not null,
  end_ms integer not null,
  seen_ms integer not null,
  outcome integer not null references outcomes(id),
  reason integer references reasons(id),
  looks integer not null,
  primary key (endpoint_id, start_ms)
) strict, without rowid;

-- One row for each endpoint, apart from the ended ones: these few pages are all that a commit rewrites.
create table last_spans (
  endpoint_id integer primary key references endpoints(id),
  start_ms integer not null,
  end_ms integer not null,
  seen_ms integer not null,
  outcome integer not null references outcomes(id),
  reason integer references reasons(id),
  looks integer not null
) strict;

create view spans as select * from ended_spans union all select * from last_spans;
"""

_APPEND_ONLY = {
    **dict.fromkeys((*NAMES, "observations", "evidence"), ("id",)),
    "heartbeats": ("endpoint_id", "at_ms"),
    "intervals": ("endpoint_id", "observation_id"),
}


def _no_replace(table: str, key: tuple[str, ...]) -> str:
    """A trigger for what makes a row the only one beside its integer."""
    same = " and ".join(f"{column} = new.{column}" for column in key)
    return (
        f"create trigger {table}_no_other_replace before insert on {table}"
        f" when exists (select 1 from {table} where {same})"
        f" begin select raise(abort, '{table} is append-only'); end"
    )


def _refusals(table: str, key: tuple[str, ...]) -> list[str]:
    """Triggers that keep `table` append-only.

    The one on INSERT is for INSERT OR REPLACE, which deletes the old row without asking a DELETE trigger.
    """
    refuse = f"begin select raise(abort, '{table} is append-only'); end"
    same = " and ".join(f"{column} = new.{column}" for column in key)
    exists = f"exists (select 1 from {table} where {same})"
    return [
        f"create trigger {table}_no_update before update on {table} {refuse}",
        f"create trigger {table}_no_delete before delete on {table} {refuse}",
        f"create trigger {table}_no_replace before insert on {table} when {exists} {refuse}",
    ]


@MIGRATIONS()
def m0001_observations_and_spans(database: Database) -> None:
    for table, column in NAMES.items():
        database.conn.execute(f"create table {table} (id integer primary key, {column} text not null unique) strict")
    for statement in _TABLES.split(";"):
        database.conn.execute(statement)
    for table, key in _APPEND_ONLY.items():
        for trigger in _refusals(table, key):
            database.conn.execute(trigger)


_REGISTER = """
create table register (
  number integer primary key,
  at_ms integer not null,
  actor text not null,
  contract text not null,
  kind text not null,
  reference text not null,
  evidence text not null,
  note text not null,
  about integer references register(number),
  start_ms integer,
  end_ms integer,
  body text not null check (json_valid(body)),
  digest text not null
) strict;
create index register_contract on register (contract, number);
"""


@MIGRATIONS()
def m0002_register(database: Database) -> None:
    for statement in _REGISTER.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("register", ("number",)):
        database.conn.execute(trigger)


@MIGRATIONS()
def m0003_worked_out(database: Database) -> None:
    """Unlike the rest it may be thrown away at any time: it spares reading every probe of a year at each start."""
    database.conn.execute("create table worked_out (digest text primary key, body text not null) strict, without rowid")


@MIGRATIONS()
def m0004_looks_by_hour(database: Database) -> None:
    """Observations packed for reading, each hour of each endpoint whose single observations matter; they too may be
    thrown away."""
    database.conn.execute(
        "create table looks_by_hour (hour integer not null, endpoint_id integer not null references endpoints(id),"
        " body blob not null, primary key (hour, endpoint_id)) strict"
    )


_JOB_REPORTS = """
create table job_reports (
  id integer primary key,
  endpoint_id integer not null references endpoints(id),
  at_ms integer not null,
  kind text not null check (kind in ('start', 'done', 'fail')),
  duration_ms integer,
  text text not null
) strict;
insert into job_reports (endpoint_id, at_ms, kind, text)
  select endpoint_id, at_ms, 'done', '' from heartbeats order by at_ms, endpoint_id;
drop table heartbeats;
alter table job_reports rename to heartbeats;
create index heartbeats_endpoint on heartbeats (endpoint_id, kind, id);
"""


@MIGRATIONS()
def m0005_job_reports(database: Database) -> None:
    """Jobs report more than success. Rows are in the order in which they came in, which the clock need not tell."""
    for statement in _JOB_REPORTS.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("heartbeats", ("id",)):
        database.conn.execute(trigger)


_PRUNED = """
-- Days of a contract whose observations are in the archive: sums is the SHA-256 of the sealed day's SHA256SUMS.
create table pruned_days (
  contract text not null,
  day text not null,
  from_ms integer not null,
  until_ms integer not null,
  sums text not null,
  last_observation integer not null,
  observations integer not null,
  primary key (contract, from_ms)
) strict, without rowid;

-- Up to when an endpoint's observations were taken out, and the span and the interval that it was in then: from there
-- on its spans can still be worked out again.
create table pruned_endpoints (
  id integer primary key,
  endpoint_id integer not null references endpoints(id),
  until_ms integer not null,
  every_ms integer not null,
  start_ms integer not null,
  end_ms integer not null,
  seen_ms integer not null,
  outcome integer not null references outcomes(id),
  reason integer references reasons(id),
  looks integer not null,
  unique (endpoint_id, until_ms)
) strict;
create index observations_evidence on observations (evidence_id) where evidence_id is not null;
drop trigger observations_no_delete;
drop trigger evidence_no_delete
"""
_PRUNED_ALONE = {
    "observations": "not exists (select 1 from pruned_endpoints where endpoint_id = old.endpoint_id"
    " and until_ms > old.at_ms)",
    "evidence": "not exists (select 1 from pruned_endpoints)"
    " or exists (select 1 from observations where evidence_id = old.id)",
}
"""When a row may not be deleted all the same: what is not in a verified archive stays."""


@MIGRATIONS()
def m0006_pruned(database: Database) -> None:
    for statement in _PRUNED.split(";"):
        database.conn.execute(statement)
    for table, key in (("pruned_days", ("contract", "from_ms")), ("pruned_endpoints", ("id",))):
        for trigger in _refusals(table, key):
            database.conn.execute(trigger)
    for table, stays in _PRUNED_ALONE.items():
        refuse = f"begin select raise(abort, '{table} is append-only'); end"
        database.conn.execute(f"create trigger {table}_no_delete before delete on {table} when {stays} {refuse}")


_CLOCK_STEPS = """
create table clock_steps (
  id integer primary key,
  observation_id integer not null,
  at_ms integer not null,
  expected_ms integer not null
) strict;
"""

_CHAIN = """
create table chain (
  number integer primary key,
  at_ms integer not null,
  covers text not null check (json_valid(covers)),
  marks blob not null,
  digest blob not null
) strict;
"""
_GROWS = """
create trigger chain_no_update before update on chain
  when old.number < (select max(number) from chain) or new.number <> old.number or new.at_ms <> old.at_ms
begin select raise(abort, 'chain is append-only'); end
"""
"""The newest link grows with each commit; no other ever changes."""


_CHAINED_FIRST = (
    "endpoints",
    "outcomes",
    "reasons",
    "addresses",
    "evidence",
    "intervals",
    "heartbeats",
    "register",
    "observations",
    "pruned_endpoints",
)


@MIGRATIONS()
def m0007_chain(database: Database) -> None:
    """What is there already is chained as it is found: the first links have no time (`at_ms` 0)."""
    for statement in _CHAIN.split(";"):
        database.conn.execute(statement)
    _, *refusals = _refusals("chain", ("number",))
    for trigger in (_GROWS, *refusals):
        database.conn.execute(trigger)
    database.conn.execute("delete from worked_out")  # nobody can vouch for what was kept; it is worked out again
    begin_chain(database.conn, _CHAINED_FIRST)


@MIGRATIONS()
def m0008_clock_steps(database: Database) -> None:
    """That the wall clock was set: after which observation, what it said then, and what it would have said."""
    for statement in _CLOCK_STEPS.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("clock_steps", ("id",)):
        database.conn.execute(trigger)


_PRUNED_CHAINED = """
create table chained_days (
  id integer primary key,
  contract text not null,
  day text not null,
  from_ms integer not null,
  until_ms integer not null,
  sums text not null,
  last_observation integer not null,
  observations integer not null,
  unique (contract, from_ms)
) strict;
insert into chained_days (contract, day, from_ms, until_ms, sums, last_observation, observations)
  select contract, day, from_ms, until_ms, sums, last_observation, observations
  from pruned_days order by contract, from_ms;
drop table pruned_days;
alter table chained_days rename to pruned_days
"""
_UNIQUE = {
    **{table: (column,) for table, column in NAMES.items()},
    "evidence": ("digest",),
    "pruned_endpoints": ("endpoint_id", "until_ms"),
}
"""By what else than its integer a row is the only one: a REPLACE takes out the row of the same name, too."""


@MIGRATIONS()
def m0009_pruned_days_chained(database: Database) -> None:
    """Days that were taken out explain what is gone, so they are chained as the rest. And no REPLACE takes out a row
    that has the same name or content under another integer."""
    for statement in _PRUNED_CHAINED.split(";"):
        database.conn.execute(statement)
    for trigger in (*_refusals("pruned_days", ("id",)), _no_replace("pruned_days", ("contract", "from_ms"))):
        database.conn.execute(trigger)
    for table, key in _UNIQUE.items():
        database.conn.execute(_no_replace(table, key))
    begin_chain(database.conn, ("pruned_days",))


_IMPORTS = """
-- Something that was brought in from elsewhere. endpoints: from when until when it tells of each, as JSON.
create table imports (
  id integer primary key,
  at_ms integer not null,
  actor text not null,
  contract text not null,
  kind text not null,
  source text not null,
  digest text not null,
  note text not null,
  start_ms integer not null,
  until_ms integer not null,
  endpoints text not null check (json_valid(endpoints)),
  details text not null check (json_valid(details))
) strict;

create table imported_spans (
  id integer primary key,
  import_id integer not null references imports(id),
  endpoint_id integer not null references endpoints(id),
  start_ms integer not null,
  end_ms integer not null,
  seen_ms integer not null,
  outcome integer not null references outcomes(id),
  reason integer references reasons(id),
  looks integer not null
) strict;
create index imported_spans_endpoint on imported_spans (endpoint_id, import_id, end_ms);

-- Single looks, packed as those of looks_by_hour.
create table imported_looks (
  id integer primary key,
  import_id integer not null references imports(id),
  endpoint_id integer not null references endpoints(id),
  hour integer not null,
  body blob not null
) strict;
create index imported_looks_endpoint on imported_looks (endpoint_id, import_id, hour);

-- That an import counts no more.
create table withdrawn_imports (
  id integer primary key,
  import_id integer not null references imports(id),
  at_ms integer not null,
  actor text not null,
  why text not null
) strict;
"""


@MIGRATIONS()
def m0010_imports(database: Database) -> None:
    """What others saw, beside what was seen here and never in its place."""
    for statement in _IMPORTS.split(";"):
        database.conn.execute(statement)
    for table in ("imports", "imported_spans", "imported_looks", "withdrawn_imports"):
        for trigger in _refusals(table, ("id",)):
            database.conn.execute(trigger)


_SPAN_STATES = """
-- What an endpoint's latest span was once an observation was recorded: a row when a span ends, one when another begins,
-- and of all that have changed now and then (the last of these rows is complete).
create table span_states (
  id integer primary key,
  endpoint_id integer not null references endpoints(id),
  observation_id integer not null,
  start_ms integer not null,
  end_ms integer not null,
  seen_ms integer not null,
  outcome integer not null references outcomes(id),
  reason integer references reasons(id),
  looks integer not null,
  is_complete integer not null
) strict;
create index span_states_end_ms on span_states (end_ms);
create index span_states_start_ms on span_states (endpoint_id, start_ms);

-- Which link of the chain covers a row: the first of the rows of a table in it.
create table stretches (
  name text not null,
  first integer not null,
  number integer not null,
  primary key (name, first)
) strict, without rowid;

insert into span_states
  select null, endpoint_id, (select ifnull(max(id), 0) from observations), start_ms, end_ms, seen_ms, outcome, reason,
    looks, 0
  from (select *, 0 as is_last from ended_spans union all select *, 1 from last_spans)
  order by is_last, end_ms, endpoint_id;
delete from looks_by_hour
"""


@MIGRATIONS()
def m0011_span_states(database: Database) -> None:
    """What was told of spans is chained, so that nobody need work them out again to know whether they are as they were.
    Those of an earlier version are chained as they are found. Packed hours now have a sum of their own: they are packed
    again."""
    for statement in _SPAN_STATES.split(";"):
        database.conn.execute(statement)
    database.conn.execute("update span_states set is_complete = 1 where id = (select max(id) from span_states)")
    for trigger in _refusals("span_states", ("id",)):
        database.conn.execute(trigger)
    begin_chain(database.conn, ("span_states",))
    note_all(database.conn)


@MIGRATIONS()
def m0012_site_positions(database: Database) -> None:
    """How far each site far away has been recorded. It is written in the transaction of what it counts, and proves
    nothing: what came from where is in the key of each observation's endpoint."""
    database.conn.execute(
        "create table site_positions (site text not null, outbox text not null, sequence integer not null,"
        " primary key (site, outbox)) strict, without rowid"
    )


_DESK = """
alter table register add column known_by text not null default '';

-- Which entries a form's submission has made: the same submission makes none again. It proves nothing.
create table submissions (
  key text primary key,
  first integer not null,
  last integer not null
) strict, without rowid;

-- What people did at the desk beside their entries. Alike events within some minutes are one row. count: how many they
-- were, until_ms: when the last of them was.
create table audit (
  id integer primary key,
  at_ms integer not null,
  until_ms integer not null,
  event text not null,
  actor text not null,
  known_by text not null,
  contract text not null,
  subject text not null,
  addresses text not null,
  count integer not null
) strict;
create index audit_at_ms on audit (at_ms)
"""


@MIGRATIONS()
def m0013_desk(database: Database) -> None:
    """How the actor of an entry was known, what each submission has made, and what people did at the desk."""
    for statement in _DESK.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("audit", ("id",)):
        database.conn.execute(trigger)


_KEPT_FILES = """
-- Files that somebody put into the record, each content once: digest is the SHA-256 of body.
create table kept_files (
  id integer primary key,
  digest text not null unique,
  size integer not null,
  body blob not null
) strict;

-- Which terms the daemon has put in force, a row when they change. parts: the files that they are made of, by name,
-- each with its digest in kept_files, as JSON. approval: the entry of the register that approved them, or 0.
create table terms_in_force (
  id integer primary key,
  at_ms integer not null,
  contract text not null,
  digest text not null,
  parts text not null check (json_valid(parts)),
  path text not null,
  approval integer not null
) strict;
"""


@MIGRATIONS()
def m0014_kept_files(database: Database) -> None:
    """So that terms can be worked with after the files have changed, and so that it is on record when they did."""
    for statement in _KEPT_FILES.split(";"):
        database.conn.execute(statement)
    for table in ("kept_files", "terms_in_force"):
        for trigger in _refusals(table, ("id",)):
            database.conn.execute(trigger)
    database.conn.execute(_no_replace("kept_files", ("digest",)))


_MONTH_RESULTS = """
-- What a closed month came to: a row when it is first told, and one each time that its figures become others.
create table month_results (
  id integer primary key,
  at_ms integer not null,
  contract text not null,
  month text not null,
  figures text not null check (json_valid(figures)),
  because text not null check (json_valid(because)),
  basis text not null check (json_valid(basis))
) strict;
create index month_results_contract on month_results (contract, month)
"""


@MIGRATIONS()
def m0015_month_results(database: Database) -> None:
    """So that a month's figures have a history: when they changed, from what to what, and why."""
    for statement in _MONTH_RESULTS.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("month_results", ("id",)):
        database.conn.execute(trigger)


_ATTACHMENTS = """
-- Which files of kept_files go with which entries. name: as whoever attached it had it, and no path.
create table attachments (
  id integer primary key,
  at_ms integer not null,
  actor text not null,
  entry integer not null references register(number),
  name text not null,
  media_type text not null,
  digest text not null references kept_files(digest),
  size integer not null
) strict;
create index attachments_entry on attachments (entry)
"""


@MIGRATIONS()
def m0016_attachments(database: Database) -> None:
    """The documents behind an entry, and not only where they are."""
    for statement in _ATTACHMENTS.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("attachments", ("id",)):
        database.conn.execute(trigger)


_ATTACHMENTS_AHEAD = """
-- Which files go with which entries. name: as whoever attached it had it, and no path. digest: of the content, in
-- kept_files, which comes later where the file was attached at the other collector of a pair.
create table attachments_ahead (
  id integer primary key,
  at_ms integer not null,
  actor text not null,
  entry integer not null references register(number),
  name text not null,
  media_type text not null,
  digest text not null,
  size integer not null
) strict;
insert into attachments_ahead select * from attachments order by id;
drop table attachments;
alter table attachments_ahead rename to attachments;
create index attachments_entry on attachments (entry)
"""


@MIGRATIONS()
def m0017_attachments_ahead(database: Database) -> None:
    """So that a collector of a pair knows of a file before it has what is in it."""
    for statement in _ATTACHMENTS_AHEAD.split(";"):
        database.conn.execute(statement)
    for trigger in _refusals("attachments", ("id",)):
        database.conn.execute(trigger)
