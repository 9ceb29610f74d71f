"""Somebody changes the ERP's password without telling: the login is refused, once, and the system trips."""

from __future__ import annotations

import json
import secrets

from local.crm import people
from local.demo.faults.stage import Stage, expect
from local.tryton import read_back
from local.tryton.server import TrytonServer

TRIP_SECONDS = 60.0
CUSTOMER, PHONE = "ANATR", "(5) 555-0001"


def wrong_password(stage: Stage) -> None:
    """Break the login; repair the secret, then `tandem resume`."""
    stage.tell("broken: the password of Tandem's user in Tryton is another one, and nobody told; then the CRM edits")
    password = secrets.token_urlsafe(18)
    stage.systems.erp.change_password(password)
    people.edit_field(stage.systems.crm, "customers", stage.customer(CUSTOMER)["id"], "phone", PHONE)
    stage.awaits(lambda: stage.state_of("erp") == "tripped", TRIP_SECONDS, "the refused login did not trip the system")
    stage.types("status")

    stage.tell("repaired: aws secretsmanager put-secret-value --secret-id tandem/erp …, and then")
    secret = json.dumps({"username": TrytonServer.user, "password": password})
    stage.systems.aws_client("secretsmanager").put_secret_value(SecretId="tandem/erp", SecretString=secret)
    stage.types("resume", "erp", "--yes")
    stage.settles()
    expect("erp", stage.state_of("erp"), "running")
    expect("the phone in the ERP", read_back.customers(stage.systems.erp)[CUSTOMER]["phone"], PHONE)
