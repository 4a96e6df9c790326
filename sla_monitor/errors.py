"""Every error that may reach a person, with what that person can do about it.

SlaMonitorError
├── ConfigError          the files are wrong; carries every problem, each with its place
├── EvidenceError        an evidence file is wrong; carries every problem, each with its place
├── BackfillError        somebody else's record cannot be brought in; carries every problem, each with its place
├── RegisterError        an entry cannot be made; carries every problem, each with its field
├── SecretError          a secret reference cannot be resolved (never carries the secret)
├── GenerateError        what was asked for cannot be generated; carries every reason
├── CalendarError        bank holidays cannot be frozen: no library, no such place
├── ReviewError          a review pack cannot be made or put where it should be
├── SigningKeyError      there is no signing key, or one that others may read
├── ArchiveError         sealed days cannot be written, read or trusted
├── ListenError          the address cannot be listened on
├── LineError            the server between the collector and its sites cannot be reached, or refuses
├── OutboxError          a site's outbox cannot be opened or written
└── LedgerError          the record
    ├── LedgerDamaged    the database fails its integrity check, or is no database of ours
    ├── LedgerTooNew     it was written by a later version of the program
    └── LedgerLocked     another daemon has it open

A supplier's failure is none of these: it is a `Finding` (sla_monitor.sla.observation).
"""

from __future__ import annotations


class SlaMonitorError(Exception):
    """Base of everything we raise on purpose; the command line prints it in one line, without a traceback."""


class ConfigError(SlaMonitorError):
    """The configuration is wrong. `problems` are lines of `file:line:column: key path: what (remedy)`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class EvidenceError(SlaMonitorError):
    """An evidence file is wrong. `problems` are lines of `file: $.path[2].to: what (remedy)`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BackfillError(SlaMonitorError):
    """Somebody else's record cannot be brought in. `problems` are lines of `file:line: what (remedy)`, and the like."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RegisterError(SlaMonitorError):
    """An entry of the register cannot be made. `problems` are lines of `field: what (remedy)`; of several entries from
    one file, of `file:line: field: what (remedy)`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class GenerateError(SlaMonitorError):
    """What was asked for cannot be generated. `problems` are lines of `what: why not (remedy)`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ReviewError(SlaMonitorError):
    """A review pack cannot be made, or not be put where it should be."""


class BundleError(SlaMonitorError):
    """A bundle cannot be unpacked: it is none, or holds what no bundle holds."""


class SecretError(SlaMonitorError):
    """A `${env:…}`, `${file:…}` or `${credential:…}` reference that leads nowhere."""


class CalendarError(SlaMonitorError):
    """Bank holidays cannot be had, or would be lost."""


class SigningKeyError(SlaMonitorError):
    """A key cannot be read, made or trusted. The message never carries the key."""


class ArchiveError(SlaMonitorError):
    """Sealed days cannot be written, read or trusted."""


class ListenError(SlaMonitorError):
    """The HTTP address is taken, not ours, or not allowed."""


class LedgerError(SlaMonitorError):
    """The record cannot be opened or kept."""


class LedgerDamaged(LedgerError):  # noqa: N818 - it names the state of the file, which is what the reader needs
    """The database is damaged; the message says how to get out."""


class LedgerTooNew(LedgerError):  # noqa: N818
    """The database has migrations that this version does not know."""


class LedgerLocked(LedgerError):  # noqa: N818
    """Another daemon writes this ledger."""


class LineError(SlaMonitorError):
    """The server between the collector and its sites cannot be reached, or refuses."""


class OutboxError(SlaMonitorError):
    """The outbox of a site far away cannot be opened or written."""
