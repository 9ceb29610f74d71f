"""The AWS clients: low level, made once on first use, with explicit time-outs and few retries."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_dynamodbstreams.client import DynamoDBStreamsClient
    from types_boto3_events.client import EventBridgeClient
    from types_boto3_kms.client import KMSClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient

CONFIG = Config(
    connect_timeout=2,
    read_timeout=6,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=20,
)


class Clients:
    """One client per service; threads may ask at the same time."""

    def __init__(self, session: boto3.session.Session | None = None) -> None:
        """Make nothing yet; without a session the first client makes one."""
        self._made: dict[str, Any] = {}
        self._session = session
        self._lock = RLock()

    @property
    def dynamodb(self) -> DynamoDBClient:
        """The tables."""
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @property
    def sqs(self) -> SQSClient:
        """The queues."""
        client: SQSClient = self._client("sqs")
        return client

    @property
    def events(self) -> EventBridgeClient:
        """The event bus."""
        client: EventBridgeClient = self._client("events")
        return client

    @property
    def secrets(self) -> SecretsManagerClient:
        """The partners' credentials."""
        client: SecretsManagerClient = self._client("secretsmanager")
        return client

    @property
    def kms(self) -> KMSClient:
        """What seals login tokens."""
        client: KMSClient = self._client("kms")
        return client

    @property
    def sns(self) -> SNSClient:
        """The topic by which people are told."""
        client: SNSClient = self._client("sns")
        return client

    @property
    def streams(self) -> DynamoDBStreamsClient:
        """The stream of the records table, for what has to be read once more."""
        client: DynamoDBStreamsClient = self._client("dynamodbstreams")
        return client

    @property
    def functions(self) -> LambdaClient:
        """Our own functions, to be started by hand."""
        client: LambdaClient = self._client("lambda")
        return client

    def functions_within(self, seconds: float) -> LambdaClient:
        """Our own functions, for a call that is waited for so long and tried once; made anew each time."""
        config = Config(connect_timeout=2, read_timeout=seconds, retries={"total_max_attempts": 1})
        with self._lock:
            self._session = self._session or boto3.session.Session()
            make: Any = self._session.client
            client: LambdaClient = make("lambda", config=config)
            return client

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._made:
                self._session = self._session or boto3.session.Session()
                make: Any = self._session.client
                self._made[service] = make(service, config=CONFIG)
            return self._made[service]
