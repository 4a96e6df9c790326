"""Identifiers of a Contract Performance Notice, which the publisher's system has given."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from sla_monitor.contract.fields import Strict

NoticeText = Annotated[str, StringConstraints(max_length=500)]


class NoticeIdentifiers(Strict):
    """What a Contract Performance Notice asks for and nothing here knows; left empty, the publisher fills it in."""

    procurement_title: NoticeText = Field("", description="The title of the procurement.")
    procurement_id: NoticeText = Field("", description="The unique identifier of the procurement.")
    contract_id: NoticeText = Field("", description="The unique identifier of the public contract.")
    authority_id: NoticeText = Field("", description="The unique identifier of the contracting authority.")
    supplier_id: NoticeText = Field("", description="The unique identifier of the supplier.")
    supplier_address: NoticeText = Field("", description="The supplier's contact postal address.")
    supplier_email: NoticeText = Field("", description="The supplier's contact email address.")


NOTICE_FIELDS = {
    "authority_id": "the authority’s identifier",
    "procurement_title": "the title of the procurement",
    "procurement_id": "the procurement’s identifier",
    "contract_id": "the contract’s identifier",
    "supplier_id": "the supplier’s identifier",
    "supplier_address": "the supplier’s address",
    "supplier_email": "the supplier’s email address",
}
"""The fields in words."""
