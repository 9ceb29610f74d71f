"""Dead letters and what went wrong with messages, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from shared.ports.clock import Clock
from shared.ports.dead_letters import DeadLetter, Failure


class MemoryDeadLetters:
    """Letters by queue; a test puts them in, and says why one cannot be sent again."""

    def __init__(self) -> None:
        """Begin with empty queues."""
        self.queues: dict[str, list[DeadLetter]] = {"ChangesDeadLetters": [], "StreamDeadLetters": []}
        self.hidden: set[str] = set()
        self.sent: list[DeadLetter] = []
        self.moved: list[str] = []
        self.stays: dict[str, str] = {}
        self.delete_fails: Exception | None = None

    def waiting(self) -> Mapping[str, int]:
        """Return how many there are."""
        return {name: len(letters) for name, letters in self.queues.items()}

    def take(self, queue: str, most: int) -> Sequence[DeadLetter]:
        """Take letters that nobody has."""
        free = [letter for letter in self.queues[queue] if letter.id not in self.hidden][:most]
        self.hidden |= {letter.id for letter in free}
        return free

    def release(self, letters: Collection[DeadLetter]) -> None:
        """Give them back."""
        self.hidden -= {letter.id for letter in letters}

    def resend(self, letter: DeadLetter) -> str:
        """Send it, unless a test says why not."""
        why = self.stays.get(letter.id, "")
        if not why:
            self.sent.append(letter)
        return why

    def delete(self, letter: DeadLetter) -> None:
        """Delete it, unless a test lets that fail once."""
        if self.delete_fails is not None:
            error, self.delete_fails = self.delete_fails, None
            raise error
        self.queues[letter.queue].remove(letter)
        self.hidden.discard(letter.id)

    def move(self, queue: str) -> bool:
        """Move what came from a queue of work."""
        if queue == "StreamDeadLetters":
            return False
        self.moved.append(queue)
        return True


class MemoryFailures:
    """Failures in a dictionary."""

    def __init__(self, clock: Clock) -> None:
        """Begin empty."""
        self._clock = clock
        self.found: dict[str, Failure] = {}

    def note(self, message_id: str, function: str, why: str) -> None:
        """Note a failure."""
        before = self.found.get(message_id)
        self.found[message_id] = Failure(function, why, self._clock.now(), (before.times if before else 0) + 1)

    def of(self, message_ids: Collection[str]) -> Mapping[str, Failure]:
        """Return what is noted of these."""
        return {id_: self.found[id_] for id_ in message_ids if id_ in self.found}
