"""Settings of the service: the runbook's environment variables."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeVar

from limits import parse
from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from payment_catalog.errors import ForeseenError
from payment_service.gateway.messages import Credentials

#: A request to the gateway is sent at most that often, with less than this many seconds of waiting in all.
GATEWAY_ATTEMPTS = 3
GATEWAY_PAUSES = 5.0


_S = TypeVar("_S", bound=BaseSettings)


class ConfigurationError(ForeseenError):
    """An environment variable that is missing or wrong."""


class WithoutStorage(StrEnum):
    """What the rate limiter does with a request while Redis is down."""

    ALLOW = "allow"
    REJECT = "reject"


class AccountSettings(BaseSettings):
    """The merchant's account at Fiuu. Secrets are read from files where one is named."""

    model_config = SettingsConfigDict(extra="ignore", use_attribute_docstrings=True)

    fiuu_merchant_id: str = Field(min_length=1)
    """The account at Fiuu."""
    fiuu_verify_key: SecretStr = SecretStr("")
    """Signs requests."""
    fiuu_verify_key_file: Path | None = None
    """File that is read instead of ``FIUU_VERIFY_KEY``."""
    fiuu_secret_key: SecretStr = SecretStr("")
    """Answers and callbacks are checked with it."""
    fiuu_secret_key_file: Path | None = None
    """File that is read instead of ``FIUU_SECRET_KEY``."""

    def read_credentials(self) -> Credentials:
        """Return the account; raises ConfigurationError."""
        return Credentials(
            self.fiuu_merchant_id,
            _secret("FIUU_VERIFY_KEY", self.fiuu_verify_key, self.fiuu_verify_key_file),
            _secret("FIUU_SECRET_KEY", self.fiuu_secret_key, self.fiuu_secret_key_file),
        )


class ServiceSettings(AccountSettings):
    """Read from the environment, once."""

    fiuu_base_url: HttpUrl
    """The gateway."""
    fiuu_timeout_seconds: float = Field(default=5, gt=0, le=60)
    """For a whole answer of the gateway."""
    fiuu_callback_url: HttpUrl | None = None
    """Where Fiuu reaches ``/fiuu/callback``."""
    fiuu_settle_seconds: float = Field(default=60, ge=0, le=3600)
    """An order that the gateway does not know after this time never was."""
    redis_host: str | None = None
    """Where rate limits are counted; without it, in the memory of each process."""
    redis_port: int = Field(default=6379, ge=1, le=65535)
    """Its port."""
    rate_limit: str = "100/second"
    """Requests of each merchant."""
    rate_limit_without_redis: WithoutStorage = WithoutStorage.ALLOW
    """While Redis is away: ``allow`` or ``reject``; ``rate_limit_requests_total`` shows ``unchecked_…``."""
    payment_api_keys_file: Path | None = None
    """Lines of ``payment-service keys new``: merchant, SHA-256 of the key, scopes."""
    payment_reconcile: bool = True
    """Find out unknown outcomes beside serving; else ``payment-service worker`` does."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least level that is logged."""
    debug_port: int = Field(default=6060, ge=0, le=65535)
    """Profiles, on 127.0.0.1 only; 0 turns them off."""

    @field_validator("rate_limit")
    @classmethod
    def _rate_limit_is_readable(cls, text: str) -> str:
        parse(text)
        return text

    @property
    def gateway_limit(self) -> timedelta:
        """Longest time that one operation at the gateway can take, retries included."""
        return timedelta(seconds=self.fiuu_timeout_seconds * GATEWAY_ATTEMPTS + GATEWAY_PAUSES)

    @property
    def settle_after(self) -> timedelta:
        """Age from which the gateway's "unknown" means that an order never reached it."""
        return max(timedelta(seconds=self.fiuu_settle_seconds), self.gateway_limit)


def read_environment(kind: type[_S]) -> _S:
    """Return the settings of the environment; raises ConfigurationError, which names the variable."""
    try:
        return kind()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = f"{kind.model_config.get('env_prefix', '')}{first['loc'][0]}".upper()
        raise ConfigurationError(f"{name}: {first['msg'].lower()}") from None


def read_secret(variable: str, file: Path) -> str:
    """Return the content of a secret's file; raises ConfigurationError."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError(f"{variable}: {file}: {reason}") from None


def _secret(variable: str, value: SecretStr, file: Path | None) -> str:
    secret = value.get_secret_value() if file is None else read_secret(f"{variable}_FILE", file)
    if not secret:
        raise ConfigurationError(f"{variable} or {variable}_FILE is needed: Fiuu's answers are checked with it")
    return secret
