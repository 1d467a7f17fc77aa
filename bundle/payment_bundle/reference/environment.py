"""The environment variables that the payment service reads."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from payment_bundle.reference.table import code, prose, table
from payment_catalog.database_settings import DatabaseSettings
from payment_service.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings


def environment() -> str:
    """Return each variable with its default and its meaning."""
    rows = (*_rows(DatabaseSettings), *_rows(ServiceSettings))
    return table(("variable", "default", "what it is"), rows)


def _rows(kind: type[BaseSettings]) -> Iterator[tuple[str, ...]]:
    prefix = str(kind.model_config.get("env_prefix", ""))
    for name, field in kind.model_fields.items():
        yield code(f"{prefix}{name}".upper()), _default(field), prose(field.description or "")


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "(required)"
    if default is None or isinstance(default, SecretStr):
        return ""
    if isinstance(default, bool):
        return code(str(default).lower())
    return code(str(default.value if isinstance(default, Enum) else default)) if default != Path() else ""
