"""The small scenarios, and which thing of the template each of them needs.

A scenario raises AssertionError where the application does not do what it should. It says nothing about why: the same
scenario serves the route, the mappings and every variable on its way.
"""

import json
from collections.abc import Callable

from tests.template.taking_things_out.things import Thing
from tests.template.taking_things_out.world import World

Scenario = Callable[[World], None]

QUEUES = {
    "AbsorbChanges": "ChangesQueue",
    "DeliverChanges": "DeliveriesQueue",
    "PollChanges": "PollsQueue",
    "Reconcile": "ReconcileQueue",
    "WatchStock": "WatchQueue",
}
"""Which queue feeds a function."""

_RECEIVES = {"ChangesQueue": 5, "DeliveriesQueue": 5, "PollsQueue": 3, "ReconcileQueue": 3, "WatchQueue": 5}
_UNREADABLE = "this is no message"


def a_webhook_reaches_the_other_system(world: World) -> None:
    """What the CRM tells by webhook stands in the ERP afterwards, and in the ledger."""
    status = world.tell(world.add_to_crm("ada"))

    assert status == 200
    assert world.stack.drain(but_hidden=True)
    assert world.names_in_erp() == {"ada"}
    table = world.stack.items.table(world.physical("LedgerTable"))
    assert list(table.all_items())


def a_minute_polls(world: World) -> None:
    """What stands in the CRM reaches the ERP when the minute's tick comes."""
    world.add_to_crm("ada")

    fired(world, "PollChanges")

    assert world.stack.drain(but_hidden=True)
    assert world.names_in_erp() == {"ada"}


def a_minute_sweeps(world: World) -> None:
    """A lost delivery is queued again when it is due."""
    world.stack.hold("DeliveriesQueue")
    world.tell(world.add_to_crm("ada"))
    assert world.stack.drain(but_hidden=True)
    assert world.stack.drop_messages("DeliveriesQueue") == 1
    world.make_due()
    world.stack.release("DeliveriesQueue")

    fired(world, "SweepOverdue")

    assert world.stack.drain(but_hidden=True)
    assert world.names_in_erp() == {"ada"}


def a_night_reconciles(world: World) -> None:
    """What stands in the CRM reaches the ERP when the night's comparison comes."""
    world.add_to_crm("ada")

    fired(world, "Reconcile")

    assert world.stack.drain(but_hidden=True)
    assert world.names_in_erp() == {"ada"}


def an_event_is_a_hint(world: World) -> None:
    """An event `record.changed` on the bus is as good as a webhook."""
    customer = world.add_to_crm("ada")
    detail = json.dumps({"system": "crm", "entity": "customer", "ids": [customer["id"]]})
    entry = {"Source": "anybody", "DetailType": "record.changed", "Detail": detail}

    world.stack.client("events").put_events(Entries=[{**entry, "EventBusName": world.physical("EventBus")}])

    assert world.stack.drain(but_hidden=True)
    assert world.names_in_erp() == {"ada"}


def a_product_becomes_low(world: World) -> None:
    """What changed about a product comes by the bus; that it is low now is told once."""
    product = world.keep_low_stock()
    detail = json.dumps({"subject": "stock/1", "data": {"products": product}})
    entry = {"Source": "tandem", "DetailType": "products.touched", "Detail": detail}

    for _ in range(2):
        world.stack.client("events").put_events(Entries=[{**entry, "EventBusName": world.physical("EventBus")}])
        assert world.stack.drain(but_hidden=True)

    assert world.notices() == ["tea is low"]


def a_day_brings_the_digest(world: World) -> None:
    """Who buys gets a letter about all that is low."""
    world.keep_low_stock()

    fired(world, "WatchStock")

    assert world.notices() == ["1 products are low, 0 orders and deals wait"]


def a_reservation_expires(world: World) -> None:
    """What was set aside comes back when its time is up."""
    world.set_aside_too_long()

    fired(world, "WatchStock")

    assert world.reservation_state() == "expired"


def an_operator_looks(world: World) -> None:
    """Who has the stack's token sees how every system is."""
    status, answer = world.ask("/status")

    assert status == 200
    assert [item["system"] for item in answer["items"]] == ["crm", "erp"]


def an_operator_plans(world: World) -> None:
    """What the next run would do is computed, and not done."""
    world.add_to_crm("ada")

    status, answer = world.plan()

    assert status == 200
    assert [(item["system"], item["verb"]) for item in answer["items"]] == [("erp", "create")]
    assert world.names_in_erp() == set()


def an_unreadable_message_is_kept(queue: str) -> Scenario:
    """A message that no code can read is not taken for done."""

    def scenario(world: World) -> None:
        world.send(queue, _UNREADABLE)

        assert world.stack.drain(but_hidden=True)
        assert world.stack.queue_counts()[queue].in_flight == 1

    return scenario


def an_unreadable_message_becomes_a_dead_letter(queue: str) -> Scenario:
    """A message that no code can read ends where a person finds it."""

    def scenario(world: World) -> None:
        world.send(queue, _UNREADABLE)

        for _ in range(_RECEIVES[queue] + 1):
            assert world.stack.drain(but_hidden=True)
            world.stack.hurry()
        assert world.stack.drain(but_hidden=True)

        assert world.stack.messages(queue.replace("Queue", "DeadLetters")) == [_UNREADABLE]

    return scenario


def an_unreadable_record_becomes_a_dead_letter(world: World) -> None:
    """A record that no code can carry on is told to a person, and holds up nobody."""
    nonsense = {"id": {"S": "nonsense"}, "format": {"N": "0"}}

    world.stack.client("dynamodb").put_item(TableName=world.physical("RecordsTable"), Item=nonsense)

    assert world.stack.drain()
    assert len(world.stack.messages("StreamDeadLetters")) == 1


def fired(world: World, function: str) -> None:
    """Fires what starts the function; there has to be something that does."""
    try:
        outcomes = world.stack.fire(function)
    except KeyError as nothing:
        raise AssertionError(nothing) from nothing
    assert outcomes
    assert not any(each.failed for each in outcomes)


_ON_THE_WAY = ("ReceiveWebhook", "AbsorbChanges", "FanOut", "DeliverChanges", "Globals")
_OF_A_FUNCTION: dict[str, Scenario] = {
    **dict.fromkeys(_ON_THE_WAY, a_webhook_reaches_the_other_system),
    "PollChanges": a_minute_polls,
    "SweepOverdue": a_minute_sweeps,
    "Reconcile": a_night_reconciles,
    "WatchStock": a_product_becomes_low,
    "ServeApi": an_operator_looks,
    "PlanChanges": an_operator_plans,
}


def needed_by(thing: Thing) -> Scenario:
    """The scenario that needs this thing; KeyError if nobody has thought of one."""
    if thing.kind == "redrive policy":
        return an_unreadable_message_becomes_a_dead_letter(thing.owner)
    if thing.kind == "ReportBatchItemFailures":
        if thing.owner == "FanOut":
            return an_unreadable_record_becomes_a_dead_letter
        return an_unreadable_message_is_kept(QUEUES[thing.owner])
    if thing.kind == "rule":
        return {"HintRule": an_event_is_a_hint, "WatchRule": a_product_becomes_low}[thing.owner]
    if (thing.kind, thing.owner) == ("schedule", "WatchStock"):
        return {"Daily": a_day_brings_the_digest, "EachFiveMinutes": a_reservation_expires}[thing.path[-1]]
    if thing.path[-1] == "TANDEM_PLAN_FUNCTION":
        return an_operator_plans
    return _OF_A_FUNCTION[thing.owner]


ALL: dict[str, Scenario] = {
    "a webhook reaches the other system": a_webhook_reaches_the_other_system,
    "a minute polls": a_minute_polls,
    "a minute sweeps": a_minute_sweeps,
    "a night reconciles": a_night_reconciles,
    "an event is a hint": an_event_is_a_hint,
    "a product becomes low": a_product_becomes_low,
    "a day brings the digest": a_day_brings_the_digest,
    "a reservation expires": a_reservation_expires,
    "an operator looks": an_operator_looks,
    "an operator plans": an_operator_plans,
    "an unreadable record becomes a dead letter": an_unreadable_record_becomes_a_dead_letter,
    **{f"an unreadable message is kept in {queue}": an_unreadable_message_is_kept(queue) for queue in _RECEIVES},
    **{
        f"an unreadable message of {queue} becomes a dead letter": an_unreadable_message_becomes_a_dead_letter(queue)
        for queue in _RECEIVES
    },
}
