"""`tandem failures`, `retry`, `edit`, `skip`, `link`, `unlink`, `assign`, `note`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from operate import answers
from operate.failures import FAILED, Failed
from operate.verbs import After, Json, Limit, Yes, agreed, reached

Case = Annotated[str, typer.Argument(help="The id that `tandem failures` shows.")]
Record = Annotated[str, typer.Argument(help="The record's id, or the id of one of its cases.")]
System = Annotated[str, typer.Argument(help="The system's name in integration.toml.")]
OneCase = Annotated[str | None, typer.Argument(metavar="[CASE]", help="One case by its id: all that is known.")]
Only = Annotated[str, typer.Option(help="Only this one.")]
_FEW = 3


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    for verb in (failures, retry, edit, skip, link, unlink, assign, note):
        app.command()(verb)


def failures(
    context: typer.Context,
    case: OneCase = None,
    system: Only = "",
    entity: Only = "",
    state: Annotated[str | None, typer.Option(help="parked, held, failing or waiting.")] = None,
    groups: Annotated[bool, typer.Option("--groups", help="By cause instead of one by one.")] = False,
    group: Annotated[str, typer.Option(help="Only the cases of this group.")] = "",
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """What is parked, held, failing or waiting: what is wrong, since when, what is owed, and what to do about it."""
    with reached(context) as api:
        if case is not None:
            answer = api.get("failures", case)
        elif groups:
            answer = api.get("failure-groups", system=system, entity=entity, state=state)
        else:
            query = {"system": system, "entity": entity, "state": state, "group": group, "limit": limit, "next": after}
            answer = api.get("failures", **query)
    if as_json:
        answers.print_json(answer)
    elif case is not None:
        _print_case(answer["items"][0])
    elif groups:
        for each in answer["items"]:
            answers.print_paragraph(each["group"], _group_lines(each))
        answers.print_line(f"{len(answer['items']) or 'no'} causes; tandem retry --group GROUP tries all cases of one")
    else:
        for each in answer["items"]:
            answers.print_paragraph(each["id"], _lines(each))
        answers.print_line(f"{len(answer['items']) or 'no'} cases; tandem failures CASE tells all about one")
        _print_next(answer)


def retry(
    context: typer.Context,
    case: Annotated[str | None, typer.Argument(help="The id that `tandem failures` shows.")] = None,
    group: Annotated[str, typer.Option(help="All cases of this group (`tandem failures --groups`).")] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Try a case again at once, or all cases of one cause. Exit 1: some of them could not be."""
    if (case is None) == (group == ""):
        raise Failed("say one case, or one group", "tandem retry CASE, or tandem retry --group GROUP", code=2)
    agreed(f"{case or 'every case of ' + group} would be tried again", yes, as_json)
    if case is not None:
        _do(context, as_json, "POST", "failures", case, "retry", body={})
        return
    failed: list[Mapping[str, Any]] = []
    retried, after = 0, None
    with reached(context) as api:
        while True:
            answer = api.send("POST", "failure-groups", group, "retry", body={}, next=after)
            failed, retried, after = [*failed, *answer["items"]], retried + answer["retried"], answer["next"]
            if after is None:
                break
    if as_json:
        answers.print_json(answers.listed(failed, ok=not failed, retried=retried))
    else:
        said = f"{retried} are tried again" if retried or failed else "no case has that cause: tandem failures --groups"
        answers.print_line(said)
        if failed:
            answers.print_table("these could not be", failed)
    if failed:
        raise typer.Exit(FAILED)


def edit(
    context: typer.Context,
    record: Record,
    field: Annotated[str, typer.Argument(help="Its path: name, addresses[billing].city, lines[ab12].quantity.")],
    value: Annotated[str | None, typer.Argument(help="As text: 10.50, true, 2026-03-02T09:00.")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Empty the field instead.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give a field of a record another value: it goes to every system that does not show it."""
    if (value is None) is not empty:
        raise Failed("say a value, or --empty", "tandem edit RECORD FIELD VALUE", code=2)
    agreed(f"{field} would become {'empty' if empty else repr(value)} in every system", yes, as_json)
    body = {"field": field, "value": value}
    _do(context, as_json, "POST", "records", _record(record), "edit", body=body)


def skip(context: typer.Context, case: Case, yes: Yes = False, as_json: Json = False) -> None:
    """Spare the system this version: it keeps what it shows until the record changes again."""
    agreed(f"{case} would not be sent until it changes", yes, as_json)
    _do(context, as_json, "POST", "failures", case, "skip", body={})


def link(
    context: typer.Context,
    record: Record,
    system: System,
    external_id: Annotated[str, typer.Argument(help="The system's own id of it.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say that what a system calls EXTERNAL_ID is this record; what differs is merged by the rules."""
    agreed(f"{system} {external_id} would be this record", yes, as_json)
    _do(context, as_json, "POST", "records", _record(record), "links", system, body={"external_id": external_id})


def unlink(context: typer.Context, record: Record, system: System, yes: Yes = False, as_json: Json = False) -> None:
    """Part a record from what it is linked to in a system, which becomes a record of its own."""
    agreed(f"the record and what stands in {system} would be two", yes, as_json)
    _do(context, as_json, "DELETE", "records", _record(record), "links", system)


def assign(
    context: typer.Context,
    case: Case,
    to: Annotated[str, typer.Argument(help="Who looks after it; left out: nobody.")] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Say who looks after a case."""
    agreed(f"{case} would be assigned to {to or 'nobody'}", yes, as_json)
    _do(context, as_json, "POST", "failures", case, "assign", body={"to": to})


def note(
    context: typer.Context,
    case: Case,
    text: Annotated[str, typer.Argument(help="What was found out.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write down what was found out about a case; `tandem failures CASE` shows it."""
    agreed(f"{case} would carry the note {text!r}", yes, as_json)
    _do(context, as_json, "POST", "failures", case, "note", body={"text": text})


def _do(context: typer.Context, as_json: bool, method: str, *path: str, body: object = None) -> None:
    with reached(context) as api:
        done(api.send(method, *path, body=body), as_json)


def done(answer: Mapping[str, Any], as_json: bool) -> None:
    """Print what was done, and how it is undone where it can be."""
    if as_json:
        answers.print_json(answers.listed([{key: each for key, each in answer.items() if key != "ok"}]))
        return
    answers.print_line(answer["what"])
    if answer.get("undo"):
        answers.print_line(f"tandem undo {answer['undo']} takes it back within 30 days")


def _record(text: str) -> str:
    """Return the record of an id of a case; any other text is the record's own id."""
    return text.partition(":")[0]


def _lines(each: Mapping[str, Any]) -> list[str]:
    """Return a case in a few lines; its id stands above them, whole, to be copied."""
    said = f"{each['code']}: {each['message']}" if each["code"] else each["message"]
    field = f", field {each['field']}" if each["field"] else ""
    of = f"; {each['assigned_to']} looks after it" if each["assigned_to"] else ""
    tries = f", {each['attempts']} tries" if each["attempts"] else ""
    return [
        f"{each['state']} {each['entity']} in {each['system']}{field}, since {each['first_at'][:16]}{tries}{of}",
        f"says {said}",
        *_owed_line(each),
        f"do {', '.join(each['verbs'])}",
    ]


def _owed_line(each: Mapping[str, Any]) -> list[str]:
    """Return the first values that wait, so that a person sees whom it is about."""
    owed = [f"{path or 'the record'} {_first_line(value)}" for path, value in each["owed"].items()]
    more = f" and {len(owed) - _FEW} more" if len(owed) > _FEW else ""
    return [f"owed {', '.join(owed[:_FEW])}{more}"] if owed else []


def _first_line(value: object) -> str:
    return (str(value).splitlines() or [""])[0]


def _group_lines(each: Mapping[str, Any]) -> list[str]:
    """Return a cause in a few lines; its id stands above them, whole, to be copied."""
    return [
        f"cases {each['count']}, the first since {each['first_at'][:16]}, the last {each['last_at'][:16]}",
        f"says {each['message']}",
        f"do {each['do']}",
    ]


def _print_case(each: Mapping[str, Any]) -> None:
    answers.print_paragraph(each["id"], _lines(each)[:2])
    owed = {path or "the record": value for path, value in each["owed"].items()}
    facts = {
        "there": f"{each['entity']} {each['external_id']}" if each["external_id"] else "nothing yet",
        "record": each["record"] or "none of ours yet",
        "waits for": each["waits_for"],
        "owed": ", ".join(f"{path} {'' if value is None else value}".strip() for path, value in owed.items()),
        "candidates": ", ".join(each["candidates"]),
        "first": each["first_at"],
        "last": each["last_at"],
        "next try": each["next_try_at"],
        "group": each["group"],
    }
    answers.print_table("facts", [{"what": name, "is": fact} for name, fact in facts.items() if fact])
    answers.print_line(f"It means: {each['means']}.")
    answers.print_line(f"What to do: {each['do']}.")
    answers.print_line(f"Verbs: {', '.join(each['verbs'])}.")
    for remark in each["remarks"]:
        answers.print_line(f"{remark['at'][:16]} {remark['by']}: {remark['text']}")


def _print_next(answer: Mapping[str, Any]) -> None:
    if answer["next"]:
        answers.print_line(f"there are more: --next {answer['next']}")
