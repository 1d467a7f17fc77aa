"""Where the payment database is, as the runbook's environment variables say it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """``DB_*`` of the runbook. Without ``DB_HOST`` the database is the SQLite file ``DB_SQLITE_PATH``."""

    model_config = SettingsConfigDict(env_prefix="DB_", extra="ignore")

    host: str | None = None
    port: int = Field(default=5432, ge=1, le=65535)
    user: str = "payment_service"
    password: SecretStr = SecretStr("")
    password_file: Path | None = Field(
        default=None, description="Read instead of DB_PASSWORD, so that the secret is in no environment."
    )
    name: str = "payment_service"
    sqlite_path: Path = Path("payment-service.db")
    max_connections: int = Field(default=25, ge=1, le=1000)
    max_idle_connections: int = Field(default=5, ge=0, le=1000)

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
