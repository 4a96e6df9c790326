"""A bundle's manifest as it comes from somebody else: every value is of the form that ours has, or it is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from sla_monitor.errors import BundleError
from sla_monitor.review.bundle.contents import VERSION
from sla_monitor.review.pack_input import Copy
from sla_monitor.review.recalculated import RecalculatedMonth, of_manifest
from sla_monitor.review.rendering.files import FORMATS, PackRequest
from sla_monitor.review.retention import Retention

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_MONTH = re.compile(r"(19[7-9]|20[0-9]|21[0-9])[0-9]-(0[1-9]|1[0-2])", re.ASCII)
_HEAD = re.compile(r"|sla-monitor-head/1 [ -~]{1,400}")
_LENGTHS = (1, 3, 12)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself. Digests are 64 hexadecimal digits; `inputs` are as the assessment has them;
    `lacking`: the entries of which something is left out, and `withheld` the digest of what, if that was known."""

    contract: str
    month: str
    status: str
    copy: Copy
    program: str
    wanted: PackRequest
    retention: Retention
    head: str
    assessment: str
    figures: str
    inputs: Mapping[str, Any]
    lacking: tuple[int, ...]
    withheld: str | None
    files: Mapping[str, str]
    recalculated: tuple[RecalculatedMonth, ...] = ()


def manifest_of(content: bytes) -> Manifest:
    """Raises BundleError."""
    try:
        told = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BundleError("manifest.json is not JSON") from None
    if not isinstance(told, dict) or told.get("format") != "sla-monitor-review":
        raise BundleError("manifest.json is that of no review pack")
    if told.get("bundle") != VERSION:
        raise BundleError(f"is no bundle of version {VERSION} (a later sla-monitor may read it)")
    read = _ManifestReader(told)
    wanted = PackRequest(
        read.check("formats", [name for name in FORMATS if name in _list(told.get("formats"))]),
        read.check("months", next((length for length in _LENGTHS if length is told.get("months")), None)),
        read.text("claim", _NAME) if told.get("claim") is not None else None,
    )
    withheld = told.get("withheld")
    parts = withheld if isinstance(withheld, dict) else {}
    lacking, digest = _list(parts.get("entries")), parts.get("sha256")
    is_right = parts.keys() == {"entries", "sha256"} and all(type(number) is int for number in lacking)
    read.check("withheld", withheld if is_right and (digest is None or _is(digest, _DIGEST)) else None)
    retention = Retention.of(told.get("record"))
    recalculated = of_manifest(told.get("recalculated"))
    if recalculated is None:
        raise BundleError("manifest.json: recalculated is not what it should be")
    files = told.get("files")
    is_right = isinstance(files, dict) and all(_is(one, _DIGEST) for one in files.values())
    return Manifest(
        contract=read.text("contract", _NAME),
        month=read.text("month", _MONTH),
        status=read.text("status", re.compile(r"[a-z]{1,20}")),
        copy=cast(Copy, read.check("copy", told.get("copy") if told.get("copy") in get_args(Copy) else None)),
        program=read.text("program", re.compile(r"sla-monitor [0-9A-Za-z.+-]{1,40}")),
        wanted=wanted,
        retention=read.check("record", retention),
        head=read.text("head", _HEAD),
        assessment=read.text("assessment_sha256", _DIGEST),
        figures=read.text("figures_sha256", _DIGEST),
        inputs=read.check("inputs", told.get("inputs") if isinstance(told.get("inputs"), dict) else None),
        lacking=tuple(lacking),
        withheld=digest,
        files=read.check("files", files if is_right else None),
        recalculated=recalculated,
    )


class _ManifestReader:
    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told

    def text(self, name: str, form: re.Pattern[str]) -> str:
        value = self._told.get(name)
        return str(self.check(name, value if _is(value, form) else None))

    @staticmethod
    def check(name: str, value: Any) -> Any:
        if value is None or value == []:
            raise BundleError(f"manifest.json: {name} is missing, or is not what it should be")
        return value


def _is(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
