"""Review packs on the status page: what is listed, and how each file is handed out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from sla_monitor.wording.text import plain

TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
"""By the end of the name; a file of any other kind is not handed out."""

SHOWN = ("html", "pdf")
"""What browsers show; everything else is saved."""

READABLE = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    "; sandbox"
)
"""For a pack's page. It carries a policy of its own, which names its one style by digest; both hold."""

SAID = {"html": "read", "pdf": "PDF", "xlsx": "workbook", "json": "JSON"}
COPIES = {"supplier": "supplier’s copy"}


@dataclass(frozen=True, slots=True)
class ReviewPack:
    """A pack that was made. `name` is its folder's; `content` gives a file of it, or None where it is not, or is no
    longer as it was made."""

    name: str
    contract: str
    month: str
    status: str
    copy: str
    files: tuple[str, ...]
    content: Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class PackRow:
    """One pack as it is listed: what it is, and its links by their words."""

    title: str
    status: str
    links: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, str], ...]


def listed(packs: Iterable[ReviewPack]) -> dict[str, tuple[PackRow, ...]]:
    """Packs by contract, the latest month first."""
    return {contract: tuple(map(_row, several)) for contract, several in in_order(packs).items()}


def in_order(packs: Iterable[ReviewPack]) -> dict[str, list[ReviewPack]]:
    """The same, as they are."""
    found: dict[str, list[ReviewPack]] = {}
    for pack in packs:
        found.setdefault(plain(pack.contract), []).append(pack)
    return {contract: sorted(several, key=_place) for contract, several in sorted(found.items())}


def _place(pack: ReviewPack) -> tuple[int, str]:
    month = pack.month.replace("-", "")
    return (-int(month) if month.isascii() and month.isdigit() else 0), pack.name


def _row(pack: ReviewPack) -> PackRow:
    tables = [name for name in pack.files if kind_of(name) == "csv"]
    others = [name for name in pack.files if kind_of(name) in SAID]
    return PackRow(
        title=title_of(pack),
        status=plain(pack.status),
        links=tuple((_describe_file(pack, name), address(pack, name)) for name in sorted(others, key=_rank)),
        tables=tuple((name.removeprefix("csv/").removesuffix(".csv"), address(pack, name)) for name in tables),
    )


def title_of(pack: ReviewPack) -> str:
    """Which months it is of, and whose copy or which claim it is: all of it is in its name."""
    rest = pack.name.removeprefix(f"{pack.contract}-")
    if not rest.startswith(pack.month):
        return plain(rest.replace("-to-", " to "))
    special = rest.removeprefix(pack.month).strip("-")
    said = COPIES.get(special, special.replace("claim-", "claim for ", 1))
    return plain(f"{pack.month}, {said}" if said else pack.month)


def _describe_file(pack: ReviewPack, name: str) -> str:
    """`PDF` for the pack's own file, `outages, JSON` for one with a name of its own."""
    stem, kind = name.rpartition(".")[0], SAID[kind_of(name)]
    return kind if stem == pack.name else f"{stem.removeprefix(f'{pack.name}-')}, {kind}"


def _rank(name: str) -> int:
    return list(SAID).index(kind_of(name))


def kind_of(name: str) -> str:
    return name.rpartition(".")[2]


def address(pack: ReviewPack, name: str) -> str:
    """Where the file is fetched."""
    return f"/reviews/{quote(pack.name, safe='')}/{quote(name)}"


def found(packs: Iterable[ReviewPack], folder: str, name: str) -> bytes | None:
    """A file by what its address says: both names must be exactly those of a pack and a file of it."""
    if kind_of(name) not in TYPES:
        return None
    return next((pack.content(name) for pack in packs if pack.name == folder and name in pack.files), None)


def headers(folder: str, name: str) -> dict[str, str]:
    """What a browser is told of the file. Names that were found have letters, digits, points and dashes alone."""
    kind, last = kind_of(name), name.rpartition("/")[2]
    saved = last if last.startswith(folder) else f"{folder}-{last}"
    told = {
        "Content-Type": TYPES[kind],
        "Content-Disposition": f'{"inline" if kind in SHOWN else "attachment"}; filename="{saved}"',
    }
    return told | ({"Content-Security-Policy": READABLE} if kind == "html" else {})
