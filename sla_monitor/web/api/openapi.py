"""The OpenAPI 3.1 document of the JSON beside the pages, made from the shapes that the answers have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from typing_extensions import is_typeddict

from sla_monitor.contract.reading.json_schema import shapes_schema
from sla_monitor.register.entries import KINDS
from sla_monitor.register.import_options import CHOICES, KINDS_IN_FILES
from sla_monitor.register.request_bodies import request_schemas
from sla_monitor.web.api import register_shapes, shapes
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


@dataclass(frozen=True, slots=True)
class PostTerms:
    """Something that is posted: its address, what its body is, by the name of its schema, and what it answers with.
    `conflict`: how it says that what was read is not what stands; `preview`: what it answers with under dry_run."""

    path: str
    summary: str
    body: str
    shape: type
    answers: str = "201"
    conflict: type | None = None
    preview: type = register_shapes.PreviewJson


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

IMPORTS = "/api/v1/contracts/{contract}/imports"
ATTACHMENTS = "/api/v1/contracts/{contract}/entries/{number}/attachments"

DESK_RESOURCES = (
    ResourceTerms(
        "/api/v1/contracts/{contract}/entries",
        "Entries of the register, ascending",
        register_shapes.EntriesJson,
        ("after", "limit", "kind"),
        (403, 404),
    ),
    ResourceTerms(
        "/api/v1/contracts/{contract}/entries/{number}",
        "An entry of the register",
        register_shapes.EntryJson,
        (),
        (403, 404),
    ),
    ResourceTerms(ATTACHMENTS, "The files of an entry", register_shapes.AttachmentsJson, (), (403, 404)),
    *(
        ResourceTerms(f"/api/v1/contracts/{{contract}}/{name}", summary, shape, (), (403, 404))
        for name, summary, shape in (
            ("months", "How far each month is that has begun", register_shapes.MonthsJson),
            ("months/{month}", "How far a month is", register_shapes.MonthJsonWhole),
            ("recalculations", "Closed months that came out otherwise", register_shapes.RecalculationsJson),
            ("credits", "What became of credits", register_shapes.CreditsJson),
            ("obligations", "Dated duties", register_shapes.ObligationsJson),
            ("terms", "Terms that were proposed, and in force", register_shapes.TermsProposalsJson),
            ("terms/{number}", "Proposed terms, and what they change", register_shapes.TermsProposalJsonWhole),
        )
    ),
    ResourceTerms(
        "/api/v1/contracts/{contract}/months/{month}/outages",
        "What failed in a month, and what was said about it",
        register_shapes.MonthFailuresJson,
        ("limit", "cursor"),
        (403, 404),
    ),
    ResourceTerms(
        "/api/v1/contracts/{contract}/maintenance",
        "What the contract permits in a month, and what is booked",
        register_shapes.MaintenanceMonthJson,
        ("month", "service"),
        (403, 404),
    ),
    ResourceTerms(
        "/api/v1/participants/{participant}/shares",
        "What contracts come to for a participant",
        register_shapes.SharesJson,
        (),
        (403, 404),
    ),
    ResourceTerms(
        "/api/v1/audit",
        "Who did what",
        register_shapes.AuditJson,
        ("person", "event", "day", "limit", "cursor"),
        (403, 404),
    ),
)
"""What is read of the desk, by whoever is named there."""

POSTS = (
    PostTerms(
        "/api/v1/contracts/{contract}/entries",
        "Enter something of any kind",
        "EntryRequest",
        register_shapes.EnteredJson,
    ),
    PostTerms(
        "/api/v1/contracts/{contract}/entries/{number}/undo",
        "Take an entry back",
        "UndoRequest",
        register_shapes.EnteredJson,
    ),
    PostTerms(
        "/api/v1/contracts/{contract}/entries/{number}/decide",
        "Grant or refuse what an entry asks for",
        "DecisionRequest",
        register_shapes.EnteredJson,
    ),
    PostTerms(
        "/api/v1/contracts/{contract}/entries/{number}/undo-file",
        "Take all back that came from the same file as an entry",
        "UndoRequest",
        register_shapes.SeveralEnteredJson,
        preview=register_shapes.SeveralPreviewJson,
    ),
    PostTerms(
        IMPORTS,
        "Enter the rows of a file of tickets or figures, all of them or none",
        "",
        register_shapes.SeveralEnteredJson,
        preview=register_shapes.ImportPreviewJson,
    ),
    PostTerms(
        "/api/v1/contracts/{contract}/credits/invoice",
        "Compare an invoice with the credits that should stand on it, and enter its lines",
        "InvoiceRequest",
        register_shapes.InvoiceEnteredJson,
        preview=register_shapes.InvoiceCheckJson,
    ),
    PostTerms(
        "/api/v1/contracts/{contract}/terms",
        "Propose new terms",
        "ProposalRequest",
        register_shapes.EnteredJson,
        preview=register_shapes.TermsPreviewJson,
    ),
    *(
        PostTerms(f"/api/v1/contracts/{{contract}}/terms/{{number}}/{what}", summary, body, register_shapes.EnteredJson)
        for what, summary, body in (
            ("approve", "Approve proposed terms", "ApprovalRequest"),
            ("reject", "Reject proposed terms", "UndoRequest"),
            ("withdraw", "Withdraw terms that one has proposed", "UndoRequest"),
        )
    ),
    *(
        PostTerms(
            f"/api/v1/contracts/{{contract}}/months/{{month}}/{what}",
            summary,
            body,
            register_shapes.SignedJson,
            conflict=register_shapes.SignatureProblemJson,
        )
        for what, summary, body in (
            ("sign-off", "Sign a month off for the authority", "SignOffRequest"),
            ("countersign", "Countersign a month for the supplier", "CountersignRequest"),
        )
    ),
)
"""What is entered at the desk. Each is posted with a key of its own, and shown with `dry_run=true`."""

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
    "after": {"description": "Entries after the one of this number.", "schema": {
        "type": "integer", "minimum": 0, "default": 0}},
    "kind": {"description": "Entries of this kind alone.", "schema": {"type": "string", "enum": list(KINDS)}},
    "sha256": {"description": "The digest of its content.", "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"}},
    "name": {"description": "The file's name, whose ending says what it is.", "schema": {
        "type": "string", "minLength": 1}},
    "month": {"description": "A service period.", "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}},
    "number": {"description": "The entry's number.", "schema": {"type": "integer", "minimum": 1}},
    "dry_run": {"description": "true: nothing is entered; what it would change is told.", "schema": {
        "type": "boolean", "default": False}},
    "Idempotency-Key": {"description": "New for each entry, and the same when it is sent again: it is entered once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200}},
    "If-Match": {"description": "`\"12\"`: only if entry 12 is still the last. Required where figures of months that"
        " are over may change: 428.", "schema": {"type": "string", "pattern": '^"[0-9]+"$'}},
    "X-CSRF-Token": {"description": "The token of the desk's forms. With a session only; a bearer token needs none.",
        "schema": {"type": "string"}},
    "limit": {"description": "So many on one page.", "schema": {
        "type": "integer", "minimum": 1, "maximum": MOST, "default": 100}},
    "cursor": {"description": "Where the page begins, as `next` of the page before has it.", "schema": {
        "type": "string"}},
    "person": {"description": "Deeds of this person or script.", "schema": {"type": "string"}},
    "event": {"description": "Deeds of this sort, as `event` has it.", "schema": {"type": "string"}},
    "day": {"description": "Deeds of this day, of UTC.", "schema": {"type": "string", "format": "date"}},
    "service": {"description": "The service's id.", "schema": {"type": "string"}},
    "endpoint": {"description": "The endpoint's id.", "schema": {"type": "string"}},
}  # fmt: skip


def _option(name: str, told: str, *choices: str, is_repeated: bool = False, is_flag: bool = False) -> dict[str, Any]:
    one: dict[str, Any] = {"type": "boolean", "default": False} if is_flag else {"type": "string"}
    one |= {"enum": list(choices)} if choices else {}
    schema = {"type": "array", "items": one} if is_repeated else one
    return {"name": name, "in": "query", "required": name == "kind", "description": told, "schema": schema}


IMPORT_PARAMETERS = (
    _option("kind", "What each row is.", *KINDS_IN_FILES),
    _option("name", "The file's name, which its entries keep with its digest."),
    _option("preset", "The tool that wrote it.", *filter(None, CHOICES["preset"])),
    _option("map", "A column's field: HEADING=FIELD.", is_repeated=True),
    _option("only_map", "No heading is known but those of `map`.", is_flag=True),
    _option("priority", "What a priority of the file is in the contract: THEIRS=OURS.", is_repeated=True),
    _option(
        "service",
        "Which service a name of the file is: THEIRS=OURS; `THEIRS=` is none of ours, `*=` every other name.",
        is_repeated=True,
    ),
    _option("dates", "As in 05/10/2026.", *CHOICES["dates"]),
    _option("two_digit_years", "26 is 2026.", is_flag=True),
    _option("open_without_end", "Tickets without an end are open.", is_flag=True),
    _option("party", "Whose the figures are, for rows without a party.", *filter(None, CHOICES["party"])),
    _option("reference", "For rows without one of their own."),
    _option("note", "For rows without one of their own."),
)
"""How a file is read."""

REFUSALS = {
    400: "A parameter makes no sense",
    401: "Name and password, or the token, are missing or wrong",
    403: "Whoever asks may not do this",
    404: "There is no such thing",
    409: "What was read is not what stands; nothing was entered",
    412: "Somebody else has entered something after the entry that If-Match names; nothing was entered",
    413: "The body is too large",
    415: "The body is of another type",
    422: "The entry is not right, or its key was used for another one; nothing was entered",
    428: "Figures of months that are over may change: look at them with dry_run, and send If-Match",
    429: "Too many requests, too much in a day, or too many with a wrong password or token",
    503: "Busy, or nothing has been assessed yet",
}


@cache
def openapi_document() -> dict[str, Any]:
    """The whole document. What is done with a path that is no resource, and by another method, is in docs/http.md."""
    own = {**vars(shapes), **vars(register_shapes)}
    several = [one for one in own.values() if is_typeddict(one)]
    schemas = {**shapes_schema(several, REFERENCE), **request_schemas(REFERENCE)}
    paths: dict[str, dict[str, Any]] = {one.path: {"get": _operation(one)} for one in RESOURCES}
    paths |= {one.path: {"get": {**_operation(one), **DESK_SECURITY}} for one in DESK_RESOURCES}
    paths[ATTACHMENTS]["post"] = {**_attached(), **DESK_SECURITY}
    paths[f"{ATTACHMENTS}/{{sha256}}"] = {"get": {**_downloaded(), **DESK_SECURITY}}
    for post in POSTS:
        paths.setdefault(post.path, {})["post"] = {**_posted(post), **DESK_SECURITY}
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
        "security": [{}, {"password": []}, {"script": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "password": {"type": "http", "scheme": "basic", "description": "`basic_auth_users` of web_config."},
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `views` in the settings."},
                "script": {"type": "http", "scheme": "bearer", "description": "A token of `desk.tokens`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "sla_session",
                    "description": "A person who has signed in; with HTTPS, `__Host-sla_session`.",
                },
            },
        },
    }


ANY_TYPE = "application/octet-stream"
REFUSED_POSTS = (400, 401, 403, 404, 412, 413, 415, 422, 428, 429, 503)
DESK_SECURITY: dict[str, Any] = {"security": [{"script": []}, {"session": []}]}


def _posted(one: PostTerms) -> dict[str, Any]:
    headers = [
        {"name": name, "in": "header", "required": name == "Idempotency-Key", **PARAMETERS[name]}
        for name in ("Idempotency-Key", "If-Match", "X-CSRF-Token")
    ]
    told = {"description": one.summary, "content": _content("application/json", one.shape)}
    again = {"anyOf": [{"$ref": REFERENCE.format(model=each)} for each in (one.shape.__name__, one.preview.__name__)]}
    preview = {
        "description": "With dry_run: what it would change; without: it had come in before, and stands",
        "content": {"application/json": {"schema": again}},
    }
    dry_run = {"name": "dry_run", "in": "query", **PARAMETERS["dry_run"]}
    own = IMPORT_PARAMETERS if one.path == IMPORTS else ()
    body = (
        {"application/json": {"schema": {"$ref": REFERENCE.format(model=one.body)}}} if one.body else {"text/csv": {}}
    )
    return {
        "operationId": f"post_{_id(one.path)}",
        "summary": one.summary,
        "parameters": [*_in_path(one.path), *own, dry_run, *headers],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": preview,
            one.answers: told,
            **_refused(REFUSED_POSTS),
            **({} if one.conflict is None else _refused((409,), one.conflict)),
        },
    }


def _attached() -> dict[str, Any]:
    """A file that is attached: the body is what it holds."""
    told = {
        "description": "The files of the entry",
        "content": _content("application/json", register_shapes.AttachmentsJson),
    }
    return {
        "operationId": f"post_{_id(ATTACHMENTS)}",
        "summary": "Attach a file to an entry; one that is attached already is not attached again",
        "parameters": [
            *_in_path(ATTACHMENTS),
            {"name": "name", "in": "query", "required": True, **PARAMETERS["name"]},
            {"name": "X-CSRF-Token", "in": "header", "required": False, **PARAMETERS["X-CSRF-Token"]},
        ],
        "requestBody": {"required": True, "content": {ANY_TYPE: {}}},
        "responses": {"201": told, **_refused((400, 401, 403, 404, 413, 415, 422, 429, 503))},
    }


def _downloaded() -> dict[str, Any]:
    path, summary = f"{ATTACHMENTS}/{{sha256}}", "What a file of an entry holds, to be saved"
    return {
        "operationId": _id(path),
        "summary": summary,
        "parameters": _in_path(path),
        "responses": {
            "200": {"description": summary, "content": {ANY_TYPE: {}}},
            **_refused((400, 401, 403, 404, 503)),
        },
    }


def _in_path(path: str) -> list[dict[str, Any]]:
    in_path = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, **PARAMETERS[name]} for name in in_path]


def _refused(statuses: Iterable[int], shape: type = shapes.ProblemJson) -> dict[str, Any]:
    """`shape`: of what tells why; of an entry that is not right, its own."""
    return {
        f"{status}": {
            "description": REFUSALS[status],
            "content": _content(
                "application/problem+json", register_shapes.EntryProblemJson if status == 422 else shape
            ),
        }
        for status in statuses
    }


def _operation(one: ResourceTerms) -> dict[str, Any]:
    told = _in_path(one.path)
    told += [{"name": name, "in": "query", **PARAMETERS[name]} for name in one.parameters]
    refusals = sorted({400, 401, 503, *one.refusals, *((429,) if one.is_shared else (403,))})
    return {
        "operationId": _id(one.path),
        "summary": one.summary,
        **({"security": [{}, {"token": []}, {"password": []}]} if one.is_shared else {}),
        "parameters": told,
        "responses": {
            "200": {"description": one.summary, "content": _content("application/json", one.shape)},
            "304": {"description": "It is as the digest in If-None-Match says"},
            **_refused(refusals),
        },
    }


def _id(path: str) -> str:
    words = [part for part in path.replace(".json", "").split("/") if part and part not in {"api", "v1"}]
    return "_".join(word.strip("{}") for word in words)


def _content(media_type: str, shape: type) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": REFERENCE.format(model=shape.__name__)}}}
