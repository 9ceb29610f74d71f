"""What `integration.toml` may say about a Tryton: where it answers, who is a customer, its words for regions."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.connectors.mapping.places import steps
from shared.connectors.mapping.spec import Spec

CODES_ON_LETTERS = ("AU", "BR", "CA", "FM", "GT", "IT", "MH", "MX", "NF", "PW", "SM", "US")
"""The countries in whose address formats Tryton 7.8 prints the code of a subdivision rather than its name."""


class Table(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrytonEntity(Table):
    """`[systems.<name>.entities.<entity>]`: custom fields, ours = a field of Tryton's model (`fax = "fax"`)."""

    fields: dict[str, Spec] = Field(default_factory=dict)

    @field_validator("fields")
    @classmethod
    def _no_lists(cls, fields: dict[str, Spec]) -> dict[str, Spec]:
        for ours, spec in fields.items():
            if "[]" in ours or "[]" in spec.path:
                raise ValueError(f"{ours} stands in a list - custom fields of Tryton are fields of the record itself")
            steps(spec.path)
        return fields


class TrytonSettings(Table):
    """`[systems.<name>]` with `connector = "tryton"`. The secret holds `username` and `password`."""

    name: str
    connector: str = "tryton"
    side: str = "supply_chain"
    base_url: str = Field(description='where the server answers, such as base_url = "https://erp.example.com"')
    secret: str = ""
    database: str = Field(description='the database\'s name, such as database = "erp"')
    warehouse: str | None = Field(
        default=None, description="the code of the warehouse that ships; the first by default"
    )
    customer_category: str | None = Field(
        default=None, description="the party category of customers; without one every party is a customer"
    )
    supplier_category: str | None = Field(
        default=None, description="the party category of suppliers; without one every party is a supplier"
    )
    tax_number_type: str = Field(default="eu_vat", description="the type of identifier that a new tax number gets")
    freight_product: str = Field(default="FREIGHT", description="the code of the service that stands for freight")
    discontinued: Literal["not_salable", "not_purchasable"] = "not_salable"
    confirm_orders: bool = Field(default=True, description="whether placed orders are confirmed, or left as quotations")
    regions: dict[str, str] = Field(
        default_factory=dict, description='your own words for subdivisions, such as "IE-CO" = "Co. Cork"'
    )
    region_codes_in: tuple[str, ...] = CODES_ON_LETTERS
    overlap_seconds: int = Field(default=60, ge=0, description="how long a transaction of Tryton may take to commit")
    page_size: int = Field(default=200, ge=1, le=1000)
    batch_size: int = Field(default=50, ge=1, le=500)
    read_seconds: float = Field(default=15.0, gt=0, le=300, description="how long one call may take")
    entities: dict[str, TrytonEntity] = Field(default_factory=dict)

    def custom(self, entity: str) -> dict[str, Spec]:
        """The custom fields of an entity."""
        described = self.entities.get(entity)
        return described.fields if described else {}
