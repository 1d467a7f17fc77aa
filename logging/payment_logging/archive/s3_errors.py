"""What botocore raises, in words that say what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore import exceptions

from payment_logging.archive.log_file import FileError
from payment_logging.archive.store import AccessError, AlreadyThereError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
    exceptions.TokenRetrievalError,
    exceptions.SSOError,
)
_CONFIGURATION = (
    exceptions.ProfileNotFound,
    exceptions.ConfigParseError,
    exceptions.ConfigNotFound,
    exceptions.InvalidConfigError,
    exceptions.ParamValidationError,
    exceptions.InvalidRegionError,
)
_RIGHTS = "s3:ListBucket, s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and s3:ListBucketMultipartUploads"
#: Codes of S3 ("Error responses") that are about who asks.
_REFUSED = frozenset(
    {
        "AccessDenied",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
    }
    | {"RequestTimeTooSkewed", "AuthorizationHeaderMalformed", "AccountProblem", "AllAccessDisabled"}
)

#: 403 for an object in Glacier, which cannot be read at once.
_FROZEN = "InvalidObjectState"
#: Answers to a repeated request whose first answer was lost.
_DONE_BEFORE = frozenset({"PreconditionFailed", "NoSuchUpload"})


@contextmanager
def for_people(bucket: str) -> Iterator[None]:
    """Raise AccessError, UnavailableError or FileError for what botocore raises inside."""
    try:
        yield
    except exceptions.ClientError as error:
        raise _of_answer(error, bucket) from None
    except _NO_CREDENTIALS as error:
        raise AccessError(
            f"no credentials for {bucket}: {error}; boto3 looks for them in AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, AWS_SHARED_CREDENTIALS_FILE, ~/.aws and the role of the machine or service account"
        ) from None
    except _CONFIGURATION as error:
        raise AccessError(f"{bucket}: boto3's configuration does not hold: {error}") from None
    except exceptions.FlexibleChecksumError as error:
        raise FileError(f"what was read back has another checksum: {error}") from None
    except (exceptions.BotoCoreError, OSError) as error:
        raise UnavailableError(f"no answer from S3: {error}") from None


def code_of(error: exceptions.ClientError) -> tuple[int, str]:
    """Return the status and the code of an answer."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return int(status), str(error.response.get("Error", {}).get("Code", ""))


def _of_answer(error: exceptions.ClientError, bucket: str) -> AccessError | FileError:
    status, code = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    # An answer to HEAD has no text; botocore gives its status as code.
    words = [word for word in (code, message) if word and word != str(status)]
    said = f"{error.operation_name} was answered by {' '.join((str(status), *words))}"
    refused = _refusal(status, code, error.operation_name)
    if refused:
        return AccessError(f"{bucket}: {refused}; {said}")
    if code in _DONE_BEFORE:
        return AlreadyThereError(said)
    if status >= 500 or status in {408, 429}:
        return UnavailableError(said)
    return FileError(said)


def _refusal(status: int, code: str, operation: str) -> str:
    """Return why nothing in the bucket can be reached, an empty text where the answer is about one key."""
    of_bucket = operation == "HeadBucket"
    if code == "NoSuchBucket" or (status == 404 and of_bucket):
        return "there is no such bucket"
    if status in {301, 307, 308}:
        return "the bucket is in another region"
    if (status in {401, 403} and code != _FROZEN) or code in _REFUSED:
        return f"the credentials are not accepted or lack a right; needed are {_RIGHTS}"
    if status == 400 and of_bucket:
        return "the request is not accepted, as for a wrong region or an expired token"
    return ""
