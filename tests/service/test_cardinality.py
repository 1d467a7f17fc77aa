"""The sizes that the catalogue gives to routes and status codes are the service's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from payment_catalog.cardinality import exactly, series_of, values_of
from payment_catalog.http_metrics import CLIENT_CLOSED_REQUEST, CODE, METHOD, OTHER_CODE, ROUTE, UNMATCHED_ROUTE
from payment_catalog.service_metrics import GATEWAY_REQUEST_DURATION, GATEWAY_REQUESTS, PAYMENTS, SECURITY_EVENTS
from payment_service.api import callbacks, operations, payments, refunds
from payment_service.instrumentation.middleware import PROBES
from payment_service.metrics import ServiceMetrics

if TYPE_CHECKING:
    from service.conftest import Play, Service

    from payment_catalog.metric import Metric

ROUTERS = (operations.router, payments.router, refunds.router, callbacks.router)
OPERATIONS = [
    route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute) and route.path not in PROBES
]


def test_routes_are_those_of_the_api_its_documentation_and_unmatched(play: Play) -> None:
    async def scenario(service: Service) -> None:
        known = {getattr(route, "path", None) for route in service.app.routes} - {None}
        documentation = {path for path in known if path.startswith(("/docs", "/redoc", "/openapi"))}
        api = {route.path for route in OPERATIONS}
        assert values_of(ROUTE).most == len(api | documentation | {UNMATCHED_ROUTE})

    play(scenario)


def test_a_usual_day_has_each_operation_and_unmatched_paths() -> None:
    pairs = sum(len(route.methods) for route in OPERATIONS)
    usual = values_of(METHOD).usual
    assert usual * values_of(ROUTE).usual == pairs + usual


def test_codes_are_those_that_the_api_documents_and_the_frameworks(play: Play) -> None:
    async def scenario(service: Service) -> None:
        documented = {
            code
            for path in service.app.openapi()["paths"].values()
            for operation in path.values()
            for code in operation["responses"]
        }
        framework = {"200", "307", "404", "405", str(CLIENT_CLOSED_REQUEST), OTHER_CODE}
        assert values_of(CODE).most == len(documented | framework)

    play(scenario)


@pytest.mark.parametrize("metric", [GATEWAY_REQUESTS, GATEWAY_REQUEST_DURATION, SECURITY_EVENTS, PAYMENTS])
def test_series_that_exist_from_the_start_are_counted_exactly(metric: Metric) -> None:
    registry = CollectorRegistry()
    ServiceMetrics(registry)
    samples = (sample.name for family in registry.collect() for sample in family.samples)
    assert exactly(sum(name in metric.series_names for name in samples)) == series_of(metric)
