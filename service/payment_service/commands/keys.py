"""API keys of merchants."""

from __future__ import annotations

from typing import Annotated

import typer

from payment_service.security.authentication import Scope, key_line, new_key

keys = typer.Typer(help="API keys of merchants.", no_args_is_help=True)


@keys.command("new")
def new(
    merchant: Annotated[str, typer.Argument(help="Who gets the key: a name without spaces.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it allows; repeat the flag. Default: all.")] = None,
) -> None:
    """Make a key: print it, and the line for PAYMENT_API_KEYS_FILE, which holds only its hash.

    The key is printed to standard error, the line to standard output, so that the line can be appended to the file.
    """
    if not merchant.strip() or len(merchant.split()) != 1 or len(merchant) > 64:
        raise typer.BadParameter(f"{merchant!r}: expected a name of at most 64 characters without spaces")
    key = new_key()
    typer.echo(f"the key, shown this once: {key}", err=True)
    typer.echo(key_line(merchant, key, scope or tuple(Scope)))
