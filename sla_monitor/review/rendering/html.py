"""The pack as one HTML file: no script, no network, readable on a phone, in print and by a screen reader."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sla_monitor.review.blocks import Block, Pack
from sla_monitor.wording.text import breakable


def html(pack: Pack) -> bytes:
    """The whole document. The pictures are our own drawing, whose writer escapes every text."""
    template, style = _templates()
    policy = f"default-src 'none'; style-src 'sha256-{_digest(style)}'; base-uri 'none'; form-action 'none'"
    return template.render(pack=pack, style=Markup(style), policy=policy).encode()  # noqa: S704 - our own file


@lru_cache(maxsize=1)
def _templates() -> tuple[Template, str]:
    environment = Environment(
        loader=PackageLoader("sla_monitor.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(drawn=_drawn, breaking=_breaking)
    environment.tests.update(head=_is_head, score=_is_score)
    return environment.get_template("pack.html"), environment.get_template("pack.css").render()


def _is_head(block: Block) -> bool:
    """What stands over both columns of the first screen."""
    return block.kind in {"notice", "facts"} or (block.kind == "prose" and block.style == "lead")


def _is_score(block: Block) -> bool:
    """What stands beside the rest of it: the months, and what their marks mean."""
    return (block.kind == "table" and block.look != "plain") or (block.kind == "prose" and block.style == "key")


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 - drawn by us, and escaped there


def _breaking(text: str) -> Markup:
    """A text with places at which its long words may be broken."""
    return Markup("<wbr>").join(breakable(text))


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
