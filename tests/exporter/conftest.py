"""A payment database, and collectors of Elasticsearch, for the tests of more than one file."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from service_command import migrate

from payment_exporter import configuration
from payment_exporter.collectors.elasticsearch import ElasticsearchCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.elasticsearch_reading import Collectors
    from postgres_server import Postgres

_numbers = count(1)


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> Iterator[Postgres]:
    """A payment database to copy."""
    name = "migrated"
    postgres.sql(f"CREATE DATABASE {name}")
    migrated = postgres.named(name)
    migrate(migrated.environment)
    yield migrated
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres: Postgres, migrated: Postgres) -> Iterator[Postgres]:
    """A payment database of one's own."""
    name = f"payments_{next(_numbers)}"
    postgres.sql(f"CREATE DATABASE {name} TEMPLATE {migrated.environment['DB_NAME']}")
    yield postgres.named(name)
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def collectors() -> Iterator[Collectors]:
    """Make collectors of Elasticsearch, which are closed at the end."""
    made: list[ElasticsearchCollector] = []

    def make(*urls: str, timeout: float = 30, **settings: Any) -> ElasticsearchCollector:
        made.append(ElasticsearchCollector(configuration.Elasticsearch(urls=urls, **settings), timeout))
        return made[-1]

    yield make
    for collector in made:
        collector.close()
