"""The connector kit on Salesforce: accounts of a fake org, and documented errors."""

from __future__ import annotations

from shared.connectors.salesforce import CAPABILITIES
from shared.core.observations import Next
from tests.connectors.fakes.base import LYING_PAGE, Given
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_soql import refused
from tests.connectors.salesforce_bench import SECRET, connected, settings
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase

_PERMANENT = (
    *("REQUIRED_FIELD_MISSING", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "INVALID_FIELD", "DUPLICATE_VALUE"),
    *("INVALID_FIELD_FOR_INSERT_UPDATE", "DUPLICATES_DETECTED", "INVALID_CROSS_REFERENCE_KEY", "STRING_TOO_LONG"),
    *("MALFORMED_ID", "MALFORMED_QUERY", "STORAGE_LIMIT_EXCEEDED", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
    "TXN_SECURITY_METERING_ERROR",
)
ERRORS = (
    *(ErrorCase(code, refused(400, code), Next.PERMANENT, whole_system=False) for code in _PERMANENT),
    ErrorCase("not allowed", refused(403, "INSUFFICIENT_ACCESS"), Next.PERMANENT),
    ErrorCase("no API", refused(403, "API_DISABLED_FOR_ORG"), Next.PERMANENT),
    ErrorCase("all calls used", refused(403, "REQUEST_LIMIT_EXCEEDED"), Next.THROTTLED, whole_system=True),
    ErrorCase("too many", Given(429), Next.THROTTLED, whole_system=True),
    ErrorCase("locked", refused(400, "UNABLE_TO_LOCK_ROW"), Next.RETRYABLE, whole_system=False),
    ErrorCase("slow query", refused(400, "QUERY_TIMEOUT"), Next.RETRYABLE),
    ErrorCase("deleted", refused(400, "ENTITY_IS_DELETED"), Next.CONFLICT),
    ErrorCase("precondition", Given(412), Next.CONFLICT),
    ErrorCase("several", Given(300, ["/services/data/v67.0/sobjects/Account/001"]), Next.PERMANENT),
    ErrorCase("fault", refused(500, "UNKNOWN_EXCEPTION"), Next.RETRYABLE),
    ErrorCase("unavailable", refused(503, "SERVER_UNAVAILABLE"), Next.RETRYABLE, whole_system=True),
    ErrorCase("ended session", refused(401, "INVALID_SESSION_ID"), Next.AUTH, "write", whole_system=True),
)
"""The last one refuses the login that follows as well, which trips the system."""

SALESFORCE = Bench(
    name="salesforce",
    make_fake=SalesforceFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings())[CUSTOMER],
    secret=SECRET,
    errors=ERRORS,
    unknown=Given(599),
    tricks=frozenset({LYING_PAGE}),
    overlap_seconds=180,
    page_size=2000,
    echoes=lambda said: refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", said),
)


class TestSalesforce(ConnectorKit):
    """Salesforce passes the kit."""

    bench = SALESFORCE
