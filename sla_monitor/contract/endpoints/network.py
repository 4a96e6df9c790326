"""The kinds of value an endpoint has: hosts, ports, addresses, headers, patterns, statuses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from sla_monitor.contract.endpoints.domain_name import a_labels, name_wire
from sla_monitor.contract.endpoints.json_path import compile_path
from sla_monitor.contract.endpoints.pattern import compile_pattern
from sla_monitor.contract.fields import Misplaced, Whole
from sla_monitor.contract.reading.secret import NEVER_HERE, HeaderValue

Port = Annotated[Whole, Field(ge=1, le=65535)]


def _host(value: str) -> str:
    """In ASCII: everything beyond (name servers, certificates, redirects) knows international names as A-labels."""
    try:
        ip_address(value)
    except ValueError:
        pass
    else:
        return value
    try:
        name = a_labels(value)
        name_wire(name)
    except ValueError:
        name = ""
    # What ends in a number is an IP address, or nothing (WHATWG URL, 4.1).
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", name) or name.rstrip(".").rpartition(".")[2].isdecimal():
        raise ValueError(f"{value!r} is not a host name or an IP address (write for example www.example.org)")
    return name


def _domain_name(value: str) -> str:
    name_wire(value)
    return value


DomainName = Annotated[str, AfterValidator(_domain_name), WithJsonSchema({"$comment": "domain name", "type": "string"})]
Host = Annotated[str, AfterValidator(_host), WithJsonSchema({"$comment": "host", "type": "string"})]
Family = Literal["any", "ipv4", "ipv6"]


def wrong_family(host: str, family: Family) -> str:
    """Why a host given by its address can never be reached in a family; nothing where it can, or is a name."""
    try:
        version = ip_address(host.strip("[]")).version
    except ValueError:
        return ""
    return (
        "" if family in {"any", f"ipv{version}"} else f"{host} is an IPv{version} address (write ipv{version}, or any)"
    )


TlsVersion = Literal["TLSv1.2", "TLSv1.3"]


def _pattern(value: str) -> str:
    try:
        compile_pattern(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from None
    return value


Pattern = Annotated[str, AfterValidator(_pattern), WithJsonSchema({"$comment": "pattern", "type": "string"})]


def _json_path(value: str) -> str:
    compile_path(value)
    return value


JsonPath = Annotated[
    str,
    AfterValidator(_json_path),
    WithJsonSchema({"$comment": "JSON path", "type": "string", "examples": ["$.status"]}),
]


def _status(value: Any) -> Any:
    """`200` or `200-299` as (first, last)."""
    match = re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", str(value)) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f"{value!r} is not a status (write 200 or 200-299)")
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise ValueError(f"{value!r} runs backwards (write {last}-{first})")
    return first, last


StatusRange = Annotated[
    tuple[int, int],
    BeforeValidator(_status),
    WithJsonSchema({"$comment": "status", "type": ["integer", "string"], "examples": [200, "200-299"]}),
]


def check_url(value: str) -> str:
    """An address is printed and logged, so that nothing secret may be in it; for the same reason no message here
    repeats it."""
    if len(value) > 2048 or not re.fullmatch(r"https?://[!-~]+", value):
        raise ValueError("must be an http:// or https:// address without spaces (encode others as %20)")
    try:
        parts = urlsplit(value)
        wrong = not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong:
        raise ValueError("must have a host, and a port from 1 to 65535 if any (write https://host:8443/path)")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password (write them under basic_auth)")
    return value


def with_ascii_host(value: str) -> str:
    """As a host of its own: `https://bücher.example/` is `https://xn--bcher-kva.example/`."""
    match = re.fullmatch(r"(https?://)([^/?#:@]+)(.*)", value, re.DOTALL)
    try:
        return match[1] + a_labels(match[2]) + match[3] if match else value
    except ValueError:
        return value


def _proxy(value: str) -> str:
    if not value.startswith("http://"):
        raise ValueError("must be an http:// address (write for example http://proxy.example:3128)")
    return check_url(value)


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", value):
        raise ValueError("is not the name of a header (write for example Accept)")
    return value


def _is_typed(value: Any) -> bool:
    """Whether a header's value is plain text, and no reference to a secret or to a captured value."""
    return isinstance(value, str) or bool(getattr(value, "is_literal", False))


def no_typed_credentials(headers: dict[str, Any]) -> dict[str, Any]:
    """Refuse a credential that is plain text, and one name spelled twice."""
    wrong = [(name, NEVER_HERE) for name, value in headers.items() if _is_typed(value) and _CREDENTIAL.search(name)]
    wrong += _spelled_twice(headers)
    if wrong:
        raise Misplaced([((name,), message) for name, message in wrong])
    return headers


T = TypeVar("T")


def each_once(headers: dict[str, T]) -> dict[str, T]:
    """Refuse one name spelled twice."""
    if wrong := list(_spelled_twice(headers)):
        raise Misplaced([((name,), message) for name, message in wrong])
    return headers


def _spelled_twice(headers: Iterable[str]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for name in headers:
        other = first.setdefault(name.lower(), name)
        if other is not name:
            yield name, f"is {other} again (headers do not differ by case: write one of them)"


_CREDENTIAL = re.compile(r"authorization|token|secret|password|api-?key", re.IGNORECASE)
_CREDENTIAL_FIELD = re.compile(r"(authorization|token|secret|passw(or)?d|pwd|passphrase|api[-_]?key)$", re.IGNORECASE)


def holds_a_credential(field: str) -> bool:
    """Whether a field of a form or of JSON has a credential's name: `access_token`, and not `token_type`."""
    return _CREDENTIAL_FIELD.search(field) is not None


HeaderName = Annotated[str, AfterValidator(_header_name)]
Headers = Annotated[dict[HeaderName, HeaderValue], AfterValidator(no_typed_credentials)]
Url = Annotated[
    str,
    AfterValidator(with_ascii_host),
    AfterValidator(check_url),
    WithJsonSchema({"$comment": "address", "type": "string", "pattern": r"^https?://[^/?#\s]+[!-~]*$"}),
]
ProxyUrl = Annotated[
    str,
    AfterValidator(with_ascii_host),
    AfterValidator(_proxy),
    WithJsonSchema({"$comment": "address", "type": "string", "pattern": r"^http://[^/?#\s]+[!-~]*$"}),
]
