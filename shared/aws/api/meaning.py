"""Which record a caller means by a name, and the refusal where that is not clear."""

from __future__ import annotations

from http import HTTPStatus

from shared.aws.api.problems import Mistake, Refusal, not_there
from shared.core.records import Record
from shared.flows.operating.finding import Meant, Unclear, find_record
from shared.flows.parts import Parts


def meant(parts: Parts, entity: str, name: str) -> Record:
    """Return the record that is meant; raise the refusal where there is none or several."""
    found = find_record(parts, entity, name)
    if isinstance(found, Meant):
        return found.record
    raise refusal_of(parts, entity, name, found)


def refusal_of(parts: Parts, entity: str, name: str, found: Unclear) -> Refusal:
    """Return the refusal for a name by which no record, or none alone, was found."""
    if found.candidates:
        several = [Mistake(where=each.record_id, what=each.by) for each in found.candidates]
        return Refusal(HTTPStatus.CONFLICT, f"{entity} {name} may mean several records", "name one of them", several)
    if found.notes:
        note = found.notes[0]
        told = f"{note.system} has {entity} {note.external_id}, but there is no record of it: {note.reason}"
        return not_there(told, "tandem failures tells what may be done")
    kept = ", ".join(parts.integration.entities)
    if entity not in parts.integration.entities:
        return not_there(f"{entity} is not kept in step", f"ask for one of: {kept}")
    return not_there(f"nobody knows {entity} {name}", "give our id, an external id (crm:42) or a match key")
