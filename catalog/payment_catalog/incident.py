"""What an incident is: its key, its symptoms, causes and commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from payment_catalog.escalation import Team

if TYPE_CHECKING:
    from payment_catalog.log_streams import LogView


class IncidentKey(StrEnum):
    """The ``incident`` label."""

    SERVICE_UNAVAILABLE = "service-unavailable"
    HIGH_ERROR_RATE = "high-error-rate"
    PERFORMANCE_DEGRADATION = "performance-degradation"
    UNAUTHORIZED_ACCESS = "unauthorized-access"
    DATA_BREACH = "data-breach"
    DDOS_ATTACK = "ddos-attack"
    DATA_LOSS = "data-loss"
    MONITORING_BLIND = "monitoring-blind"


class OwnIncidentKey(str):
    """The ``incident`` label of an incident that an extension adds; raises ValueError where it is no such word."""

    __slots__ = ()

    def __new__(cls, key: str) -> OwnIncidentKey:
        """Take lower-case words with hyphens between them, as the runbook's incidents have."""
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", key):
            raise ValueError(f"{key!r} is no key of an incident: lower-case words with hyphens between them")
        return super().__new__(cls, key)


AnyIncidentKey: TypeAlias = IncidentKey | OwnIncidentKey


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command and what it shows or does."""

    purpose: str
    shell: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A common cause, with the commands that confirm or remedy it."""

    title: str
    notes: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident of the runbook. ``logs`` is where to look at the lines that its diagnosis greps for, if it does."""

    key: AnyIncidentKey
    title: str
    team: Team
    symptoms: tuple[str, ...]
    diagnosis: tuple[Command, ...]
    causes: tuple[Cause, ...]
    logs: LogView | None = None

    @property
    def is_security(self) -> bool:
        """Whether the security response checklist applies."""
        return self.team is Team.SECURITY_INCIDENT
