"""moto's S3 on the loopback, which fails as it is told to."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto.backends import get_backend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from werkzeug.serving import BaseWSGIServer

BUCKET = "shop-logs"
REGION = "ap-southeast-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "top-secret"}
#: boto3 finds nothing of this machine.
NOBODY = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}


class _Quiet(WSGIRequestHandler):
    def log(self, *arguments: Any) -> None:
        del arguments


@dataclass
class S3Server:
    """The server; ``faults`` answer in its place, ``alterations`` change what it answers."""

    faults: list[Callable[[Request], Response | None]] = field(default_factory=list)
    alterations: list[Callable[[Request, Response], None]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    url: str = ""
    client: Any = field(default=None, repr=False)
    _app: Any = field(default_factory=lambda: DomainDispatcherApplication(create_backend_app), repr=False)
    _server: BaseWSGIServer | None = field(default=None, repr=False)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = Request(environ)
        self.requests.append(f"{request.method} {request.full_path.rstrip('?')}")
        for fault in self.faults:
            if answer := fault(request):
                environ["wsgi.input"].read(request.content_length or 0)
                return answer(environ, start)
        response = Response.from_app(self._app, environ)
        for alteration in self.alterations:
            alteration(request, response)
        return response(environ, start)

    def start(self) -> None:
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(s3={"addressing_style": "path"}),
        )
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def stored(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return sorted(it["Key"] for it in found)

    def read(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content)

    def unfinished(self) -> list[str]:
        """Keys of uploads that were begun and neither completed nor aborted."""
        return [it["Key"] for it in self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run the server with an empty bucket."""
    for account in get_backend("s3").values():
        for backend in account.values():
            backend.reset()
    server = S3Server()
    server.start()
    try:
        server.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        server.requests.clear()
        yield server
    finally:
        server.stop()


def error(status: int, code: str) -> Response:
    """An answer as S3 gives it."""
    return Response(f"<Error><Code>{code}</Code><Message>as told</Message></Error>", status, mimetype="text/xml")
