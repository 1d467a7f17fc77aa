"""Settings of the service: the runbook's environment variables."""

from __future__ import annotations

from pathlib import Path

from limits import parse
from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from payment_catalog.errors import ForeseenError


class ConfigurationError(ForeseenError):
    """An environment variable that is missing or wrong."""


class ServiceSettings(BaseSettings):
    """Read from the environment, once."""

    model_config = SettingsConfigDict(extra="ignore")

    fiuu_base_url: HttpUrl
    fiuu_merchant_id: str = Field(min_length=1)
    fiuu_verify_key: SecretStr = SecretStr("")
    fiuu_verify_key_file: Path | None = None
    fiuu_timeout_seconds: float = Field(default=5, gt=0, le=60)
    redis_host: str | None = None
    redis_port: int = Field(default=6379, ge=1, le=65535)
    rate_limit: str = "100/second"
    payment_api_keys_file: Path | None = None

    @field_validator("rate_limit")
    @classmethod
    def _rate_limit_is_readable(cls, text: str) -> str:
        parse(text)
        return text

    def read_verify_key(self) -> str:
        """Return the key that signs requests to the gateway; raises ConfigurationError."""
        if self.fiuu_verify_key_file is None:
            return self.fiuu_verify_key.get_secret_value()
        return read_secret("FIUU_VERIFY_KEY_FILE", self.fiuu_verify_key_file)


def read_settings() -> ServiceSettings:
    """Return the settings of the environment; raises ConfigurationError, which names the variable."""
    try:
        return ServiceSettings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise ConfigurationError(f"{str(first['loc'][0]).upper()}: {first['msg'].lower()}") from None


def read_secret(variable: str, file: Path) -> str:
    """Return the content of a secret's file; raises ConfigurationError."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{variable}: {file}: {error.strerror}") from None
