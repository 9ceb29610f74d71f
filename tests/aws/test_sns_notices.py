"""Notices by SNS: what a subject and a text may hold."""

from __future__ import annotations

import pytest
from moto import mock_aws
from moto.sns.models import sns_backends

from shared.aws.sns_notices import MOST_SUBJECT, MOST_TEXT, SnsNotices
from shared.core.errors import BadSettings
from tests.kit.session import fresh_clients


def test_a_message_is_published_in_a_form_that_sns_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        clients = fresh_clients()
        topic = clients.sns.create_topic(Name="stock")["TopicArn"]

        SnsNotices(clients, topic).tell("Grüner Tee\nis low " + "x" * 200, "y" * (MOST_TEXT + 9))

        ((_, text, subject, *_),) = sns_backends[topic.split(":")[4]]["eu-central-1"].topics[topic].sent_notifications
        assert subject == ("Gr?ner Tee?is low " + "x" * 200)[:MOST_SUBJECT]
        assert len(text) == MOST_TEXT


def test_a_topic_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws(), pytest.raises(BadSettings):
        SnsNotices(fresh_clients(), "arn:aws:sns:eu-central-1:123456789012:gone").tell("a", "b")
