"""Who calls, and what that allows."""

from __future__ import annotations

from typing import Any

import pytest

from shared.aws.api.callers import NOBODY, Caller, Scope, caller_of, trust_of


def event(authorizer: object) -> dict[str, Any]:
    return {"requestContext": {"authorizer": authorizer}}


@pytest.mark.parametrize(
    ("claims", "scope"),
    [
        ({"scope": "openid tandem/read"}, Scope.READ),
        ({"scope": "tandem/read tandem/operate"}, Scope.OPERATE),
        ({"scope": "tandem:admin"}, Scope.ADMIN),
        ({"scp": "tandem.operate"}, Scope.OPERATE),
        ({"roles": "[tandem.read other]"}, Scope.READ),
        ({"scope": "openid", "roles": "[tandem.admin]"}, Scope.ADMIN),
        ({"scope": "admin operate tandem/none other/admin"}, Scope.NONE),
        ({"sub": "u1"}, Scope.NONE),
    ],
)
def test_a_token_allows_what_its_scopes_say(claims: dict[str, str], scope: Scope) -> None:
    assert caller_of(event({"jwt": {"claims": claims}})).scope is scope


def test_a_token_names_its_owner_by_the_claim_that_a_person_would_know() -> None:
    assert caller_of(event({"jwt": {"claims": {"sub": "1", "email": "ann@example.com"}}})).name == "ann@example.com"
    assert caller_of(event({"jwt": {"claims": {"sub": "1"}}})).name == "1"


TRUST = trust_of("operate=role/Operators user/ann role/Both;admin=role/Admins role/Both")


@pytest.mark.parametrize(
    ("arn", "scope"),
    [
        ("arn:aws:sts::1:assumed-role/Operators/ann", Scope.OPERATE),
        ("arn:aws:sts::1:assumed-role/Admins/bob", Scope.ADMIN),
        ("arn:aws:sts::1:assumed-role/Both/bob", Scope.ADMIN),
        ("arn:aws:iam::1:user/ann", Scope.OPERATE),
        ("arn:aws-cn:iam::1:user/sales/europe/ann", Scope.OPERATE),
        ("arn:aws:iam::1:user/Operators", Scope.READ),
        ("arn:aws:sts::1:assumed-role/ann/Operators", Scope.READ),
        ("arn:aws:sts::1:assumed-role/Readers/Admins", Scope.READ),
        ("arn:aws:iam::1:user/Admins/eve", Scope.READ),
        ("arn:aws:iam::1:root", Scope.READ),
        ("", Scope.READ),
    ],
)
def test_who_signs_with_credentials_may_look_and_do_more_only_if_the_installation_trusts_them(
    arn: str, scope: Scope
) -> None:
    assert caller_of(event({"iam": {"userArn": arn, "callerId": "AIDA"}}), TRUST) == Caller(arn or "AIDA", scope)


def test_nobody_is_trusted_with_more_unless_it_is_said() -> None:
    ann = event({"iam": {"userArn": "arn:aws:iam::1:user/ann"}})
    assert caller_of(ann).scope is caller_of(ann, trust_of("operate=;admin=")).scope is Scope.READ


def test_the_command_comes_with_the_name_of_its_user() -> None:
    assert caller_of(event({"lambda": {"by": "tandem", "name": "ann"}})) == Caller("ann", Scope.ADMIN)


@pytest.mark.parametrize(
    "nothing",
    [{}, {"requestContext": None}, event(None), event({}), event({"jwt": {}}), event({"lambda": {"by": "x"}})],
)
def test_nobody_vouched_for_is_nobody(nothing: dict[str, Any]) -> None:
    assert caller_of(nothing) is NOBODY
    assert not NOBODY.may(Scope.READ)


def test_a_greater_scope_includes_the_smaller_ones() -> None:
    assert [Caller("a", Scope.OPERATE).may(scope) for scope in (Scope.READ, Scope.OPERATE, Scope.ADMIN)] == [
        True,
        True,
        False,
    ]
