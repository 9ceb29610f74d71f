"""A cause as JSON: what a write was, what it was made from, and what it decided.

Whatever says nothing is left out, and so are the steps that an operation usually has, so that the causes that are
written most stay short: an absorb of one changed field costs some 60 bytes more than its values.
"""

from __future__ import annotations

from shared.aws.formats import (
    Json,
    filled,
    from_moment,
    from_revision,
    from_values,
    maybe_moment,
    to_moment,
    to_revision,
    to_values,
)
from shared.aws.link_format import from_parked, to_parked
from shared.core.decisions import Cause, Ruling, Verdict
from shared.core.inputs import Answered, Inputs, Observed, Parent, Step
from shared.core.observations import Next, Source, Trouble
from shared.core.records import LinkState


def from_cause(cause: Cause) -> Json:
    """Return a cause as JSON."""
    return filled(
        {
            "operation": cause.operation,
            "system": cause.system,
            "external_id": cause.external_id,
            "at": None if cause.at is None else from_moment(cause.at),
            "rules": cause.rules,
            "revision": cause.revision,
            "modified_at": None if cause.modified_at is None else from_moment(cause.modified_at),
            "values": from_values(cause.values),
            "not_carried": list(cause.not_carried),
            "detail": dict(cause.detail),
            "trace": cause.trace,
            "inputs": None if cause.inputs is None else _from_inputs(cause.inputs, cause) or 1,
            "decided": [[each.verdict.value, each.because, list(each.paths)] for each in cause.decided],
        }
    )


def to_cause(found: Json) -> Cause:
    """Return the cause; one that was written before inputs were noted has none."""
    return Cause(
        found.get("operation", ""),
        found.get("system", ""),
        found.get("external_id", ""),
        maybe_moment(found.get("at")),
        found.get("rules", ""),
        found.get("revision", ""),
        maybe_moment(found.get("modified_at")),
        to_values(found.get("values", {})),
        tuple(found.get("not_carried", ())),
        found.get("detail", {}),
        found.get("trace", ""),
        _to_inputs(found) if "inputs" in found else None,
        tuple(Ruling(Verdict(verdict), because, tuple(paths)) for verdict, because, paths in found.get("decided", ())),
    )


def _from_inputs(inputs: Inputs, cause: Cause) -> Json:
    usual = _USUAL.get(cause.operation)
    told = filled(
        {
            "answered": inputs.answered.value if inputs.answered else None,
            "revision": from_revision(inputs.revision),
            "trouble": None if inputs.trouble is None else _from_trouble(inputs.trouble),
            "jitter": inputs.jitter,
            "parked": None if inputs.parked is None else from_parked(inputs.parked),
            "parent": None if inputs.parent is None else _from_parent(inputs.parent),
            "until": {system: from_moment(until) for system, until in inputs.until.items()},
            "keys_left": sorted(inputs.keys_left),
            "withheld": sorted(inputs.withheld),
        }
    )
    if inputs.steps != usual:
        told["steps"] = [step.value for step in inputs.steps]
    if inputs.observed is not None:
        told["observed"] = _from_observed(inputs.observed, cause.revision)
    return told


def _to_inputs(cause: Json) -> Inputs:
    found = {} if cause["inputs"] == 1 else cause["inputs"]
    usual = _USUAL.get(cause.get("operation", ""), ())
    answered = found.get("answered")
    return Inputs(
        tuple(Step(step) for step in found["steps"]) if "steps" in found else usual,
        _to_observed(found["observed"], cause.get("revision", "")) if "observed" in found else None,
        None if answered is None else Answered(answered),
        to_revision(found.get("revision")),
        _to_trouble(found["trouble"]) if "trouble" in found else None,
        found.get("jitter", 0.0),
        to_parked(found["parked"]) if "parked" in found else None,
        _to_parent(found["parent"]) if "parent" in found else None,
        {system: to_moment(until) for system, until in found.get("until", {}).items()},
        frozenset(found.get("keys_left", ())),
        frozenset(found.get("withheld", ())),
    )


def _from_observed(observed: Observed, token: str) -> Json:
    revision = observed.revision
    is_named = revision is not None and revision.token == token
    return {
        **filled(
            {
                "order": [revision.order, int(revision.exact)] if revision is not None and is_named else None,
                "revision": None if is_named else from_revision(revision),
                "collections": sorted(observed.collections),
                "part": int(not observed.complete),
                "source": observed.source.value if observed.source is not Source.FETCHED else None,
                "deleted": int(observed.deleted),
            }
        ),
        **({} if observed.carried is None else {"carried": list(observed.carried)}),
    }


def _to_observed(found: Json, token: str) -> Observed:
    revision = [token, *found["order"]] if "order" in found else found.get("revision")
    return Observed(
        to_revision(revision),
        frozenset(found.get("collections", ())),
        not found.get("part", 0),
        Source(found.get("source", Source.FETCHED)),
        bool(found.get("deleted", 0)),
        tuple(found["carried"]) if "carried" in found else None,
    )


def _from_trouble(trouble: Trouble) -> Json:
    candidates = list(trouble.candidates)
    told = [trouble.next.value, trouble.code, trouble.message, trouble.wait_seconds, int(trouble.whole_system)]
    return [*told, trouble.field, candidates]


def _to_trouble(found: Json) -> Trouble:
    next_, code, message, wait_seconds, whole_system, field, candidates = found
    return Trouble(Next(next_), code, message, wait_seconds, bool(whole_system), field, tuple(candidates))


def _from_parent(parent: Parent) -> Json:
    return [parent.record_id, int(parent.exists), parent.state.value, parent.parked]


def _to_parent(found: Json) -> Parent:
    record_id, exists, state, parked = found
    return Parent(record_id, bool(exists), LinkState(state), parked)


_USUAL = {
    "absorb": (Step.ABSORB,),
    "delete": (Step.ABSORB,),
    "confirm": (Step.CONFIRM,),
    "intent": (Step.INTEND,),
    "wait": (Step.HOLD_BACK,),
    "postpone": (Step.POSTPONE,),
    "promise": (Step.PROMISE,),
}
"""The steps of an operation that are not written down; never change one: what stands in the tables means these."""
