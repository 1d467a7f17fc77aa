"""``payobs push kibana``: imports the saved objects in one request, and tells what became of each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from payment_bundle.foreign_text import one_line
from payment_bundle.kibana.connection import KibanaError
from payment_catalog.errors import ForeseenError
from payment_logging.kibana import saved_objects
from payment_logging.kibana.saved_object import OLDEST_KIBANA, to_ndjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from payment_bundle.kibana.connection import Connection
    from payment_catalog.settings import Settings
    from payment_logging.kibana.saved_object import SavedObject

    Say = Callable[[str], None]

_SPACE = re.compile(r"[a-z0-9_-]*")
_VERSION = re.compile(r"(\d+)\.(\d+)\.")


class _Imported(BaseModel):
    """An object that is there now; in a space where its id was taken by another space's, under a new id."""

    type: str
    id: str
    overwrite: bool = False
    new_id: Annotated[str | None, Field(alias="destinationId")] = None


class _Reason(BaseModel):
    type: str = "unknown"
    message: str = ""
    references: list[dict[str, Any]] = []


class _Failed(BaseModel):
    type: str
    id: str
    error: _Reason


class _Result(BaseModel):
    success: bool
    imported: Annotated[list[_Imported], Field(alias="successResults")] = []
    failed: Annotated[list[_Failed], Field(alias="errors")] = []


def checked_space(space: str) -> str:
    """Return ``space``; raises ForeseenError for what is no identifier of one."""
    if not _SPACE.fullmatch(space):
        raise ForeseenError("--space: expected the identifier of a space: small letters, digits, _ and -")
    return space


def push(settings: Settings, kibana: Connection, say: Say, *, dry_run: bool) -> bool:
    """Send every object; return whether all are there afterwards, under their ids. Raises KibanaError."""
    objects = saved_objects(settings)
    _require_new_enough(kibana)
    if dry_run:
        for each in objects:
            say(f"  + {_name(each)}: would be imported, over what is there")
        say(f"{kibana.server.base}: {len(objects)} objects would be imported (dry run, nothing sent)")
        return True
    return _tell(objects, _result(kibana, to_ndjson(objects)), kibana.server.base, say)


def _require_new_enough(kibana: Connection) -> None:
    about = kibana.status()
    if "status" not in about:
        raise KibanaError(f"{kibana.server.base} answers with JSON that is not Kibana's; is the address right?")
    number = about["version"].get("number") if isinstance(about.get("version"), dict) else None
    found = _VERSION.match(str(number))
    if found and (int(found[1]), int(found[2])) < OLDEST_KIBANA:
        oldest = ".".join(map(str, OLDEST_KIBANA))
        raise KibanaError(f"{kibana.server.base} is Kibana {one_line(str(number))}; expected {oldest} or newer")


def _result(kibana: Connection, ndjson: str) -> _Result:
    try:
        return _Result.model_validate(kibana.import_objects(ndjson))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise KibanaError(
            f"{kibana.server.base} answers with JSON that is not Kibana's: {place}: {first['msg']}"
        ) from None


def _tell(objects: tuple[SavedObject, ...], result: _Result, url: str, say: Say) -> bool:
    imported = {(each.type, each.id): each for each in result.imported}
    failed = {(each.type, each.id): each.error for each in result.failed}
    there = 0
    for each in objects:
        key = (each.kind.value, each.id)
        done = imported.get(key)
        if done is None:
            say(f"  ! {_name(each)}: not imported; {_words(failed.get(key))}")
        elif done.new_id and done.new_id != each.id:
            say(
                f"  ! {_name(each)}: imported as {one_line(done.new_id)}, because another space has the id; links by "
                "id do not lead there"
            )
        else:
            there += 1
            say(f"  {'~' if done.overwrite else '+'} {_name(each)}: {'replaced' if done.overwrite else 'created'}")
    missing = len(objects) - there
    say(f"{url}: {there} objects imported{f', {missing} not as they should be' if missing else ''}")
    return not missing


def _words(reason: _Reason | None) -> str:
    if reason is None:
        return "Kibana does not say why"
    if reason.references:
        named = ", ".join(f"{each.get('type')} {each.get('id')}" for each in reason.references)
        return one_line(f"what it refers to is missing: {named}")
    return one_line(f"{reason.type}{f': {reason.message}' if reason.message else ''}")


def _name(each: SavedObject) -> str:
    return f"{each.kind.words} '{each.title}'"
