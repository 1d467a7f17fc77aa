"""What a Prometheus and an Alertmanager are asked for a comparison, by their HTTP APIs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from payment_bundle.account import NOBODY, Account
from payment_bundle.differences.alertmanager import read
from payment_bundle.differences.live_rules import running_groups
from payment_bundle.foreign_text import one_line
from payment_bundle.http_exchange import Exchange, NoAnswerError, Peer
from payment_bundle.patient_retry import patient
from payment_catalog.errors import ForeseenError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from payment_bundle.ruler.rule_group import RuleGroup


class ServerError(ForeseenError):
    """A Prometheus or an Alertmanager that cannot be asked."""


@dataclass(frozen=True, slots=True)
class Server:
    """A Prometheus or an Alertmanager at ``url``, and how it is asked.

    ``timeout`` is in seconds, once until an answer begins and once until it ends. ``ca_file`` holds the authorities to
    trust instead of the system's.
    """

    url: str
    account: Account = NOBODY
    timeout: float = 30.0
    ca_file: Path | None = None
    pause: float = 0.5


def rule_groups(server: Server) -> tuple[RuleGroup, ...]:
    """Return the groups that a Prometheus runs; raises ServerError."""
    answer = _asked(server, "/api/v1/rules", "Prometheus'")
    try:
        return running_groups(answer["data"])
    except (KeyError, TypeError, AttributeError, ValueError):
        _fail(server, "answers with JSON that is not Prometheus'; is the address right?")


def alertmanager_configuration(server: Server) -> Mapping[str, Any]:
    """Return the configuration that an Alertmanager runs, with its defaults and without its secrets.

    Raises ServerError. Source: ``getStatus`` of Alertmanager's API, version 2.
    """
    answer = _asked(server, "/api/v2/status", "Alertmanager's")
    try:
        found = read(answer["config"]["original"])
    except (KeyError, TypeError):
        found = None
    if found is None:
        _fail(server, "answers with JSON that is not Alertmanager's; is the address right?")
    return found


def _asked(server: Server, path: str, whose: str) -> Any:
    peer = Peer(server.url, server.account.authorization, server.timeout, server.ca_file)
    with Exchange(peer, retries=patient(server.pause)) as exchange:
        try:
            reply = exchange.send("GET", path)
        except NoAnswerError as error:
            _fail(server, str(error))
    if reply.redirects:
        _fail(
            server, f"redirects to {one_line(reply.location or 'nowhere')} ({reply.status}); is that its real address?"
        )
    if reply.status != 200:
        reason = one_line(server.account.hide(reply.text)) or "no reason given"
        _fail(server, _in_words(reply.status, reason, with_account=bool(server.account.authorization)))
    try:
        return json.loads(reply.content)
    except ValueError:
        _fail(
            server,
            f"answered 200 with something that is not {whose} JSON; is the address right, and is there a login before "
            "it?",
        )


def _in_words(status: int, reason: str, *, with_account: bool) -> str:
    if status == 401:
        asked = "does not accept the account" if with_account else "asks for an account"
        return f"{asked} (401: {reason}); give --token-file, or --username and --password-file"
    if status == 404:
        return f"does not find it (404: {reason}); is the address right (with its path, if it has one)?"
    return f"cannot answer ({status}: {reason})"


def _fail(server: Server, text: str) -> NoReturn:
    raise ServerError(f"{server.url} {text}") from None
