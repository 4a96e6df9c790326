"""One question to a Prometheus: an instant query, and the one number that answers it.

Whatever answers is hostile until it has given exactly one finite number: anything else is told as `NoAnswer`, and the
figure stays unknown. It goes over the probes' own connections, because only they keep one deadline for all of a
request, and a limit on what is sent back.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from sla_monitor import __version__
from sla_monitor.contract.endpoints.endpoint import TlsTerms
from sla_monitor.contract.kpis.prometheus_source import RANGE, PrometheusSource
from sla_monitor.errors import SecretError
from sla_monitor.probe.verdict import Failure, Secrets, plain

BODY_LIMIT = 1_048_576
"""Bytes of an answer. One number takes a hundred; what is larger is no answer to our question."""

WORDS_LIMIT = 120
"""Characters of its own words that are told."""

_NUMBER = re.compile(r"[-+]?\d{1,30}(\.\d{1,30})?([eE][-+]?\d{1,2})?", re.ASCII)


T = TypeVar("T")


class NoAnswer(Exception):  # noqa: N818 - it says what came
    """No figure: why, and what would help."""


def number(source: PrometheusSource, query: str, start_ms: int, at_ms: int) -> Decimal:
    """What a query comes to at an instant, `$range` reaching back to `start_ms`; exact. Raises NoAnswer."""
    form = {"query": asked(query, start_ms, at_ms), "time": format_timestamp(at_ms)}
    return answered(source, "query", form, lambda data: _finite(_value(data)))


def answered(
    source: PrometheusSource, path: str, form: Mapping[str, str], read: Callable[[Any], T], limit: int = BODY_LIMIT
) -> T:
    """What `read` makes of the data that a path of the API answers, of at most so many bytes. Raises NoAnswer, which
    `read` may raise too; no secret is in it."""
    try:
        secrets, headers = _credentials(source)
    except SecretError as error:
        raise NoAnswer(f"{error} (make it readable to the daemon)") from None
    status, body = _fetched(source, path, form, headers, limit)
    try:
        return read(_data(status, body))
    except NoAnswer as error:
        raise NoAnswer(plain(secrets.hide(str(error)))) from None


def format_timestamp(at_ms: int) -> str:
    """An instant as the API takes it."""
    seconds, rest = divmod(at_ms, 1000)
    return f"{seconds}.{rest:03d}"


def asked(query: str, start_ms: int, at_ms: int) -> str:
    """The query with its range filled in, as a PromQL duration."""
    return query.replace(RANGE, format_range(start_ms, at_ms))


def format_range(start_ms: int, at_ms: int) -> str:
    seconds, rest = divmod(at_ms - start_ms, 1000)
    return f"{at_ms - start_ms}ms" if rest else f"{seconds}s"


def _credentials(source: PrometheusSource) -> tuple[Secrets, dict[str, str]]:
    """The secrets that are sent, and the header that holds them. Raises SecretError."""
    if source.bearer_token is not None:
        token = source.bearer_token.reveal()
        return Secrets(token), {"Authorization": f"Bearer {token}"}
    if source.basic_auth is not None:
        password = source.basic_auth.password.reveal()
        pair = b64encode(f"{source.basic_auth.username}:{password}".encode()).decode()
        return Secrets(password, pair), {"Authorization": f"Basic {pair}"}
    return Secrets(), {}


def _fetched(
    source: PrometheusSource, path: str, form: Mapping[str, str], headers: dict[str, str], limit: int
) -> tuple[int, bytes]:
    """Status and body. Redirects are answers like any other: none is followed."""
    from sla_monitor.probe.connections.trust import context_for
    from sla_monitor.probe.exchange.adapter import (
        SerializedRequest,  # libraries that a daemon without such KPIs need not hold
    )
    from sla_monitor.probe.exchange.fetch import fetch

    url = f"{source.prometheus.rstrip('/')}/api/v1/{path}"
    sent = urlencode({**form, "timeout": f"{source.timeout_ms}ms"})
    common = {
        "User-Agent": f"sla-monitor/{__version__}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-www-form-urlencoded",
        "Connection": "close",
    }
    try:
        request = SerializedRequest("POST", url, common | headers, sent.encode(), absolute=False)
        context = context_for(TlsTerms(ca_file=source.ca_file)) if request.origin.secure else None
        return fetch(request, context, source.timeout_ms, limit)
    except (Failure, OSError, ValueError) as error:  # requests' errors are OSErrors or ValueErrors
        raise NoAnswer(f"{plain(str(error))} (see that {url} can be asked from here)") from None


def _data(status: int, body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise NoAnswer(f"status {status}, and no answer of Prometheus's API (check the address and the credentials)")
    if status != 200 or answer.get("status") != "success":
        said = answer.get("error")
        why = said[:WORDS_LIMIT] if isinstance(said, str) else "no reason given"
        raise NoAnswer(f"status {status}: {why} (check the query)")
    if answer.get("warnings"):
        raise NoAnswer(
            f"the answer is incomplete: {str(answer['warnings'])[:WORDS_LIMIT]} (ask again when all of it can be had)"
        )
    return answer.get("data")


def _value(data: Any) -> Any:
    """The text of the one number that a scalar, or a vector with one series, holds."""
    kind = data.get("resultType") if isinstance(data, dict) else None
    found = data.get("result") if isinstance(data, dict) else None
    if kind == "vector" and isinstance(found, list):
        if not found:
            raise NoAnswer("no series: nothing is known for that time (check the names in the query)")
        if len(found) > 1:
            raise NoAnswer(f"{len(found)} series instead of one (put sum() around the query)")
        found = found[0].get("value") if isinstance(found[0], dict) else None
    elif kind != "scalar":
        raise NoAnswer(f"the result is a {str(kind)[:20]} and no number (write a query that gives one)")
    if not isinstance(found, list) or len(found) != 2:
        raise NoAnswer("the result is no number (check that the address is a Prometheus)")
    return found[1]


def _finite(text: Any) -> Decimal:
    if isinstance(text, str) and _NUMBER.fullmatch(text):
        return Decimal(text)
    raise NoAnswer(f"{str(text)[:40]} is no figure (a part divided by nothing, or nothing scraped at that time)")
