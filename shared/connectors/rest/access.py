"""How a system lets us in, and how it tells us: tokens by OAuth, and signed messages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from shared.connectors.rest.specs import Part


class OAuthSettings(Part):
    """How a token is got by client credentials: where, for which scope, and how the client shows itself there.

    `token_url` is an address, or a path on the host of `base_url`. `parameters` go along in the form.
    """

    token_url: str = Field(default="/oauth/token", pattern=r"^(/|https?://[^\s/@]+(/|$))[^\s@]*$")
    scope: str = ""
    client: Literal["header", "body"] = "header"
    parameters: dict[str, str] = Field(default_factory=dict)

    @field_validator("parameters")
    @classmethod
    def _hold_no_secret(cls, value: dict[str, str]) -> dict[str, str]:
        ours = {"grant_type", "client_id", "client_secret", "scope"} & value.keys()
        if ours:
            raise ValueError(f"`parameters` cannot say {min(ours)} - it comes from the secret, or from `scope`")
        return value


class WebhookSettings(Part):
    """How the partner's signed messages are proven and read.

    `scheme` is how they are signed. `type` is the place of the event type (or `type_header` the header that holds it),
    `data` that of the record ("" where the body is the record), `resource` (in the data) names what it is, or the
    first part of the type does; `resources` maps such names to our entities where they are not the last part of an
    entity's path. `ends` are the last parts of types that end a record's life. `full` says that data is the record.
    """

    scheme: Literal["standard", "shopify", "github", "stripe", "easypost", "frappe"] = "standard"
    secret_key: str = "webhook_secret"
    type: str = "type"
    type_header: str = ""
    data: str = "data"
    resource: str = "resource"
    id: str | None = None
    resources: dict[str, str] = Field(default_factory=dict)
    ends: tuple[str, ...] = ("deleted", "archived", "removed")
    full: bool = True
    tolerance_seconds: int = Field(default=300, ge=1, le=3600)
