"""Notices by SNS: one message to a topic, which its subscribers get by e-mail, chat or a queue."""

from __future__ import annotations

from shared.aws.clients import Clients
from shared.aws.failures import explained

MOST_SUBJECT = 99
"""Characters that SNS takes in a subject are fewer than 100, in one line."""
MOST_TEXT = 60_000
"""A message may have 256 kB; a letter of more than this is read by nobody."""


class SnsNotices:
    """Notices, to one topic."""

    def __init__(self, clients: Clients, topic: str) -> None:
        """Make no call yet."""
        self._clients, self._topic = clients, topic

    def tell(self, subject: str, text: str) -> None:
        """Publish a message; what a subject cannot hold is left out of it."""
        line = "".join(each if " " <= each <= "~" else "?" for each in subject)[:MOST_SUBJECT]
        with explained("tell people"):
            self._clients.sns.publish(TopicArn=self._topic, Subject=line, Message=text[:MOST_TEXT])
