"""Where Alertmanager's configuration differs from the generated one: routes, receivers, inhibitions, times.

Alertmanager writes its defaults out and puts ``<secret>`` where a credential is. So what a receiver has beyond what is
generated is not compared, but for further integrations; of routes everything is.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from payment_bundle.differences.comparison import Difference, Nature
from payment_bundle.differences.numbered import numbered
from payment_bundle.differences.tree import ABSENT, SECRET, Change, Reading, changes, same_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from payment_bundle.differences.tree import Path
    from payment_bundle.ruler.api import Routing

_Content: TypeAlias = "Mapping[str, Any]"

#: Keys of credentials in ``global`` and in receivers, as Alertmanager's documentation types them ``<secret>``.
_SECRETS = re.compile(r"(.*_)?(password|secret|token|credentials|api_url|api_key|routing_key|service_key|user_key|key)")
#: What a route says beside its matchers and its children, and what it says where it says nothing.
_ROUTE = {
    "receiver": ABSENT,
    "group_by": ABSENT,
    "group_wait": ABSENT,
    "group_interval": ABSENT,
    "repeat_interval": ABSENT,
    "continue": False,
    "mute_time_intervals": ABSENT,
    "active_time_intervals": ABSENT,
}
_MATCHER = re.compile(r'\s*"?([^"=!~\s]+)"?\s*(=~|!~|!=|=)\s*(.*?)\s*', re.DOTALL)


def routing_differences(there: Routing, wanted: Routing) -> tuple[Difference, ...]:
    """Return where the routing of a tenant differs, its templates included."""
    return (
        *configuration_differences(read(there.alertmanager_config), read(wanted.alertmanager_config)),
        *_templates(there.template_files, wanted.template_files),
    )


def configuration_differences(there: _Content | None, wanted: _Content | None) -> tuple[Difference, ...]:
    """Return where a configuration differs; None is one that cannot be read."""
    if there is None or wanted is None:
        return (Difference("configuration", "is no YAML of Alertmanager's"),)
    return (
        *_values("global settings", there.get("global") or {}, wanted.get("global") or {}, ("global",), 1),
        *_template_files(there, wanted),
        *_receivers(there, wanted),
        *_route("root route", _mapping(there.get("route")), _mapping(wanted.get("route"))),
        *_inhibitions(_mappings(there, "inhibit_rules"), _mappings(wanted, "inhibit_rules")),
        *_intervals(there, wanted),
    )


def read(text: str) -> _Content | None:
    """Return a configuration, None where ``text`` is none."""
    try:
        content = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    return content if isinstance(content, dict) else None


def _values(subject: str, there: object, wanted: object, path: Path, unsaid: int = 0) -> Iterator[Difference]:
    """Return the differences of what is at ``path``, of which the first ``unsaid`` keys are not told."""
    for change in changes(there, wanted, _READING, path):
        inner = Change(change.path[unsaid:], change.there, change.wanted)
        yield Difference(subject, inner.words(secret=_is_secret(change.path)))


def _template_files(there: _Content, wanted: _Content) -> Iterator[Difference]:
    """Alertmanager writes the path out from the root on."""
    left, right = ([str(path) for path in it.get("templates") or []] for it in (there, wanted))
    if len(left) != len(right) or not all(map(_ends_with, left, right)):
        yield Difference("templates", Change((), left, right).words())


def _ends_with(path: str, wanted: str) -> bool:
    return path == wanted or path.endswith(f"/{wanted}")


def _receivers(there: _Content, wanted: _Content) -> Iterator[Difference]:
    left, right = ({str(it.get("name")): it for it in _mappings(side, "receivers")} for side in (there, wanted))
    for name, receiver in right.items():
        if name in left:
            yield from _receiver(f"receiver {name}", left[name], receiver)
        else:
            yield Difference(f"receiver {name}", "is missing", Nature.MISSING)
    yield from (
        Difference(f"receiver {name}", "is not generated", Nature.SURPLUS) for name in left if name not in right
    )


def _receiver(subject: str, there: _Content, wanted: _Content) -> Iterator[Difference]:
    for kind in {**wanted, **there}:
        if kind == "name":
            continue
        left, right = there.get(kind) or [], wanted.get(kind) or []
        if not isinstance(left, list) or len(left) != len(right):
            yield Difference(subject, f"{kind}: {_count(left)}, generated are {_count(right)}")
            continue
        for number, (one, other) in enumerate(zip(left, right, strict=True), start=1):
            place = kind if len(right) == 1 else f"{kind} {number}"
            yield from (
                Difference(subject, f"{place}: {difference.text}")
                for difference in _values(subject, one, other, (kind, str(number)), 2)
            )


def _count(integrations: object) -> str:
    return f"{len(integrations)} of them" if isinstance(integrations, list) else "no list"


def _route(subject: str, there: _Content, wanted: _Content) -> Iterator[Difference]:
    for key, default in _ROUTE.items():
        left, right = there.get(key, default), wanted.get(key, default)
        yield from _values(subject, left, right, (key,)) if right is not ABSENT else _surplus(subject, key, left)
    left_routes, right_routes = (_by_matchers(_mappings(side, "routes")) for side in (there, wanted))
    for name, route in right_routes.items():
        if name in left_routes:
            yield from _route(name, left_routes[name], route)
        else:
            yield Difference(name, f"is missing below the {subject}", Nature.MISSING)
    for name in left_routes:
        if name not in right_routes:
            yield Difference(name, f"is below the {subject}, and is not generated", Nature.SURPLUS)
    both = [name for name in left_routes if name in right_routes]
    if both != [name for name in right_routes if name in left_routes]:
        yield Difference(subject, "the routes below it stand in another order")


def _surplus(subject: str, key: str, there: object) -> Iterator[Difference]:
    if there is not ABSENT and there not in (None, [], {}):
        yield Difference(subject, Change((key,), there, ABSENT).words())


def _by_matchers(routes: Iterable[_Content]) -> dict[str, _Content]:
    """Return the routes by what they match; of those that match the same, the later ones with a number."""
    return numbered((f"route of {', '.join(_matchers(route)) or 'everything'}", route) for route in routes)


def _matchers(content: _Content, prefix: str = "") -> tuple[str, ...]:
    """Return the matchers in one form and order; those of the old way of writing them too."""
    texts = [str(matcher) for matcher in content.get(f"{prefix}matchers") or []]
    texts += [f"{name}={value}" for name, value in _mapping(content.get(f"{prefix}match")).items()]
    texts += [f"{name}=~{value}" for name, value in _mapping(content.get(f"{prefix}match_re")).items()]
    return tuple(sorted(map(_matcher, texts)))


def _matcher(text: str) -> str:
    found = _MATCHER.fullmatch(text)
    if not found:
        return text
    name, operator, value = found.groups()
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return f"{name}{operator}{value}" if quoted else f'{name}{operator}"{value}"'


def _inhibitions(there: Iterable[_Content], wanted: Iterable[_Content]) -> Iterator[Difference]:
    left, right = Counter(map(_inhibition, there)), Counter(map(_inhibition, wanted))
    for source, target, equal in right - left:
        yield Difference(f"inhibition by {source}", f"is missing: of {target}, equal in {equal}", Nature.MISSING)
    for source, target, equal in left - right:
        yield Difference(f"inhibition by {source}", f"of {target}, equal in {equal}, is not generated", Nature.SURPLUS)


def _inhibition(rule: _Content) -> tuple[str, str, str]:
    equal = ", ".join(sorted(map(str, rule.get("equal") or []))) or "nothing"
    return ", ".join(_matchers(rule, "source_")), ", ".join(_matchers(rule, "target_")), equal


def _intervals(there: _Content, wanted: _Content) -> Iterator[Difference]:
    key = "time_intervals"
    left, right = ({str(it.get("name")): it for it in _mappings(side, key)} for side in (there, wanted))
    for name, interval in right.items():
        subject = f"time interval {name}"
        if name in left:
            yield from _values(subject, left[name], interval, (key,), 1)
        else:
            yield Difference(subject, "is missing", Nature.MISSING)
    yield from (
        Difference(f"time interval {name}", "is not generated", Nature.SURPLUS) for name in left if name not in right
    )


def _templates(there: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Difference]:
    for name, text in wanted.items():
        if name not in there:
            yield Difference(f"template {name}", "is missing", Nature.MISSING)
        elif there[name] != text:
            left, right = there[name].splitlines(), text.splitlines()
            same = next((i for i, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), None)
            line = min(len(left), len(right)) if same is None else same
            yield Difference(f"template {name}", f"differs from line {line + 1} on")
    yield from (
        Difference(f"template {name}", "is not generated", Nature.SURPLUS) for name in there if name not in wanted
    )


def _mappings(content: _Content, key: str) -> list[_Content]:
    found = content.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _mapping(content: object) -> _Content:
    return content if isinstance(content, dict) else {}


def _is_secret(path: Path) -> bool:
    if path[0] == "webhook_configs" and path[-1] == "url":
        return True
    return any(_SECRETS.fullmatch(key) for key in path[1:])


def _equal(path: Path, there: object, wanted: object) -> bool:
    if _is_secret(path) and there and SECRET in {there, wanted}:
        return True
    return there == wanted or same_duration(there, wanted)


_READING = Reading(unordered=lambda path: path[-1] in {"group_by", "mute_time_intervals"}, equal=_equal)
