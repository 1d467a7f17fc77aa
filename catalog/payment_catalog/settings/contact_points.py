"""Who can be told of an alert."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payment_catalog.settings.section import Section
from payment_catalog.settings.texts import Email, FilePath, SlackChannel, Target, Url


class SlackContact(Section):
    """A Slack channel."""

    type: Literal["slack"]
    channel: SlackChannel
    """Channel or person, with its # or @."""
    url_file: FilePath = "/etc/alertmanager/secrets/slack-url"
    """File with the incoming webhook's address, as Alertmanager sees it."""


class PagerDutyContact(Section):
    """A PagerDuty service."""

    type: Literal["pagerduty"]
    routing_key_file: FilePath = "/etc/alertmanager/secrets/pagerduty-routing-key"
    """File with the integration key (Events API v2), as Alertmanager sees it."""


class EmailContact(Section):
    """An e-mail address."""

    type: Literal["email"]
    to: Email
    """Recipient."""


class WebhookContact(Section):
    """Any HTTP receiver that understands Alertmanager's webhook."""

    type: Literal["webhook"]
    url: Url
    """Address without credentials."""
    token_file: FilePath | None = None
    """File with a bearer token, as Alertmanager sees it; without one the receiver asks for none."""


ContactPoint = Annotated[SlackContact | PagerDutyContact | EmailContact | WebhookContact, Field(discriminator="type")]


class Smtp(Section):
    """The server that Alertmanager sends e-mail through."""

    smarthost: Target = "smtp.yourdomain.com:587"
    """``host:port``."""
    sender: Email = "alertmanager@yourdomain.com"
    """Address in *From*."""
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@+-]*$")] = ""
    """Account; empty for a server that asks for none."""
    password_file: FilePath = "/etc/alertmanager/secrets/smtp-password"  # noqa: S105
    """File with the password, as Alertmanager sees it."""
