"""From alerts that fire to the messages that people get, as Alertmanager with our configuration sends them.

An alert is with Alertmanager as soon as it fires, and repeated messages are left out: they tell nothing new.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from payment_alerts.inhibitions import inhibitions
from payment_alerts.routes import receivers, routes
from payment_bundle.backtest.inhibiting import Rule, Span, parse_rule, silent_spans
from payment_bundle.backtest.route_tree import Branch, parse_routes
from payment_catalog.settings.contact_points import PagerDutyContact
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from payment_alerts.alert import AlertGroup
    from payment_bundle.backtest.episode import Episode
    from payment_catalog.catalog import Catalog

GroupLabels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that people were told of in the message sent ``at`` that Unix time."""

    episode: Episode
    at: int

    @property
    def alert(self) -> str:
        """The name of the alert."""
        return self.episode.alert

    @property
    def priority(self) -> Priority:
        """How urgent the alert is."""
        return Priority(self.episode.labels["priority"])


@dataclass(frozen=True, slots=True)
class Page:
    """One group of alerts from its first message ``at`` that Unix time, ``until`` all of its alerts have ended.

    ``told`` are its alerts, in the order in which messages named them. One that does not wake anybody (``wakes``) is a
    message to read when there is time.
    """

    at: int
    until: int
    labels: GroupLabels
    told: tuple[Told, ...]
    wakes: bool

    @property
    def priority(self) -> Priority:
        """The most urgent of the alerts'."""
        return min(told.priority for told in self.told)

    @property
    def alerts(self) -> tuple[str, ...]:
        """The names of the alerts, each once."""
        return tuple(dict.fromkeys(told.alert for told in self.told))

    @property
    def is_escalation(self) -> bool:
        """Whether it calls the next level for an incident that others were told of before."""
        return all(told.episode.labels.get("level") for told in self.told)


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """What decides about messages: the tree, what inhibits, which receivers wake somebody and which tell nobody."""

    root: Branch
    rules: tuple[Rule, ...]
    waking: frozenset[str]
    silent: frozenset[str]

    def pages(self, episodes: Iterable[Episode]) -> tuple[Page, ...]:
        """Return every message for ``episodes`` in order of time, also those that wake nobody."""
        found = sorted(episodes, key=_order)
        groups: dict[tuple[Branch, GroupLabels], list[tuple[Episode, tuple[Span, ...]]]] = defaultdict(list)
        for episode, spans in zip(found, silent_spans(self.rules, found), strict=True):
            branch = self.root.of(episode.labels)
            if branch.receiver not in self.silent:
                labels = tuple((name, episode.labels.get(name, "")) for name in branch.group_by)
                groups[branch, labels].append((episode, spans))
        pages = (
            page
            for (branch, labels), members in groups.items()
            for page in _pages(branch, labels, members, wakes=branch.receiver in self.waking)
        )
        return _in_order(pages)


def configured(catalog: Catalog, groups: Sequence[AlertGroup]) -> Alertmanager:
    """Return the Alertmanager that runs with the configuration generated for ``catalog`` and ``groups``."""
    settings = catalog.settings
    told = {receiver.name: receiver.contacts for receiver in receivers(settings)}
    return Alertmanager(
        root=parse_routes(routes(settings), settings.routing.mute_times),
        rules=tuple(map(parse_rule, inhibitions({alert.name for group in groups for alert in group.alerts}))),
        waking=frozenset(
            name
            for name, contacts in told.items()
            if any(isinstance(settings.contact_points[contact], PagerDutyContact) for contact in contacts)
        ),
        silent=frozenset(name for name, contacts in told.items() if not contacts),
    )


def each_alone(episodes: Iterable[Episode]) -> tuple[Page, ...]:
    """Return what is sent without an Alertmanager's configuration: a page for each alert that fires, at once."""
    return _in_order(
        Page(episode.start, episode.end, tuple(sorted(episode.labels.items())), (Told(episode, episode.start),), True)
        for episode in episodes
    )


@dataclass(slots=True)
class _Open:
    """A page that goes on: whom it told of what, and the alerts that still fire."""

    told: list[Told] = field(default_factory=list)
    firing: dict[GroupLabels, Episode] = field(default_factory=dict)
    until: int = 0

    def tell(self, episode: Episode, at: int) -> None:
        self.told.append(Told(episode, at))
        self.go_on(episode)

    def go_on(self, episode: Episode) -> None:
        self.firing[_identity(episode.labels)] = episode
        self.until = max(self.until, episode.end)

    def forget_ended(self, moment: int) -> None:
        self.firing = {key: episode for key, episode in self.firing.items() if episode.end > moment}


def _pages(
    branch: Branch, labels: GroupLabels, members: Sequence[tuple[Episode, tuple[Span, ...]]], *, wakes: bool
) -> Iterator[Page]:
    """Yield the pages of one group, which is looked at first after ``wait``, then every ``interval``."""
    coming = list(reversed(members))
    while coming:
        look = coming[-1][0].start + branch.wait
        held: list[tuple[Episode, tuple[Span, ...]]] = []
        page = _Open()
        while True:
            while coming and coming[-1][0].start <= look:
                held.append(coming.pop())
            _look(page, held, look, is_muted=branch.is_muted(look))
            if page.told and not page.firing:
                yield _closed(page, labels, wakes=wakes)
                page = _Open()
            held = [(episode, spans) for episode, spans in held if episode.end > look]
            if not held:
                break
            look += branch.interval
        if page.told:
            yield _closed(page, labels, wakes=wakes)


def _look(page: _Open, held: Sequence[tuple[Episode, tuple[Span, ...]]], look: int, *, is_muted: bool) -> None:
    """Bring ``page`` up to date; an alert that ended and fires again between two looks is nothing new."""
    for episode, _ in held:
        if _identity(episode.labels) in page.firing:
            page.go_on(episode)
    page.forget_ended(look)
    if is_muted:
        return
    for episode, spans in held:
        fires = episode.end > look and not any(start <= look < end for start, end in spans)
        if fires and _identity(episode.labels) not in page.firing:
            page.tell(episode, look)


def _closed(page: _Open, labels: GroupLabels, *, wakes: bool) -> Page:
    return Page(page.told[0].at, page.until, labels, tuple(page.told), wakes)


def _identity(labels: Mapping[str, str]) -> GroupLabels:
    return tuple(sorted(labels.items()))


def _order(episode: Episode) -> tuple[int, str, GroupLabels]:
    return episode.start, episode.alert, _identity(episode.labels)


def _in_order(pages: Iterable[Page]) -> tuple[Page, ...]:
    return tuple(sorted(pages, key=lambda page: (page.at, page.alerts, page.labels)))
