"""Who is told of what."""

from __future__ import annotations

from pydantic import field_validator

from payment_catalog.escalation import EscalationLevel, Team
from payment_catalog.mute_time import MuteTime
from payment_catalog.settings.section import Section, UnsoundError
from payment_catalog.settings.texts import Name
from payment_catalog.severities import Priority


class Routing(Section):
    """Which contact points hear of an alert: those of its priority and, in addition, those of its team."""

    priorities: dict[Priority, tuple[Name, ...]] = {
        Priority.P0: ("pager", "slack-oncall"),
        Priority.P1: ("pager", "slack-oncall"),
        Priority.P2: ("slack-oncall",),
        Priority.P3: ("slack-payments",),
    }
    """For each of P0–P3 the names of contact points."""
    teams: dict[Team, tuple[Name, ...]] = {Team.SECURITY_INCIDENT: ("security-team",)}
    """For a team the names of further contact points."""
    escalation: dict[Team, dict[EscalationLevel, tuple[Name, ...]]] = {
        Team.SERVICE_OUTAGE: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "architecture-team"),
        },
        Team.SECURITY_INCIDENT: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation", "security-team"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "ciso"),
        },
        Team.PERFORMANCE_ISSUE: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "architecture-team"),
        },
        Team.DATA_ISSUE: {
            EscalationLevel.L2: ("pager-escalation", "slack-escalation"),
            EscalationLevel.L3: ("pager-escalation", "slack-escalation", "data-engineering"),
        },
    }
    """For L2 and L3 of a team the names of contact points; one left out is told where the alert's priority goes. A
    pager among them hears of the priorities only that page by themselves."""
    dead_mans_switch: Name | None = None
    """A webhook that is called every minute as long as alerts get through, and that raises the alarm when it is not:
    a check at a service that does not run on what it watches, such as https://hc-ping.com, told to wait five minutes.
    Without one nobody notices that alerts no longer get through."""
    mute_times: dict[Name, MuteTime] = {}
    """Times at which messages of P2 or P3 wait, by name; P0 and P1 never wait. For example ``night: {priorities: [P3],
    start: "22:00", end: "07:00", location: Asia/Kuala_Lumpur}``."""

    @field_validator("priorities")
    @classmethod
    def _complete(cls, priorities: dict[Priority, tuple[Name, ...]]) -> dict[Priority, tuple[Name, ...]]:
        missing = [priority for priority in Priority if not priorities.get(priority)]
        if missing:
            raise UnsoundError((), f"has no contact point for {', '.join(missing)}")
        return {priority: priorities[priority] for priority in Priority}

    @property
    def named(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """The names of contact points at each key."""
        return {
            **{("priorities", priority): names for priority, names in self.priorities.items()},
            **{("teams", team): names for team, names in self.teams.items()},
            **{
                ("escalation", team, level): names
                for team, levels in self.escalation.items()
                for level, names in levels.items()
            },
            ("dead_mans_switch",): (self.dead_mans_switch,) if self.dead_mans_switch else (),
        }
