"""The OpenAPI 3.1 document of the JSON beside the pages, made from the shapes that the answers have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from typing_extensions import is_typeddict

from sla_monitor.contract.reading.json_schema import shapes_schema
from sla_monitor.web.api import shapes
from sla_monitor.web.api.outage_json import MOST
from sla_monitor.web.page.selection import CRITICALITIES, STATES

VERSION = "1"
REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class ResourceTerms:
    """A resource: its address with its names in braces, what it answers with, and what its address may have."""

    path: str
    summary: str
    shape: type
    parameters: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()
    is_shared: bool = False


FILTERS = ("q", "state", "supplier", "contract", "participant", "criticality")

RESOURCES = (
    ResourceTerms("/api/v1/services", "The services that the filters select", shapes.ServicesJson, FILTERS),
    ResourceTerms(
        "/api/v1/services/{contract}/{service}", "A service with its history", shapes.ServiceJsonWhole, (), (404,)
    ),
    ResourceTerms(
        "/api/v1/endpoints/{contract}/{endpoint}", "An endpoint with its history", shapes.EndpointJsonWhole, (), (404,)
    ),
    ResourceTerms("/api/v1/contracts/{contract}", "A contract's running month", shapes.ContractJson, (), (404,)),
    ResourceTerms(
        "/api/v1/outages",
        "The outages of the running months, the latest first",
        shapes.OutagesJson,
        (*FILTERS, "limit", "cursor"),
    ),
    ResourceTerms("/api/v1/monitor", "The monitor itself, and what it cannot see", shapes.MonitorJson),
    ResourceTerms("/api/v1/packs", "The review packs", shapes.PacksJson),
    ResourceTerms("/api/v1/desk", "What waits for whoever asks", shapes.DeskJson, ("contract",), (403, 404)),
    ResourceTerms("/public/status.json", "What the public may see", shapes.SharedJson, (), (404,), is_shared=True),
    ResourceTerms(
        "/participants/{participant}/status.json",
        "What a participant may see",
        shapes.SharedJson,
        (),
        (404,),
        is_shared=True,
    ),
)

PARAMETERS: dict[str, dict[str, Any]] = {
    "q": {"description": "Words, each of which a title, id, address, supplier or participant has.", "schema": {
        "type": "string", "maxLength": 200}},
    "state": {"description": "How it is; `bad`: every state but up.", "schema": {
        "type": "string", "enum": list(STATES)}},
    "supplier": {"description": "The supplier's name.", "schema": {"type": "string"}},
    "contract": {"description": "The contract's id.", "schema": {"type": "string"}},
    "participant": {"description": "A participant's id; a service without any is everybody's.", "schema": {
        "type": "string"}},
    "criticality": {"description": "How much depends on it.", "schema": {
        "type": "string", "enum": list(CRITICALITIES)}},
    "limit": {"description": "Outages on one page.", "schema": {
        "type": "integer", "minimum": 1, "maximum": MOST, "default": 100}},
    "cursor": {"description": "Where the page begins, as `next` of the page before has it.", "schema": {
        "type": "string"}},
    "service": {"description": "The service's id.", "schema": {"type": "string"}},
    "endpoint": {"description": "The endpoint's id.", "schema": {"type": "string"}},
}  # fmt: skip

REFUSALS = {
    400: "A parameter makes no sense",
    401: "Name and password, or the token, are missing or wrong",
    403: "Whoever asks may not do this",
    404: "There is no such thing",
    429: "Too many requests with a wrong password or token",
    503: "Busy, or nothing has been assessed yet",
}


@cache
def openapi_document() -> dict[str, Any]:
    """The whole document. What is done with a path that is no resource, and by another method, is in docs/http.md."""
    several = [one for one in vars(shapes).values() if is_typeddict(one)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SLA monitor",
            "version": VERSION,
            "description": (
                "The facts of the pages as JSON. Instants are ISO 8601 in UTC; lengths of time are whole milliseconds"
                " (`_ms`) or microseconds (`_us`); ratios and figures are exact; what is not known is null, and"
                " `why_null` says why. A version of the API only ever gets more keys."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The address that the document came from"}],
        "security": [{}, {"password": []}],
        "paths": {one.path: {"get": _operation(one)} for one in RESOURCES},
        "components": {
            "schemas": dict(sorted(shapes_schema(several, REFERENCE).items())),
            "securitySchemes": {
                "password": {"type": "http", "scheme": "basic", "description": "`basic_auth_users` of web_config."},
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `views` in the settings."},
            },
        },
    }


def _operation(one: ResourceTerms) -> dict[str, Any]:
    in_path = [part.strip("{}") for part in one.path.split("/") if part.startswith("{")]
    told = [{"name": name, "in": "path", "required": True, **PARAMETERS[name]} for name in in_path]
    told += [{"name": name, "in": "query", **PARAMETERS[name]} for name in one.parameters]
    refusals = sorted({400, 401, 503, *one.refusals, *((429,) if one.is_shared else ())})
    return {
        "operationId": _id(one.path),
        "summary": one.summary,
        **({"security": [{}, {"token": []}, {"password": []}]} if one.is_shared else {}),
        "parameters": told,
        "responses": {
            "200": {"description": one.summary, "content": _content("application/json", one.shape)},
            "304": {"description": "It is as the digest in If-None-Match says"},
            **{
                f"{status}": {
                    "description": REFUSALS[status],
                    "content": _content("application/problem+json", shapes.ProblemJson),
                }
                for status in refusals
            },
        },
    }


def _id(path: str) -> str:
    words = [part for part in path.replace(".json", "").split("/") if part and part not in {"api", "v1"}]
    return "_".join(word.strip("{}") for word in words)


def _content(media_type: str, shape: type) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": REFERENCE.format(model=shape.__name__)}}}
