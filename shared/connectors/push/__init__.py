"""The connector of partners that cannot be asked: what they push over the API is kept, and read from there.

So everything else stays as it is: a push is a hint, and the record is then looked at; where it is looked at is our own
mailbox. Nothing can be written to such a partner: what it should show is listed as unsupported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.ports.capabilities import Capabilities, EntityCapability

if TYPE_CHECKING:
    from shared.connectors.push.system import PushSystem
    from shared.ports.mailbox import Mailbox

__all__ = ["CAPABILITIES", "PushEntity", "PushSettings", "connect"]


class PushEntity(BaseModel):
    """What the partner tells of an entity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shows: tuple[str, ...] = Field(min_length=1)


class PushSettings(BaseModel):
    """A partner that pushes, as `integration.toml` describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    connector: Literal["push"] = "push"
    side: Literal["crm", "supply_chain"] = "supply_chain"
    auth: Literal["none"] = "none"
    secret: str = ""
    entities: Mapping[str, PushEntity] = Field(min_length=1)


def entities(settings: object) -> Mapping[str, EntityCapability]:
    """Return the capability of each entity under these settings."""
    assert isinstance(settings, PushSettings)
    return {
        entity: EntityCapability(
            can=frozenset({"list", "read"}),
            carries=frozenset(given.shows),
            takes=frozenset(),
            capture=frozenset({"push"}),
            calls={"in": 0},
        )
        for entity, given in settings.entities.items()
    }


CAPABILITIES = Capabilities(
    name="push",
    title="Any system that can only push",
    settings=PushSettings,
    entities=entities,
    webhooks="none: it calls PUT /systems/<name>/<entity>/<its id> of our API",
    quota="none: it is never called",
    why="some partners cannot be asked for anything, but can call an address",
    cannot=("nothing can be written to it; what it should show is listed as unsupported",),
    credentials=lambda _: (),
)


def connect(settings: PushSettings, mailbox: Mailbox) -> PushSystem:
    """Return the system of these settings, over what it has pushed."""
    from shared.connectors.push.system import PushSystem

    return PushSystem(settings.name, mailbox)
