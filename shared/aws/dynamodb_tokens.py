"""Login tokens in the systems' state items: one lease to log in, one sealed token for all, one trip when refused.

The token is sealed with a KMS key that only the functions that call partners may use. A mark (digest) beside it tells
which token an item holds without opening it: that spares a call to KMS per invocation, and `drop` drops no newer one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import blake2b
from typing import Any

from shared.aws.clients import Clients
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_states import ALONE, set_state, state_of, state_pk
from shared.aws.failures import explained, has_held
from shared.aws.formats import Item, from_moment, to_moment
from shared.ports.clock import Clock
from shared.ports.stores import SystemState, SystemStatus
from shared.ports.tokens import REFUSED_SECONDS

BYTES_A_SEAL = 4096
_NO_TOKEN = "(attribute_not_exists(sealed) OR token_expires <= :now)"
_NO_LEASE = "(attribute_not_exists(login_until) OR login_until <= :now)"
_MAY_CALL = "(attribute_not_exists(#status) OR #status <> :paused) AND (attribute_not_exists(#until) OR #until <= :now)"


class DynamoTokens:
    """Tokens, over the table of states. `tripped` is told the name of a system that this object tripped."""

    def __init__(
        self, clients: Clients, dynamo: Dynamo, table: str, key: str, clock: Clock, tripped: Callable[[str], None]
    ) -> None:
        """Make no call yet."""
        self._clients, self._dynamo, self._table, self._key = clients, dynamo, table, key
        self._clock, self._tripped = clock, tripped
        self._opened: dict[str, tuple[str, str]] = {}

    def token(self, system: str) -> str | None:
        """Return the token that still holds; KMS is asked once per token."""
        item, now = self._dynamo.get_one(self._table, {"pk": state_pk(system), "sk": ALONE}), self._clock.now()
        if item is None or "sealed" not in item or not state_of(item).may_call(now):
            return None
        if to_moment(item["token_expires"]["S"]) <= now:
            return None
        mark = item["token_mark"]["S"]
        if self._opened.get(system, ("",))[0] != mark:
            self._opened[system] = (mark, self._open(system, item))
        return self._opened[system][1]

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Tell whether this caller may log in."""
        now = self._clock.now()
        return self._update(
            system,
            UpdateExpression="SET login_until = :until",
            ConditionExpression=f"{_NO_TOKEN} AND {_NO_LEASE} AND {_MAY_CALL}",
            ExpressionAttributeNames={"#status": "status", "#until": "until"},
            ExpressionAttributeValues={
                ":now": {"S": from_moment(now)},
                ":until": {"S": from_moment(now + timedelta(seconds=lease_seconds))},
                ":paused": {"S": SystemStatus.PAUSED.value},
            },
        )

    def keep(self, system: str, token: str, expires: datetime) -> None:
        """Seal and share a token and end the lease."""
        self._update(
            system,
            UpdateExpression="SET sealed = :sealed, token_mark = :mark, token_expires = :expires REMOVE login_until",
            ExpressionAttributeValues={
                ":sealed": {"L": [{"B": part} for part in self._seal(system, token)]},
                ":mark": {"S": mark_of(token)},
                ":expires": {"S": from_moment(expires)},
            },
        )
        self._opened[system] = (mark_of(token), token)

    def drop(self, system: str, token: str) -> None:
        """Forget this token; a newer one stays."""
        self._update(
            system,
            UpdateExpression="REMOVE sealed, token_mark, token_expires",
            ConditionExpression="token_mark = :mark",
            ExpressionAttributeValues={":mark": {"S": mark_of(token)}},
        )

    def refuse(self, system: str, why: str) -> bool:
        """Trip the system and end the lease, in one write."""
        now = self._clock.now()
        state = SystemState(SystemStatus.TRIPPED, now + timedelta(seconds=REFUSED_SECONDS), why, since=now)
        also = ("sealed", "token_mark", "token_expires", "login_until")
        is_first = set_state(self._dynamo, self._table, system, state, also)
        if is_first:
            self._tripped(system)
        return is_first

    def _update(self, system: str, **update: Any) -> bool:
        key = {"pk": {"S": state_pk(system)}, "sk": {"S": ALONE}}
        write = partial(self._dynamo.client.update_item, TableName=self._table, Key=key, **update)
        return has_held(write, f"login of {system}")

    def _seal(self, system: str, token: str) -> list[bytes]:
        plain = token.encode()
        parts = [plain[start : start + BYTES_A_SEAL] for start in range(0, len(plain), BYTES_A_SEAL)]
        with explained(f"seal the token of {system}"):
            return [
                self._clients.kms.encrypt(KeyId=self._key, Plaintext=part, EncryptionContext={"system": system})[
                    "CiphertextBlob"
                ]
                for part in parts
            ]

    def _open(self, system: str, item: Item) -> str:
        with explained(f"open the token of {system}"):
            parts = [
                self._clients.kms.decrypt(
                    KeyId=self._key, CiphertextBlob=part["B"], EncryptionContext={"system": system}
                )["Plaintext"]
                for part in item["sealed"]["L"]
            ]
        return b"".join(parts).decode()


def mark_of(token: str) -> str:
    """Return the digest by which a token is told from others."""
    return blake2b(token.encode(), digest_size=16).hexdigest()
