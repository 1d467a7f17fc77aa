"""Schema changes, run by Alembic inside the service's own engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine


#: What every command that needs the newest schema says of another one.
NOT_CURRENT = "the database schema is not current; run 'payment-service migrate up'"


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Revision of the database (``None``: no schema yet) and the newest one."""

    current: str | None
    newest: str

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do."""
        return self.current == self.newest


async def migrate_up(engine: AsyncEngine) -> None:
    """Bring the schema to the newest revision, in one transaction where the database can."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def schema_status(engine: AsyncEngine) -> SchemaStatus:
    """Return where the schema is."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    async with engine.connect() as connection:
        current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return SchemaStatus(current, newest or "")


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
