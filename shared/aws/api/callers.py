"""Who calls, and what that allows.

API Gateway has checked the caller before the function runs; the event says how. Whoever comes with a token (JWT) may
do what its scopes say: `tandem/read`, `tandem/operate`, `tandem/admin` (`tandem:…` and `tandem.…` for issuers that
allow no slash). Whoever comes by IAM has passed a policy, which names methods and paths (`execute-api:Invoke`) and says
nothing of personal data: such a caller may look, with that masked, unless the installation trusts the role or the user
with more. The command invokes the function itself, by an IAM right that includes everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any, TypeAlias

COMMAND = "tandem"
"""What the command calls itself in its events; API Gateway never writes this part of an event for our routes."""

_PREFIXES = ("tandem/", "tandem:", "tandem.")
_CLAIMS = ("scope", "scp", "scopes", "roles")
_NAMES = ("email", "preferred_username", "username", "client_id", "sub")


class Scope(IntEnum):
    """What a caller may do; each includes those before it."""

    NONE = 0
    READ = 1
    """Look at everything, with personal data masked."""
    OPERATE = 2
    """Repair records, and see the values for it."""
    ADMIN = 3
    """Stop and start systems, approve, redrive."""

    @property
    def word(self) -> str:
        """Return the scope as a token writes it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a name for the record of what was done, and the greatest scope."""

    name: str
    scope: Scope

    def may(self, scope: Scope) -> bool:
        """Tell whether the caller has a scope or a greater one."""
        return self.scope >= scope


NOBODY = Caller("", Scope.NONE)

Trust: TypeAlias = Mapping[str, Scope]
"""What the account's roles and users may do beyond looking, by `role/<name>` or `user/<name>`, without IAM's paths."""

NO_TRUST: Trust = MappingProxyType({})


def trust_of(text: str) -> Trust:
    """Read whom an installation trusts, as the template writes it: `operate=role/A user/b;admin=role/C`.

    Who is named twice may do the greater of both.
    """
    named = dict(part.split("=", 1) for part in text.split(";"))
    scopes = (Scope.OPERATE, Scope.ADMIN)
    return {name: scope for scope in scopes for name in named.get(scope.word, "").split()}


def caller_of(event: Mapping[str, Any], trust: Trust = NO_TRUST) -> Caller:
    """Return who is behind an event of API Gateway (payload 2.0); nobody where no authorizer vouches for it."""
    vouched = (event.get("requestContext") or {}).get("authorizer") or {}
    if iam := vouched.get("iam"):
        arn = str(iam.get("userArn") or "")
        return Caller(arn or str(iam.get("callerId") or "iam"), trust.get(_named(arn), Scope.READ))
    if claims := (vouched.get("jwt") or {}).get("claims"):
        return Caller(_first(claims, _NAMES) or "token", _greatest(_words(claims)))
    direct = vouched.get("lambda") or {}
    if direct.get("by") == COMMAND:
        return Caller(str(direct.get("name") or COMMAND), Scope.ADMIN)
    return NOBODY


def _named(arn: str) -> str:
    """Return `role/<name>` or `user/<name>`: of `…:assumed-role/<name>/<session>` and `…:user/<path>/<name>`."""
    kind, *names = arn.rpartition(":")[2].split("/")
    if kind == "assumed-role":
        return f"role/{names[0]}"
    return f"{kind}/{names[-1]}" if names else kind


def _first(claims: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(claims[name]) for name in names if claims.get(name)), "")


def _words(claims: Mapping[str, Any]) -> list[str]:
    """Return the words of all claims that carry scopes; API Gateway writes a list of them as `[a b]`."""
    texts = [str(claims[name]).strip("[]").replace(",", " ") for name in _CLAIMS if name in claims]
    return " ".join(texts).split()


def _greatest(words: Iterable[str]) -> Scope:
    known = {prefix + scope.word: scope for scope in Scope if scope is not Scope.NONE for prefix in _PREFIXES}
    return max((known[word] for word in words if word in known), default=Scope.NONE)
