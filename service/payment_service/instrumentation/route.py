"""Under which template a request was routed. What comes out is a template of the application, never a raw path.

Starlette and FastAPI say which endpoint they chose, FastAPI (since 0.137) not under which prefixes its router
was included, and neither of them under which mounts. So the templates are read off the application's routes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.convertors import CONVERTOR_TYPES

from payment_catalog.http_metrics import UNMATCHED_ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from starlette.routing import BaseRoute
    from starlette.types import Scope

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
#: Endpoints that are in none of the application's routes and yet were chosen; each costs one reading of the routes.
_MOST_STRANGERS = 1000


@dataclass(frozen=True, slots=True)
class _Place:
    """One path at which a route reaches its endpoint, such as ``/files/{name:path}``, and what its label says."""

    route: Any
    endpoint: Any
    path: str
    template: str


class RouteTemplates:
    """Finds the template of a routed request. ``routes`` is asked for the application's routes, also later on."""

    def __init__(self, routes: Callable[[], Iterable[BaseRoute]]) -> None:
        self._routes = routes
        #: By id, of the route where it has an endpoint, and of the endpoint. A place holds both, so that no other
        #: object gets their ids.
        self._of_route: dict[int, list[_Place]] = {}
        self._of_endpoint: dict[int, list[_Place]] = {}
        self._strangers: dict[int, Any] = {}

    def template(self, scope: Scope) -> str:
        """Return the template under which ``scope``, after the application has handled it, was routed.

        Prefixes of included routers and of mounts are part of it; convertors are not. ``unmatched`` stands for
        requests that no route took, redirects to a path with or without its last slash among them.
        """
        places = self._of_route.get(id(scope.get("route")))
        return places[0].template if places and len(places) == 1 else self._search(scope)

    def _search(self, scope: Scope) -> str:
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return UNMATCHED_ROUTE
        route, path = scope.get("route"), path_within(scope)
        place = self._find(route, endpoint, path)
        if place is None and id(endpoint) not in self._strangers and len(self._strangers) < _MOST_STRANGERS:
            self._read()  # routes may be added at any time
            place = self._find(route, endpoint, path)
            if place is None:
                self._strangers[id(endpoint)] = endpoint
        return _template_of_stranger(route, endpoint) if place is None else place.template

    def _find(self, route: Any, endpoint: Any, path: str) -> _Place | None:
        places = self._of_route.get(id(route)) or self._of_endpoint.get(id(endpoint), [])
        return next((place for place in places if _pattern(place.path).fullmatch(path)), None)

    def _read(self) -> None:
        self._of_route, self._of_endpoint = {}, {}
        for place in _places(self._routes(), ""):
            self._of_endpoint.setdefault(id(place.endpoint), []).append(place)
            if place.route is not None:
                self._of_route.setdefault(id(place.route), []).append(place)


def _places(routes: Iterable[Any], prefix: str) -> Iterator[_Place]:
    for route in routes:
        included = getattr(route, "effective_route_contexts", None)
        if included is None:
            yield from _places_of(route, route, prefix)
            continue
        for context in included():  # a router of FastAPI, which stays one route when it is included
            yield from _places_of(getattr(context, "starlette_route", None) or context, context.original_route, prefix)


def _places_of(route: Any, original: Any, prefix: str) -> Iterator[_Place]:
    path = prefix + (getattr(route, "path", None) or "")
    endpoint, app = getattr(route, "endpoint", None), getattr(route, "app", None)
    if endpoint is not None:
        yield _place(original, endpoint, path)
    elif app is not None:  # a mount, or a host, which has no path
        inner = _routes_within(app)
        if inner is None:
            yield _place(None, app, path + "/{path:path}")
        else:
            yield from _places(inner, path)


def _place(route: Any, endpoint: Any, path: str) -> _Place:
    return _Place(route, endpoint, path, _PARAMETER.sub(r"{\1}", path))


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[str]:
    """Return what matches the paths of a route. No convertor is a group: a name may stand twice, in prefix and path."""
    plain, pattern = 0, ""
    for parameter in _PARAMETER.finditer(path):
        convertor = CONVERTOR_TYPES[parameter[2] or "str"]
        pattern += re.escape(path[plain : parameter.start()]) + f"(?:{convertor.regex})"
        plain = parameter.end()
    return re.compile(pattern + re.escape(path[plain:]))


def _routes_within(app: Any) -> Iterable[Any] | None:
    """Return the routes of a mounted application, which middleware may wrap; None where it shows none."""
    while app is not None:
        routes: Iterable[Any] | None = getattr(app, "routes", None)
        if routes is not None:
            return routes
        app = getattr(app, "app", None)
    return None


def _template_of_stranger(route: Any, endpoint: Any) -> str:
    """Return what the endpoint's own route says, without prefixes; a mount that found nothing within is no match."""
    template: str | None = getattr(route, "path_format", None)
    return template if template and getattr(route, "endpoint", None) is endpoint else UNMATCHED_ROUTE


def path_within(scope: Scope) -> str:
    """Return the path within the application; a mount adds itself to the root path, and keeps what it was."""
    path: str = scope["path"]
    root = scope.get("app_root_path", scope.get("root_path", "")).rstrip("/")
    return path.removeprefix(root) if path.startswith(f"{root}/") else path
