"""A Grafana as far as dashboards and folders go: real HTTP on the loopback, with what a Grafana 9.4 answers.

It keeps what it is sent and refuses what Grafana refuses: a wrong token, an old version, a title that is taken, a
dashboard that it loads from a file. It knows the token of an Editor: who may not read what is not there, of dashboards
as long as there is no folder. Canned answers come before its own. Every request is noted.
"""

from __future__ import annotations

import copy
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from stub_server import Answer, serving

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from email.message import Message

TOKEN = "glsa_a-secret-token_0123"
PREFIX = "/monitoring/grafana"


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Board:
    """A stored dashboard and its revisions, the newest last."""

    content: dict[str, Any]
    folder_uid: str
    revisions: list[dict[str, Any]] = field(default_factory=list)
    provisioned: str = ""

    @property
    def version(self) -> int:
        return len(self.revisions)


class StubGrafana:
    """The state behind the server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Request] = []
        self.folders: dict[str, str] = {}
        self.boards: dict[str, Board] = {}
        self.canned: list[tuple[str, str, Answer]] = []
        self.may_read_history = True
        self.migrates: Callable[[dict[str, Any]], None] = lambda _: None

    def answer_with(self, method: str, path: str, *answers: Answer) -> None:
        """Answer the next requests for ``path`` with ``answers``, in that order."""
        self.canned.extend((method, path, answer) for answer in answers)

    def sent(self, method: str = "POST") -> list[Request]:
        """Return the requests of that method, and forget nothing."""
        return [request for request in self.requests if request.method == method]

    def written(self) -> list[Request]:
        """Return the requests that may have changed something."""
        return [request for request in self.requests if request.method != "GET"]

    def save_by_hand(self, uid: str, message: str = "", **changes: Any) -> None:
        """Have alice save the dashboard with ``changes`` in her browser."""
        self._revise(self.boards[uid], {**self.boards[uid].content, **changes}, "alice", message)

    def put(self, content: dict[str, Any], folder_uid: str, message: str = "", provisioned: str = "") -> None:
        """Have a dashboard there from the start."""
        board = Board({}, folder_uid, provisioned=provisioned)
        self._revise(board, content, "bob", message)
        self.boards[content["uid"]] = board

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        for number, (method, path, answer) in enumerate(self.canned):
            if method == request.method and request.path == f"{PREFIX}{path}":
                del self.canned[number]
                return answer
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "invalid API key"})
        for method, pattern, handler in _ROUTES:
            found = pattern.fullmatch(request.path.removeprefix(PREFIX))
            if found and method == request.method:
                return handler(self, request, *found.groups())
        return Answer(404, {"message": "Not found"})

    def folder(self, _: Request, uid: str) -> Answer:
        if uid not in self.folders:
            return _forbidden("folders:read")
        return Answer(200, {"id": 1, "uid": uid, "title": self.folders[uid], "canSave": True, "version": 1})

    def create_folder(self, request: Request) -> Answer:
        body = request.body
        if body["uid"] in self.folders or body["title"] in self.folders.values():
            said = "a folder or dashboard in the general folder with the same name already exists"
            return Answer(409, {"message": said})
        self.folders[body["uid"]] = body["title"]
        return self.folder(request, body["uid"])

    def dashboard(self, _: Request, uid: str) -> Answer:
        if uid not in self.boards:
            return self._no_dashboard("dashboards:read")
        board = self.boards[uid]
        meta = {
            "folderUid": board.folder_uid,
            "version": board.version,
            "provisioned": bool(board.provisioned),
            "provisionedExternalId": board.provisioned,
        }
        content = copy.deepcopy(board.content)
        self.migrates(content)
        return Answer(200, {"dashboard": {**content, "id": 7, "version": board.version}, "meta": meta})

    def revision(self, _: Request, uid: str, version: str) -> Answer:
        if not self.may_read_history:
            return _forbidden("dashboards:write")
        if uid not in self.boards:
            return self._no_dashboard("dashboards:write")
        return Answer(200, {"uid": uid, **self.boards[uid].revisions[int(version) - 1]})

    def save(self, request: Request) -> Answer:
        body = request.body
        content = dict(body["dashboard"])
        uid, version = content["uid"], content.pop("version")
        if body["folderUid"] not in self.folders:
            return Answer(400, {"message": "Folder not found"})
        board = self.boards.get(uid) or Board({}, body["folderUid"])
        if board.provisioned:
            return Answer(400, {"message": "Cannot save provisioned dashboard"})
        if version != board.version and not body["overwrite"]:
            said = "The dashboard has been changed by someone else"
            return Answer(412, {"status": "version-mismatch", "message": said})
        if self._has_title(content["title"], body["folderUid"], uid):
            said = "A dashboard with the same name in the folder already exists"
            return Answer(412, {"status": "name-exists", "message": said})
        board.folder_uid = body["folderUid"]
        self.boards[uid] = board
        self._revise(board, content, "sa-payobs", body["message"])
        return Answer(200, {"id": 7, "uid": uid, "status": "success", "version": board.version})

    def delete(self, _: Request, uid: str) -> Answer:
        if uid not in self.boards:
            return self._no_dashboard("dashboards:delete")
        if self.boards[uid].provisioned:
            return Answer(400, {"message": "provisioned dashboard cannot be deleted"})
        self.boards.pop(uid)
        return Answer(200, {"title": uid, "message": f"Dashboard {uid} deleted", "id": 1})

    def search(self, request: Request) -> Answer:
        (tag,) = request.query["tag"]
        return Answer(
            200,
            [
                {
                    "uid": uid,
                    "title": board.content.get("title", uid),
                    "type": "dash-db",
                    "tags": board.content.get("tags", []),
                    **({"folderUid": board.folder_uid} if board.folder_uid else {}),
                }
                for uid, board in self.boards.items()
                if tag in board.content.get("tags", [])
            ],
        )

    def _no_dashboard(self, permission: str) -> Answer:
        return (
            Answer(404, {"message": "Dashboard not found", "traceID": ""}) if self.folders else _forbidden(permission)
        )

    def _has_title(self, title: str, folder_uid: str, uid: str) -> bool:
        return any(
            other != uid and (board.folder_uid, board.content.get("title")) == (folder_uid, title)
            for other, board in self.boards.items()
        )

    @staticmethod
    def _revise(board: Board, content: dict[str, Any], author: str, message: str) -> None:
        board.content = copy.deepcopy(content)
        board.revisions.append(
            {
                "version": board.version + 1,
                "created": "2026-11-25T10:00:00Z",
                "createdBy": author,
                "message": message,
            }
        )


def _forbidden(permission: str) -> Answer:
    said = f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
    return Answer(403, {"accessErrorId": "ACE5742594209", "message": said, "title": "Access denied"})


_ROUTES: tuple[tuple[str, re.Pattern[str], Callable[..., Answer]], ...] = (
    ("GET", re.compile(r"/api/folders/([^/]+)"), StubGrafana.folder),
    ("POST", re.compile(r"/api/folders"), StubGrafana.create_folder),
    ("GET", re.compile(r"/api/dashboards/uid/([^/]+)"), StubGrafana.dashboard),
    ("GET", re.compile(r"/api/dashboards/uid/([^/]+)/versions/(\d+)"), StubGrafana.revision),
    ("POST", re.compile(r"/api/dashboards/db"), StubGrafana.save),
    ("DELETE", re.compile(r"/api/dashboards/uid/([^/]+)"), StubGrafana.delete),
    ("GET", re.compile(r"/api/search"), StubGrafana.search),
)


@contextmanager
def stub_grafana(tls: ssl.SSLContext | None = None) -> Iterator[StubGrafana]:
    """Serve a Grafana below a path until the end of the block."""

    def answer(method: str, url: str, headers: Message, content: bytes) -> Answer:
        parts = urlsplit(url)
        named = {name.lower(): value for name, value in headers.items()}
        body = json.loads(content) if content else None
        return grafana.answer(Request(method, parts.path, parse_qs(parts.query), named, body))

    with serving(answer, tls) as address:
        grafana = StubGrafana(f"{address}{PREFIX}")
        yield grafana
