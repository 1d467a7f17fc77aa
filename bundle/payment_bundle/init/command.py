"""The conversation of ``payobs init``, and what comes of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from payment_bundle.init.answers import Answers, is_asked, placeholders, questions, settings_of
from payment_bundle.init.document import commented
from payment_bundle.whole_file import write_whole
from payment_catalog.errors import ForeseenError
from payment_catalog.settings import Settings
from payment_catalog.settings.section import UnsoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from payment_bundle.init.answers import Question

_NAMED = 6


class InitError(ForeseenError):
    """The file cannot be written, or an answer that was given as an option cannot be."""


def run_init(file: Path, given: Mapping[str, str], *, ask: bool, force: bool, dry_run: bool) -> None:
    """Ask what is not ``given``, where ``ask`` says so, and write ``file``; raises InitError.

    Nothing is written before the last answer is there.
    """
    if not dry_run:
        _require_free(file, force=force)
    usual = Settings()
    answers = _answers(questions(usual), given, prompted if ask else _default)
    try:
        settings = settings_of(answers, usual)
    except ValidationError as error:
        raise InitError(_in_words(error)) from None
    text = commented(settings)
    if dry_run:
        typer.echo(text, nl=False)
        return
    _write(file, text)
    _say_what_follows(file, settings)


def prompted(question: Question) -> str:
    """Ask until the answer can be; Ctrl-C and the end of the input raise typer.Abort."""
    while True:
        answer = str(typer.prompt(question.text, default=question.default, err=True)).strip()
        problem = question.problem(answer)
        if not problem:
            return answer
        typer.echo(problem, err=True)


def _default(question: Question) -> str:
    return question.default


def _answers(asked: tuple[Question, ...], given: Mapping[str, str], answer: Callable[[Question], str]) -> Answers:
    found: dict[str, str] = {}
    for question in asked:
        if question.key in given:
            problem = question.problem(given[question.key])
            if problem:
                raise InitError(f"{question.flag}: {problem}")
            found[question.key] = given[question.key]
        else:
            found[question.key] = answer(question) if is_asked(question, found) else question.default
    return Answers(**found)


def _in_words(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    path = (*first["loc"], *cause.key) if isinstance(cause, UnsoundError) else first["loc"]
    return f"{'.'.join(map(str, path))}: {cause or first['msg']}"


def _require_free(file: Path, *, force: bool) -> None:
    if file.is_dir():
        raise InitError(f"{file} is a directory; name the file to write")
    if not force and (file.exists() or file.is_symlink()):
        raise InitError(f"{file} is there already; --force replaces it, --dry-run shows what would be written")
    if not file.absolute().parent.is_dir():
        raise InitError(f"{file} cannot be written: there is no directory {file.parent}")


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as error:
        raise InitError(f"{file} cannot be written: {error.strerror}") from None


def _say_what_follows(file: Path, settings: Settings) -> None:
    config = "" if file == Path("bundle.yaml") else f" --config {file}"
    typer.echo(f"{file}: written")
    left = tuple(dict.fromkeys(placeholders(settings)))
    if left:
        more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
        typer.echo(f"still examples: {', '.join(left[:_NAMED])}{more}")
    typer.echo(f"next:\n  payobs generate{config}\n  payobs check{config}")


def is_interactive() -> bool:
    """Return whether somebody sits there who can be asked."""
    return sys.stdin.isatty()
