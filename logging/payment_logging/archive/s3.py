"""A bucket behind S3's API. Nothing in it is ever overwritten or deleted."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from payment_logging.archive.content import parts
from payment_logging.archive.log_file import FileError
from payment_logging.archive.s3_errors import code_of, for_people
from payment_logging.archive.store import There

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from payment_logging.archive.content import Content

_CONNECT_SECONDS = 10
_BLOCK = 1 << 20
#: Only where nothing is there (RFC 9110, section 13.1.2).
_IF_ABSENT = {"IfNoneMatch": "*"}
_SHA256 = {"ChecksumAlgorithm": "SHA256"}


@dataclass(frozen=True, slots=True)
class Destination:
    """A bucket and how it is reached; ``endpoint`` is empty for Amazon's.

    A request is tried ``attempts`` times, each with ``timeout`` seconds for the next piece of the answer.
    """

    bucket: str
    region: str
    endpoint: str = ""
    storage_class: str = "STANDARD"
    timeout: float = 60
    attempts: int = 4


class S3Store:
    """A bucket, by boto3, which finds the credentials; raises AccessError where its configuration does not hold."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        config = Config(
            connect_timeout=min(_CONNECT_SECONDS, destination.timeout),
            read_timeout=destination.timeout,
            retries={"mode": "standard", "total_max_attempts": destination.attempts},
            tcp_keepalive=True,
            # Ours is sent where one is needed.
            request_checksum_calculation="when_required",
            s3={"addressing_style": "path"} if destination.endpoint else None,
        )
        endpoint = destination.endpoint or None
        with for_people(destination.bucket):
            self._client: Any = boto3.Session().client(
                "s3", region_name=destination.region, endpoint_url=endpoint, config=config
            )

    def address(self, key: str) -> str:
        """Return the object's address as S3's own tools write it."""
        return f"s3://{self.destination.bucket}/{key}"

    def check(self) -> None:
        """Return when the bucket is there and may be used."""
        self._ask("head_bucket")

    def there(self, key: str, content: Content) -> There:
        """Compare by the checksum that the server has computed; where that is no help, read the object back."""
        try:
            found = self._client_call("head_object", Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if code_of(error)[0] == 404:
                return There.NOTHING
            with for_people(self.destination.bucket):
                raise
        if found["ContentLength"] != content.size:
            return There.OTHER
        if found.get("ChecksumSHA256") == content.checksum or self._read_back(key) == content.sha256:
            return There.SAME
        return There.OTHER

    def put(self, key: str, stream: BinaryIO, content: Content, sent: Callable[[int], None]) -> None:
        """Store ``stream`` with its checksum, which the server compares; nothing is left of an upload that fails."""
        about = {
            "ContentType": "application/gzip",
            "Metadata": {"sha256": content.sha256},
            "StorageClass": self.destination.storage_class,
            **_SHA256,
        }
        if len(content.digests) > 1:
            self._put_in_parts(key, stream, content, about, sent)
            return
        ((body, checksum),) = _bodies(stream, content)
        self._ask("put_object", Key=key, Body=body, ChecksumSHA256=checksum, **about, **_IF_ABSENT)
        sent(len(body))

    def _put_in_parts(
        self, key: str, stream: BinaryIO, content: Content, about: dict[str, Any], sent: Callable[[int], None]
    ) -> None:
        self._abort_unfinished(key)
        upload = {"Key": key, "UploadId": self._ask("create_multipart_upload", Key=key, **about)["UploadId"]}
        try:
            done = []
            for number, (body, checksum) in enumerate(_bodies(stream, content), start=1):
                part = {"PartNumber": number, "ChecksumSHA256": checksum}
                answer = self._ask("upload_part", **upload, **part, Body=body, **_SHA256)
                done.append({**part, "ETag": answer["ETag"]})
                sent(len(body))
            self._ask("complete_multipart_upload", **upload, MultipartUpload={"Parts": done}, **_IF_ABSENT)
        except BaseException:
            with suppress(Exception):
                self._ask("abort_multipart_upload", **upload)
            raise

    def _abort_unfinished(self, key: str) -> None:
        """End the uploads to ``key`` that killed runs have begun; their parts cost money and are seen by nobody."""
        for upload in self._ask("list_multipart_uploads", Prefix=key).get("Uploads", ()):
            if upload["Key"] == key:
                self._ask("abort_multipart_upload", Key=key, UploadId=upload["UploadId"])

    def _read_back(self, key: str) -> str:
        digest = hashlib.sha256()
        with for_people(self.destination.bucket):
            body = self._client_call("get_object", Key=key, ChecksumMode="ENABLED")["Body"]
            for block in body.iter_chunks(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _ask(self, operation: str, **arguments: Any) -> Any:
        with for_people(self.destination.bucket):
            return self._client_call(operation, **arguments)

    def _client_call(self, operation: str, **arguments: Any) -> Any:
        return getattr(self._client, operation)(Bucket=self.destination.bucket, **arguments)


def _bodies(stream: BinaryIO, content: Content) -> Iterator[tuple[bytes, str]]:
    """Yield each part with its checksum; raises FileError where there are not as many as there were."""
    try:
        yield from zip(parts(stream, content.part_size), content.checksums, strict=True)
    except ValueError:
        raise FileError("was written to meanwhile") from None
