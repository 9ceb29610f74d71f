"""One line of `[systems.X.entities.E.fields]`: ours = theirs, as a text or as a table.

`name = "name"` · `customer = "customer_id -> customer"` (a reference) · `"lines[].quantity" = "items[].qty"` (in the
elements of a list) · `status = { path = "state", values = { placed = "open", cancelled = "void" } }`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.core.entities import Kind
from shared.core.forms import FORMS

Scalar = bool | int | Decimal | str
Type = Literal["text", "number", "money", "moment", "flag"]


def _as_table(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class FieldSpec(BaseModel):
    """What one field of ours is at the partner.

    `values` maps our values to theirs (the first of several is the one that is sent); `type` is the kind of a custom
    field (text if not said); `write_only` is never shown by the partner, `read_only` never sent. `format` is how it is
    sent where the partner has not shown it yet. `scale` shifts the decimal point: 2 for amounts in cents.
    `stored` says how the partner respells what it is sent. `others` says what becomes of a value that `values` does not
    name: it is refused, or it goes over as it is, such as the stages of a sales pipeline.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(min_length=1)
    values: dict[str, Scalar | tuple[Scalar, ...]] = Field(default_factory=dict)
    type: Type | None = None
    write_only: bool = False
    read_only: bool = False
    format: Literal["text", "number", "iso", "date", "seconds", "milliseconds"] | None = None
    scale: int = Field(default=0, ge=-9, le=9)
    stored: tuple[str, ...] = ()
    others: Literal["refuse", "keep"] = "refuse"

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.write_only and self.read_only:
            raise ValueError("a field cannot be both write_only and read_only")
        unknown = [each for each in self.stored if each.partition(":")[0] not in FORMS]
        if unknown:
            raise ValueError(f"stored knows {', '.join(sorted(FORMS))}, not {unknown[0]}")
        return self

    @property
    def kind(self) -> Kind | None:
        """Return the declared kind."""
        return None if self.type is None else Kind(self.type)


Spec = Annotated[FieldSpec, BeforeValidator(_as_table)]
