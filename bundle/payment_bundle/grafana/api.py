"""The few calls of Grafana's HTTP API that delivery needs.

Source: "Dashboard HTTP API", "Dashboard versions HTTP API", "Folder HTTP API" and "Folder/dashboard search HTTP API" of
Grafana's documentation, and what a Grafana 9.4 answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from payment_bundle.grafana.connection import Connection, GrafanaError, RefusedError, Server
from payment_bundle.grafana.found import Folder, Hit, Revision, Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
_MOST_HITS = 5000
#: What Grafana says of what is not there: to whoever is no administrator often 403, that it may not be read.
_NOT_THERE = frozenset({403, 404})


class GrafanaApi:
    """Grafana's dashboards and folders; every call raises GrafanaError."""

    def __init__(self, server: Server) -> None:
        self.url = server.url
        self._connection = Connection(server)

    def __enter__(self) -> GrafanaApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def folder(self, uid: str) -> Folder | None:
        """Return the folder, ``None`` where there is none, or none that the token's account may see."""
        return self._found(f"/api/folders/{uid}", Folder)

    def create_folder(self, folder: Folder) -> None:
        """Create the folder; one that has come about meanwhile is as good."""
        try:
            self._connection.ask("POST", "/api/folders", body={"uid": folder.uid, "title": folder.title})
        except RefusedError as error:
            if error.status not in {409, 412}:
                raise
            if self.folder(folder.uid) is None:
                raise GrafanaError(
                    f"{error}; another folder has the title '{folder.title}': name one with --folder, or rename it; "
                    f"or the token's account may not see the folder '{folder.uid}'"
                ) from None

    def dashboard(self, uid: str) -> Stored | None:
        """Return the dashboard, ``None`` where there is none, or none that the token's account may see."""
        return self._found(f"/api/dashboards/uid/{uid}", Stored)

    def revision(self, uid: str, version: int) -> Revision | None:
        """Return that save of a dashboard, ``None`` where the token may not read its history.

        Asked by its number, because the list of all calls every first one "Initial save", whatever its message was.
        """
        return self._found(f"/api/dashboards/uid/{uid}/versions/{version}", Revision)

    def tagged(self, tag: str) -> list[Hit]:
        """Return the dashboards with that tag."""
        parameters = {"type": "dash-db", "tag": tag, "limit": str(_MOST_HITS)}
        return self._read(self._connection.ask("GET", "/api/search", parameters), list[Hit])

    def save(self, content: Mapping[str, Any], version: int, folder_uid: str, message: str) -> None:
        """Create the dashboard (``version`` 0) or replace that version; refused where it is another by now."""
        body = {
            "dashboard": {**content, "id": None, "version": version},
            "folderUid": folder_uid,
            "message": message,
            "overwrite": False,
        }
        self._connection.ask("POST", "/api/dashboards/db", body=body)

    def delete(self, uid: str) -> None:
        """Delete the dashboard; one that is gone already is as good."""
        try:
            self._connection.ask("DELETE", f"/api/dashboards/uid/{uid}")
        except RefusedError as error:
            if error.status not in _NOT_THERE or self.dashboard(uid) is not None:
                raise

    def _found(self, path: str, kind: type[_T]) -> _T | None:
        try:
            return self._read(self._connection.ask("GET", path), kind)
        except RefusedError as error:
            if error.status in _NOT_THERE:
                return None
            raise

    def _read(self, answer: object, kind: type[_T]) -> _T:
        try:
            return TypeAdapter(kind).validate_python(answer)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise GrafanaError(
                f"{self.url} answered with JSON that is not Grafana's: {place}: {first['msg']}"
            ) from None
