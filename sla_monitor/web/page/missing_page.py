"""What is told where there is no such service or endpoint: why, and what there is."""

from __future__ import annotations

from sla_monitor.web.page.layout import Frame, Layout
from sla_monitor.web.page.subject import service_address
from sla_monitor.web.page_record import PageRecord
from sla_monitor.wording.text import plain


def render_missing(layout: Layout, frame: Frame, record: PageRecord, contract: str, problem: str) -> str:
    """The whole document, with the services of the contract if that is one."""
    found = next((one for one in record.contracts() if one.id == contract), None)
    services = found.versions[-1].terms.services if found else ()
    return layout.render(
        "missing.html",
        frame,
        problem=problem,
        contract=plain(contract),
        services=[(plain(one.name or one.id), service_address(contract, one.id)) for one in services],
    )
