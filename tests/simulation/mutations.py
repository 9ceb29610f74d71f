"""Planted faults: each leaves one rule out, or turns one step round, as a small patch of the text of core or flows.

A simulation that cannot fail proves nothing, so each of these must be caught by it. `rule` names the story (F1 … F17 of
the sync rules' reasons) or the paragraph that the fault goes against.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """One planted fault: in a file below `shared/`, a text that stands there once is replaced."""

    name: str
    rule: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant(
        "a value that was not taken is not owed back",
        "F1",
        "core/merge.py",
        "        self._say(verdict, path, value, because)\n        self.seen[path] = Seen(shown, shown)\n        self._count_round",
        "        self._say(verdict, path, value, because)\n        self.seen[path] = Seen(shown, digest(self.ours(path)))\n        self._count_round",
    ),
    Mutant(
        "a refused edit is not logged",
        "F1",
        "core/decisions.py",
        "        Verdict.REFUSED,\n",
        "",
    ),
    Mutant(
        "two workers deliver at once: a running lease is ignored",
        "F2",
        "core/deliver.py",
        "return Nothing() if link.intent.until > now else Look(link.intent)",
        "return Look(link.intent)",
    ),
    Mutant(
        "an expired lease is sent again without a look",
        "F2",
        "core/deliver.py",
        "    if link.intent is not None:\n        return Nothing() if link.intent.until > now else Look(link.intent)\n",
        "    if link.intent is not None and link.intent.until > now:\n        return Nothing()\n",
    ),
    Mutant(
        "the intent is noted after the write",
        "F2",
        "flows/deliver_changes.py",
        '    kept = round_.save_record(record, noted, "intent")\n    if not isinstance(kept, Record):\n        return False\n',
        "    kept = noted\n",
    ),
    Mutant(
        "our own echo is taken for an edit",
        "F2",
        "core/observe.py",
        "    return next((sent for sent in sends if shown in (sent.value, sent.form)), None)",
        "    return None if shown else next(iter(sends), None)",
    ),
    Mutant(
        "state that came with a message is believed",
        "F3",
        "core/absorb.py",
        "return revision is not None and revision.exact and revision.order is not None and revision.order > link.floor",
        "return revision is not None and revision.order is not None and revision.order >= link.floor",
    ),
    Mutant(
        "an older revision is dropped as late",
        "F4",
        "core/absorb.py",
        "    if not rules.systems[observation.system].stale_reads or revision is None or revision.order is None:",
        "    if revision is None or revision.order is None:",
    ),
    Mutant(
        "stale reads are believed",
        "F4",
        "core/absorb.py",
        "return link.external_id == observation.external_id and link.floor is not None and revision.order < link.floor",
        "return False",
    ),
    Mutant(
        "nothing is read before a write",
        "F5",
        "core/deliver.py",
        "    if isinstance(command, Create) or not able.can_read:\n        return False\n",
        "    if able.can_read or not able.can_read:\n        return False\n",
    ),
    Mutant(
        "a revision guards what was not seen with it",
        "F6",
        "core/absorb.py",
        "revision=revision if observation.complete else None,",
        "revision=revision,",
    ),
    Mutant(
        "what the revision does not cover is written unread",
        "F6",
        "core/deliver.py",
        "    return isinstance(command, Update) and any(listed(able.uncovered, path) for path in command.fields)",
        "    return False",
    ),
    Mutant(
        "confirm drops the rest of an answer but calls it seen",
        "F7",
        "core/confirm.py",
        "        observe_all(merge, adopted, leave_out=frozenset(intent.sent))\n",
        "        merge.seen.update({p: Seen(digest(v), digest(record.value(p))) for p, v in adopted.fields.items() if p not in intent.sent})\n",
    ),
    Mutant(
        "an answer is absorbed though more was seen since",
        "F7",
        "core/confirm.py",
        "    if link.absorbs == intent.absorbs:\n        observe_all",
        "    if link.absorbs >= 0:\n        observe_all",
    ),
    Mutant(
        "what a re-read shows is taken for what was stored",
        "F8",
        "flows/sending.py",
        "    return answer.revision is not None and answer.revision.exact and shown.revision == answer.revision",
        "    return shown.external_id == answer.external_id",
    ),
    Mutant(
        "confirm notes what was sent instead of what was stored",
        "F8",
        "core/observe.py",
        "    if digest(value) in (sent.value, sent.form):\n        merge.agree(path, value, sent.value)\n    elif path in merge.fields",
        "    if digest(value) != sent.before or digest(value) in (sent.value, sent.form):\n        merge.agree(path, value, sent.value)\n    elif path in merge.fields",
    ),
    Mutant(
        "a new record goes on without the key that another holds",
        "F9",
        "flows/saving.py",
        "    if not isinstance(held, KeysHeld) or before.version == 0:\n        return held\n",
        "    if not isinstance(held, KeysHeld):\n        return held\n",
    ),
    Mutant(
        "a record is not found again by its external id",
        "F9",
        "core/absorb.py",
        "    taken = (holds | _id_keys(after)) - held - _id_keys(before)",
        "    taken = holds - held",
    ),
    Mutant(
        "a changed key is not given back",
        "F9",
        "core/absorb.py",
        "return Absorbed(after, tuple(decisions), taken, held - holds, cause, changed)",
        "return Absorbed(after, tuple(decisions), taken, frozenset(), cause, changed)",
    ),
    Mutant(
        "a create is not preceded by a look",
        "F10",
        "flows/sending.py",
        "        if there is not None and there.candidates:\n            link_or_park",
        "        if there is not None and there.ours:\n            link_or_park",
    ),
    Mutant(
        "a create is looked up by our reference only",
        "F10",
        "flows/looking.py",
        '        if all(value not in (None, "") for value in values):\n',
        '        if not round_.able.carries_reference and all(value not in (None, "") for value in values):\n',
    ),
    Mutant(
        "a key match is not checked against the live links",
        "F11",
        "core/match.py",
        "    return any(all(_shows(shown, text, key, rules) for shown in candidate.shown.values()) for text, key in keys.items())",
        "    return bool(keys)",
    ),
    Mutant(
        "two records of one system are linked to one of ours",
        "F11",
        "core/match.py",
        "    free = [c for c in meant if not _stands_there(c, system)]\n    taken = [c for c in meant if _stands_there(c, system)]",
        "    free = meant\n    taken = [c for c in meant if _stands_there(c, system) and not free]",
    ),
    Mutant(
        "a tombstone matches",
        "F11",
        "core/match.py",
        "alive = sorted((c for c in candidates if c.record.tombstone is None), key=lambda c: c.record.id)",
        "alive = sorted(candidates, key=lambda c: c.record.id)",
    ),
    Mutant(
        "the webhook of our own create is a new record",
        "§3",
        "core/match.py",
        "    if not rules.systems[observation.system].carries_reference:\n        waiting",
        "    if rules.systems[observation.system].can_read is None:\n        waiting",
    ),
    Mutant(
        "a candidate that is being created there is not waited for",
        "§3",
        "core/match.py",
        "    if waiting is not None:\n        return waiting\n    unseen",
        "    if waiting is None and not alive and alive:\n        return waiting\n    unseen",
    ),
    Mutant(
        "another record's open create is linked",
        "§3",
        "flows/settling.py",
        "    if not found.ours and _may_be_anothers(round_, record, found.free):\n        return\n",
        "",
    ),
    Mutant(
        "a system that respells is written for ever",
        "F12",
        "core/retry.py",
        "ROUNDS = 3\n",
        "ROUNDS = 1_000_000\n",
    ),
    Mutant(
        "ownership is that of the status before",
        "F13",
        "core/observe.py",
        '    if path == "status":\n        merge.status = merge.ours(path)\n',
        "",
    ),
    Mutant(
        "the only writer's unchanged value does not count",
        "F13",
        "core/observe.py",
        "    if not merge.is_status(path) and merge.is_only_writer(path) and not merge.stands(path):\n        _take_from_only_writer(merge, path, value)\n\n\ndef _is_ours",
        "\n\ndef _is_ours",
    ),
    Mutant(
        "a line that its only writer never had stays",
        "F13",
        "core/absorb.py",
        "        if adopted.is_told and merge.is_only_writer(path):\n",
        "        if adopted.is_told and not merge.fields:\n",
    ),
    Mutant(
        "who may not write sets a first value",
        "F13",
        "core/observe.py",
        "    elif merge.witness.system in writers or not any(merge.record.link(each).is_live for each in writers):",
        "    elif writers is not None:",
    ),
    Mutant(
        "everybody may write everything",
        "§2.6",
        "core/observe.py",
        "    elif system not in merge.rules.writers(path, merge.status):\n        merge.refuse",
        "    elif system not in merge.rules.systems:\n        merge.refuse",
    ),
    Mutant(
        "a waiting child has no due time",
        "F14",
        "core/deliver.py",
        "waiting = replace(link, waits_for=parent, due_at=retry_at, backoffs=link.backoffs + 1)",
        "waiting = replace(link, waits_for=parent, due_at=now + timedelta(days=365), backoffs=link.backoffs + 1)",
    ),
    Mutant(
        "a child goes before its parent",
        "F14",
        "core/deliver.py",
        "    return hindrance or _command(record, system, values, parents, rules)",
        "    return _command(record, system, values, parents, rules)",
    ),
    Mutant(
        "a detached link is created again",
        "F15",
        "core/lives.py",
        "        return record.with_link(system, _ended(link, LinkState.DETACHED)), [decision]",
        "        return record.with_link(system, Link(absorbs=link.absorbs)), [decision]",
    ),
    Mutant(
        "a tombstone keeps its keys",
        "F16",
        "core/keys.py",
        "    if record.tombstone is not None:\n        return frozenset()\n",
        "",
    ),
    Mutant(
        "a delete beats an edit that was on its way",
        "F17",
        "core/lives.py",
        "    kept = sorted(owed(record, system, rules))\n",
        "    kept = sorted(owed(record, system, rules))[:0]\n",
    ),
    Mutant(
        "any observation lifts a tombstone",
        "F17",
        "core/lives.py",
        "    if stone is None or not (real_change or observation.system == stone.by):",
        "    if stone is None:",
    ),
    Mutant(
        "the tie-break is swapped",
        "§2.6",
        "core/observe.py",
        "return (merge.witness.modified_at, system, digest(value)) > (ours.at, ours.by, digest(ours.value))",
        "return (merge.witness.modified_at, system, digest(value)) < (ours.at, ours.by, digest(ours.value))",
    ),
    Mutant(
        "absent is treated as null",
        "§2.3",
        "core/absorb.py",
        "    shown: dict[str, Value] = {**adopted.fields, **dict.fromkeys(gone_paths(merge.link, adopted), False)}\n",
        "    shown: dict[str, Value] = {**adopted.fields, **dict.fromkeys(gone_paths(merge.link, adopted), False)}\n"
        "    shown = {**{p: None for p in merge.link.fields if '[' not in p}, **shown}\n",
    ),
    Mutant(
        "a lost lock is merged again without a fetch",
        "F4",
        "flows/absorb_changes.py",
        "    return Outcome.WRITTEN if isinstance(kept, Record) else Outcome.AGAIN\n\n\ndef _note_twins",
        "    if not isinstance(kept, Record):\n"
        "        fresh = parts.records.get([record.id])[record.id]\n"
        "        save(parts, fresh, absorb(fresh, observation, group.rules, parts.clock.now()), group.rules, forgets)\n"
        "    return Outcome.WRITTEN\n\n\ndef _note_twins",
    ),
    Mutant(
        "the cursor moves before the page is queued",
        "§7.7",
        "flows/poll_changes.py",
        "        hints = list(hints_of(poll.system, poll.entity, page))\n",
        "        _move(parts, poll, page.next_cursor, 30)\n        hints = list(hints_of(poll.system, poll.entity, page))\n",
    ),
    Mutant(
        "the key of an event is kept before it is queued",
        "§7.8",
        "flows/receive_webhook.py",
        "    hints = [hint for hint in received.hints",
        "    if key:\n        parts.idempotency.remember(key)\n    hints = [hint for hint in received.hints",
    ),
    Mutant(
        "an absorb failure is not noted",
        "§7.2",
        "flows/noting.py",
        "        _note_waiting(parts, system, entity, each, now + timedelta(seconds=delay + GRACE_SECONDS), attempts)\n",
        "",
    ),
    Mutant(
        "a hint that waits for a lost parent waits for ever",
        "§7.5",
        "flows/noting.py",
        "        if each.gives_up and attempts > ATTEMPTS:",
        "        if each.gives_up and attempts < 0:",
    ),
    Mutant(
        "the sweep forgets what is newly owed",
        "§7.3",
        "core/settle.py",
        "    return link.due_at or after_grace(now)",
        "    return link.due_at",
    ),
    Mutant(
        "the sweep forgets an open intent",
        "§5",
        "core/settle.py",
        "    if link.intent is not None:\n        return link.intent.until\n",
        "    if link.intent is not None:\n        return None\n",
    ),
    Mutant(
        "the sweep passes notes over",
        "§7.2",
        "flows/sweep_overdue.py",
        "    if hints:\n        parts.messages.changes(hints)\n    swept",
        "    swept",
    ),
    Mutant(
        "an outage counts as an attempt",
        "§7.4",
        "core/confirm.py",
        "    if trouble.whole_system or trouble.next in (Next.THROTTLED, Next.AUTH):",
        "    if trouble.next is None:",
    ),
    Mutant(
        "an unknown end is taken for a refusal",
        "§5",
        "flows/sending.py",
        "    answers = system.write(round_.entity, [each.command for each in sendings])\n",
        "    answers = [\n"
        "        each if isinstance(each, Stored | Accepted | Refused) else Refused(Trouble(Next.RETRYABLE, 'x'))\n"
        "        for each in system.write(round_.entity, [each.command for each in sendings])\n"
        "    ]\n",
    ),
    Mutant(
        "a no effect settles at once",
        "§6.3",
        "core/merge.py",
        "        self.seen[path] = Seen(shown, shown)\n        self.echoes[path]",
        "        self.seen[path] = Seen(shown, digest(self.ours(path)))\n        self.echoes[path]",
    ),
    Mutant(
        "a field without effect is sent for ever",
        "§6.3",
        "core/retry.py",
        "SENDS = 3\n",
        "SENDS = 1_000_000\n",
    ),
    Mutant(
        "elements are not paired on a first link",
        "§1",
        "core/elements.py",
        "        for some, of_all in ((remembered, True), (new, first)):",
        "        for some, of_all in ((remembered, True), (new, False)):",
    ),
    Mutant(
        "elements that were sent are not paired",
        "§1",
        "core/elements.py",
        "    sent = _sent_elements(link, collection)\n",
        "    sent = _sent_elements(link, collection)[:0]\n",
    ),
    Mutant(
        "an element of an answer that shows too little is an addition",
        "§1",
        "core/elements.py",
        "        if observation.complete or observation.source is not Source.ANSWER:\n",
        "        if observation is not None:\n",
    ),
    Mutant(
        "a reconcile trusts a revision that does not cover everything",
        "§4",
        "flows/reconcile.py",
        "    is_proof = covers_all and entry.revision",
        "    is_proof = entry.revision",
    ),
    Mutant(
        "a reconcile keeps no cap of deletes",
        "§2.8",
        "flows/reconcile.py",
        "    cap = parts.integration.rules(poll.entity).max_deletes_per_run\n",
        "    cap = 1_000_000\n",
    ),
    Mutant(
        "a paused system is called",
        "§7.6",
        "flows/troubles.py",
        "    return parts.states.state(system).may_call(parts.clock.now())",
        "    return bool(parts.states.state(system))",
    ),
    Mutant(
        "history skips an entry",
        "§4",
        "flows/fan_out.py",
        "    parts.ledger.append([_entry(each, now) for each in images])",
        "    parts.ledger.append([_entry(each, now) for each in images[:5]])",
    ),
)
