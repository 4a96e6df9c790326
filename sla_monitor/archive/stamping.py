"""Time stamps of checkpoints by an authority, so that not even the owner of the key can remake a day later.

`openssl ts` makes the question and checks the answer: it is what others will check it with (RFC 3161). The newest
checkpoint covers all days before it; where no day follows any more it is stamped anew each year, while the authority's
older certificates can still be checked.
"""

from __future__ import annotations

import subprocess
import tempfile
import urllib.request
from datetime import date
from pathlib import Path

from sla_monitor.archive.sealed import SealedDay
from sla_monitor.archive.sealing import replace
from sla_monitor.errors import ArchiveError

AGAIN_DAYS = 365
_TIMEOUT_S = 30
_LARGEST_REPLY = 64 * 1024


def is_due(newest: SealedDay, today: date) -> bool:
    """Whether the newest checkpoint has no time stamp of the last year."""
    made = [date.fromisoformat(path.name[6:16]) for path in newest.stamps]
    return not made or (today - max(made)).days >= AGAIN_DAYS


def stamp(day: SealedDay, url: str, certificates: Path, today: date) -> Path:
    """Have a checkpoint stamped; the file with the answer, which holds against these certificates.

    Raises ArchiveError.
    """
    with tempfile.TemporaryDirectory() as name:
        text, question, answer = (Path(name) / part for part in ("text", "question.tsq", "answer.tsr"))
        text.write_bytes(day.checkpoint.text)
        _openssl("ts", "-query", "-data", text, "-sha256", "-cert", "-out", question)
        answer.write_bytes(_asked(url, question.read_bytes()))
        _openssl("ts", "-verify", "-in", answer, "-queryfile", question, "-CAfile", certificates)
        path = day.folder / f"stamp-{today}.tsr"
        try:
            replace(path, answer.read_bytes())
        except OSError as error:
            raise ArchiveError(f"{path}: {error.strerror}") from None
    return path


def stamped_at(path: Path, text: bytes, certificates: Path) -> str:
    """When a time stamp says that it was made, in OpenSSL's words. Raises ArchiveError where it does not hold."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "text"
        data.write_bytes(text)
        told = _openssl("ts", "-reply", "-in", path, "-text")
        found = [line.removeprefix("Time stamp: ") for line in told.splitlines() if line.startswith("Time stamp: ")]
        if len(found) != 1:
            raise ArchiveError(f"{path}: is no time stamp")
        at_s = _command("date", "-u", "-d", found[0], "+%s").strip()
        try:
            _openssl("ts", "-verify", "-in", path, "-data", data, "-CAfile", certificates, "-attime", at_s)
        except ArchiveError:
            raise ArchiveError(f"{path}: does not stamp this checkpoint, or another authority made it") from None
    return found[0]


def _asked(url: str, question: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    request = urllib.request.Request(url, question, headers)  # noqa: S310 - http or https: the settings take no other
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310
            answer: bytes = reply.read(_LARGEST_REPLY + 1)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"the time-stamping authority at {url} does not answer: {error}") from None
    if len(answer) > _LARGEST_REPLY:
        raise ArchiveError(f"the time-stamping authority at {url} answers with more than a time stamp")
    return answer


def _openssl(*words: str | Path) -> str:
    return _command("openssl", *map(str, words))


def _command(*words: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, check=False, timeout=_TIMEOUT_S, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ArchiveError(f"{words[0]}: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ArchiveError(f"{' '.join(words[:3])}: {said[-1] if said else 'failed'}")
    return done.stdout.decode("utf-8", "replace")
