"""The people: what they planned is done when its time comes.

An act says what kind of thing is done, where and when; on which record is decided when the time comes, from what then
stands there. Every value a person puts is unique (`v17`), so it is known afterwards what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.simulation import editing, entering
from tests.simulation.entering import Scene
from tests.simulation.partner import Partner
from tests.simulation.plan import Act
from tests.simulation.stage import Stage

TWO_SYSTEMS: Mapping[str, Callable[[Scene, Partner, Act], str]] = {
    "enter customer": entering.enter_customer,
    "enter same customer": entering.enter_same_customer,
    "enter same order": entering.enter_same_order,
    "hand email on": entering.hand_email_on,
}
ONE_SYSTEM: Mapping[str, Callable[[Partner, Act], str]] = {
    "enter product": entering.enter_product,
    "enter order": entering.enter_order,
    "enter again": entering.enter_again,
    "clone": entering.clone,
    "import": entering.import_many,
    "edit customer": editing.edit_customer,
    "edit product": editing.edit_product,
    "edit order": editing.edit_order,
    "clear field": editing.clear_field,
    "change email": editing.change_email,
    "set status": editing.set_status,
    "add contact": editing.add_contact,
    "edit contact": editing.edit_contact,
    "remove contact": editing.remove_contact,
    "add line": editing.add_line,
    "remove line": editing.remove_line,
    "delete": editing.delete,
    "delete many": editing.delete_many,
    "restore": editing.restore,
    "merge": editing.merge,
}
"""What each kind of act does; it answers what is to be told, nothing if there was nothing to do it to."""

MOST_REACTIONS = 300
"""Some ten times what most histories have. Where each read brings more than one edit, their number only grows."""


class People:
    """Everybody who works in the systems."""

    def __init__(self, partners: Mapping[str, Partner], stage: Stage) -> None:
        """Work in these systems."""
        self._partners, self._stage = partners, stage
        self._reactions = 0
        self._dice = stage.chance.of("people")
        self._scene = Scene(partners, stage, self._dice)

    def do(self, act: Act) -> None:
        """Do one act, if there is anything to do it to."""
        partner = self._partners[act.system]
        in_two = TWO_SYSTEMS.get(act.kind)
        told = in_two(self._scene, partner, act) if in_two else ONE_SYSTEM[act.kind](partner, act)
        if told:
            self._stage.chance.note(f"people: {act.kind}")
            self._stage.tell(f"{partner.name}: somebody {told}")

    def react(self, partner: Partner, entity: str, name: str) -> None:
        """Edit a record, just when we have read or written it; people do not go on for ever where each edit makes us
        read again."""
        if self._reactions >= MOST_REACTIONS:
            return
        if (entity, name) not in partner.rows or partner.rows[entity, name].is_deleted:
            return
        self._reactions += 1
        number = 1000 + self._reactions
        act = Act(number, 0.0, partner.name, "react", number % 4, self._dice.randrange(1000))
        told = editing.edit(partner, entity, name, act)
        if told:
            self._stage.tell(f"{partner.name}: somebody just then {told}")
