"""Where the payment database is, as the runbook's environment variables say it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """``DB_*`` of the runbook. Without ``DB_HOST`` the database is the SQLite file ``DB_SQLITE_PATH``."""

    model_config = SettingsConfigDict(env_prefix="DB_", extra="ignore", use_attribute_docstrings=True)

    host: str | None = None
    """The PostgreSQL server; without it the database is the file ``DB_SQLITE_PATH``."""
    port: int = Field(default=5432, ge=1, le=65535)
    """Its port."""
    user: str = "payment_service"
    """Its account."""
    password: SecretStr = SecretStr("")
    """The account's password."""
    password_file: Path | None = None
    """File that is read instead of ``DB_PASSWORD``, so that the secret is in no environment."""
    name: str = "payment_service"
    """The database."""
    sqlite_path: Path = Path("payment-service.db")
    """The file where no server is named."""
    max_connections: int = Field(default=25, ge=1, le=1000)
    """The most that the pool of each process opens."""
    max_idle_connections: int = Field(default=5, ge=0, le=1000)
    """How many of them stay open without work."""

    @property
    def is_postgresql(self) -> bool:
        """Whether a PostgreSQL server is addressed."""
        return self.host is not None

    def read_password(self) -> str:
        """Return the password; raises OSError or ValueError where ``DB_PASSWORD_FILE`` cannot be read."""
        if self.password_file is not None:
            try:
                return self.password_file.read_text(encoding="utf-8").strip()
            except UnicodeDecodeError:  # its message has a byte of the secret
                raise ValueError(f"{self.password_file}: not UTF-8 text") from None
        return self.password.get_secret_value()
