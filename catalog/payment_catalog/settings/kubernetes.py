"""How much of the service runs in Kubernetes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from payment_catalog.settings.section import Section, UnsoundError
from payment_catalog.settings.texts import Merchant, Name, Network, Role, Target, Url


class Kubernetes(Section):
    """How much of the service runs in Kubernetes, and what it is connected to there."""

    replicas: int = Field(default=3, ge=1, le=100)
    """Pods of the service at least; an environment that wakes nobody has one."""
    most_replicas: int = Field(default=5, ge=1, le=100)
    """Pods of the service at most, when its processors are busy; each has up to 25 connections to the database."""
    database: Target = "postgres:5432"
    """``host:port`` of PostgreSQL, as a pod reaches it."""
    database_name: Role = "payment_service"
    """Name of the database."""
    database_user: Role = "payment_service"
    """Its user; checking backups needs the right CREATEDB."""
    redis: Target = "redis:6379"
    """``host:port`` of Redis, as a pod reaches it."""
    gateway: Url = "https://pay.fiuu.com"
    """The payment gateway, without a path."""
    merchant_id: Merchant = "your-merchant-id"
    """The account there."""
    ingress_namespace: Name = "ingress-nginx"
    """Namespace of the ingress controller, which alone passes requests on to the service."""
    proxies: tuple[Network, ...] = ("10.0.0.0/8",)
    """Networks of proxies, whose ``X-Forwarded-For`` is believed."""

    @model_validator(mode="after")
    def _most_is_most(self) -> Self:
        if self.most_replicas < self.replicas:
            raise UnsoundError(("most_replicas",), "is less than replicas")
        return self
