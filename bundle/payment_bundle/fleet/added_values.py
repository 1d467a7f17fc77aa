"""What extensions make of a service's settings, as one text.

An extension may make anything of a setting. Where it makes the same of two services' settings but for words, so do the
generators, which do nothing else with its values than with the bundle's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from payment_alerts.added_alerts import AddedAlerts
from payment_alerts.groups import alert_groups, watching
from payment_bundle.fleet.template import NotATemplate
from payment_dashboards.added_panels import AddedPanels
from payment_dashboards.kit import Kit

if TYPE_CHECKING:
    from payment_catalog.catalog import Catalog

#: Whose classes do with words what the bundle does; a class of an extension's own may do anything else.
_ROOMS = frozenset({"payment_catalog", "payment_alerts", "payment_dashboards"})


def added_values(catalog: Catalog) -> bytes:
    """Return the incidents, rules and panels that extensions add to ``catalog``.

    Raises NotATemplate for a value that is no text or number, nor made of such by the bundle's own classes.
    """
    rules = catalog.parts(AddedAlerts)
    panels = catalog.parts(AddedPanels)
    kit = Kit(catalog, watching(alert_groups(catalog) if panels else ()))
    made = (
        *(incident for addition in catalog.additions for incident in addition.incidents),
        *(part.group(catalog) for part in rules),
        *(part.panels(kit) for part in panels),
    )
    return "\n".join(map(_text, made)).encode()


def _text(value: object) -> str:
    match value:
        case None | str() | int() | float() | timedelta() | Enum():
            return repr(value)
        case tuple() | list():
            return f"({', '.join(map(_text, value))})"
        case set() | frozenset():
            return f"{{{', '.join(sorted(map(_text, value)))}}}"
        case Mapping():
            return f"{{{', '.join(f'{_text(key)}: {_text(item)}' for key, item in value.items())}}}"
    kind = type(value)
    if not is_dataclass(value) or kind.__module__.partition(".")[0] not in _ROOMS:
        raise NotATemplate(f"an extension has a class of its own, {kind.__qualname__}: it may do anything")
    return f"{kind.__qualname__}({', '.join(_text(getattr(value, field.name)) for field in fields(value))})"
