"""The installation of one history: who takes part, who writes what, who decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from shared.core.integration import Integration, Strand
from shared.core.rules import Decider, EntityRules, FieldRule, MatchKey
from tests.simulation.kinds import ENTITIES, SIDES, Kind

ERP = frozenset({"erp"})
CRM = frozenset({"crm"})
IDENTITY = {
    "customer": (MatchKey("email", ("email",)),),
    "product": (MatchKey("sku", ("sku",), unique=True),),
    "order": (
        MatchKey("number", ("number",), unique=True),
        MatchKey("customer+number", ("customer", "number"), unique=True),
    ),
}
OWNERS = {"customer": "crm", "product": "erp", "order": "crm"}
POLL_SECONDS = 30


DECIDERS = (Decider.OWNER, Decider.LATEST, Decider.PERSON)


def integration_of(kinds: Mapping[str, Kind], dice: Random, deciders: Sequence[Decider] = DECIDERS) -> Integration:
    """Return the rules for these kinds of partner; one of the deciders decides where a customer's fields conflict."""
    entities = {entity: _rules(entity, kinds, dice, deciders) for entity in ENTITIES}
    return Integration(
        "v1",
        {system: SIDES[system] for system in kinds},
        entities,
        {
            (system, entity): Strand(
                every_seconds=POLL_SECONDS, batch_size=dice.choice((1, 3, 50)), fetch_size=dice.choice((2, 100))
            )
            for entity, rules in entities.items()
            for system in rules.systems
        },
    )


def _rules(entity: str, kinds: Mapping[str, Kind], dice: Random, deciders: Sequence[Decider]) -> EntityRules:
    return EntityRules(
        entity,
        {
            system: kind.rules(system, entity)
            for system, kind in kinds.items()
            if kind.has(entity) and takes_part(system, entity)
        },
        OWNERS[entity],
        identity=IDENTITY[entity],
        max_deletes_per_run=2,
        fields=_fields(entity, dice, deciders),
        version="r1",
    )


def takes_part(system: str, entity: str) -> bool:
    """Tell whether a system keeps an entity in step: the shop knows no products of its own."""
    return (system, entity) != ("shop", "order")


def _fields(entity: str, dice: Random, deciders: Sequence[Decider]) -> Mapping[str, FieldRule]:
    if entity == "customer":
        return {
            "name": FieldRule(decider=dice.choice(deciders[:2])),
            "phone": FieldRule(decider=dice.choice(deciders)),
            "credit_limit": FieldRule(writers=ERP),
        }
    if entity == "product":
        return {"price": FieldRule(writers=ERP), "sku": FieldRule(writers=ERP)}
    return {
        "status": FieldRule(writers_of=dict.fromkeys(("confirmed", "partly_shipped", "shipped", "delivered"), ERP)),
        "lines[].quantity": FieldRule(writers_from={"confirmed": ERP}),
        "lines[]": FieldRule(writers_from={"confirmed": ERP}),
        "lines[].product": FieldRule(writers_from={"confirmed": ERP}),
        "lines[].shipped": FieldRule(writers=ERP),
        "total": FieldRule(writers=CRM),
    }
