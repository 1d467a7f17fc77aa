"""What ``payobs init`` asks, and the settings that follow from the answers; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from payment_catalog.settings import Settings
from payment_catalog.settings.texts import Email, Name, SlackChannel, Url

if TYPE_CHECKING:
    from collections.abc import Mapping


class Pager(StrEnum):
    """What wakes somebody."""

    PAGERDUTY = "pagerduty"
    WEBHOOK = "webhook"
    EMAIL = "email"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Question:
    """``key`` is the answer's, ``text`` what is asked, ``allowed`` what is explained where the answer is wrong."""

    key: str
    text: str
    default: str
    kind: Any
    allowed: str

    @property
    def flag(self) -> str:
        """The option that answers it."""
        return f"--{self.key.replace('_', '-')}"

    def problem(self, answer: str) -> str:
        """Return why ``answer`` cannot be, or an empty text: the check is that of the settings."""
        try:
            TypeAdapter(self.kind).validate_python(answer)
        except ValidationError:
            return f"{answer!r} cannot be: {self.allowed}"
        return ""


_NAME = "lower-case letters, digits and hyphens, at most 63 characters, such as payment-service"
_URL = "an address such as https://grafana.example.com, without name and password"
_CHANNEL = "a channel or person of Slack with its # or @, such as #payments-oncall"
_EMAIL = "an address such as payments@example.com"
_PAGER = f"one of {', '.join(Pager)}"


@dataclass(frozen=True, slots=True)
class Answers:
    """One answer for each question, as text."""

    service: str
    namespace: str
    environment: str
    grafana: str
    prometheus: str
    alertmanager: str
    kibana: str
    runbooks: str
    pager: str
    pager_url: str
    slack_channel: str
    email: str


def questions(usual: Settings) -> tuple[Question, ...]:
    """Return every question, with the default that ``usual`` has."""
    urls = usual.urls
    channel = _first(usual, "slack", "channel")
    email = _first(usual, "email", "to")
    return (
        Question("service", "Name of the service, its job in Prometheus", usual.service, Name, _NAME),
        Question("namespace", "Kubernetes namespace", usual.namespace, Name, _NAME),
        Question("environment", "Environment that it runs in", next(iter(usual.environments)), Name, _NAME),
        Question("grafana", "Address of Grafana", urls.grafana, Url, _URL),
        Question("prometheus", "Address of Prometheus, as a browser reaches it", urls.prometheus, Url, _URL),
        Question("alertmanager", "Address of Alertmanager", urls.alertmanager, Url, _URL),
        Question("kibana", "Address of Kibana", urls.kibana, Url, _URL),
        Question("runbooks", "Address at which the runbook pages will be published", urls.runbooks, Url, _URL),
        Question("pager", f"What wakes somebody ({', '.join(Pager)})", Pager.PAGERDUTY.value, Pager, _PAGER),
        Question("pager_url", "Address of the pager's webhook", "https://pager.yourdomain.com/hook", Url, _URL),
        Question("slack_channel", "Channel of Slack for alerts", channel, SlackChannel, _CHANNEL),
        Question("email", "E-mail address of those who are told by e-mail", email, Email, _EMAIL),
    )


def is_asked(question: Question, so_far: Mapping[str, str]) -> bool:
    """Return whether the answers before leave the question open."""
    return question.key != "pager_url" or so_far.get("pager") == Pager.WEBHOOK


def settings_of(answers: Answers, usual: Settings) -> Settings:
    """Return ``usual`` with the answers put in; raises pydantic's ValidationError where they do not hold together."""
    default = {question.key: question.default for question in questions(usual)}
    data = usual.model_dump(mode="json")
    data |= {"service": answers.service, "namespace": answers.namespace}
    for key in ("grafana", "prometheus", "alertmanager", "kibana", "runbooks"):
        data["urls"][key] = getattr(answers, key)
    (environment,) = data["environments"].values()
    if answers.service != default["service"]:
        port = environment["service"][0].rpartition(":")[2]
        environment["service"] = [f"{answers.service}:{port}"]
    data["environments"] = {answers.environment: environment}
    contacts = data["contact_points"]
    if answers.slack_channel != default["slack_channel"]:
        _replace(contacts, "slack", "channel", answers.slack_channel)
    if answers.email != default["email"]:
        _replace(contacts, "email", "to", answers.email)
    _set_pager(data, answers)
    return Settings.model_validate(data)


def placeholders(settings: Settings) -> tuple[str, ...]:
    """Return the keys that still have an example's value, which nobody can use."""
    return tuple(_examples(settings.model_dump(mode="json"), ""))


def _first(usual: Settings, kind: str, field: str) -> str:
    return str(next(getattr(contact, field) for contact in usual.contact_points.values() if contact.type == kind))


def _replace(contacts: dict[str, dict[str, Any]], kind: str, field: str, value: str) -> None:
    for contact in contacts.values():
        if contact["type"] == kind:
            contact[field] = value


def _set_pager(data: dict[str, Any], answers: Answers) -> None:
    """Make every pager one of the chosen kind; without any, whoever it stood beside is told alone."""
    contacts = data["contact_points"]
    pagers = [name for name, contact in contacts.items() if contact["type"] == "pagerduty"]
    match Pager(answers.pager):
        case Pager.PAGERDUTY:
            return
        case Pager.WEBHOOK:
            contact = {"type": "webhook", "url": answers.pager_url}
        case Pager.EMAIL:
            contact = {"type": "email", "to": answers.email}
        case Pager.NONE:
            for name in pagers:
                del contacts[name]
            _leave_out(data["routing"], set(pagers))
            return
    contacts.update(dict.fromkeys(pagers, contact))


def _leave_out(routing: dict[str, Any], names: set[str]) -> None:
    for key, value in routing.items():
        if isinstance(value, dict):
            _leave_out(value, names)
        elif isinstance(value, list):
            routing[key] = [name for name in value if name not in names]


def _examples(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _examples(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for each in value:
            yield from _examples(each, path)
    elif isinstance(value, str) and ("yourdomain.com" in value or value.startswith("your-")):
        yield path
