"""Alerts that follow from others, by what a customer notices."""

from __future__ import annotations

#: Requests are answered with errors.
ERRORS = frozenset({"ErrorRateHigh", "ErrorRateCritical", "AvailabilityErrorBudgetBurnFast"})
#: Payments fail, and are fewer.
FAILED_PAYMENTS = frozenset({"PaymentSuccessRateCritical", "PaymentSuccessErrorBudgetBurnFast", "NoPaymentProcessed"})
#: Answers take long.
SLOWNESS = frozenset({"ApiLatencyHigh", "ApiLatencyCritical", "LatencyErrorBudgetBurnFast"})
#: Operations at the gateway whose outcome is not known.
OPEN_OPERATIONS = frozenset({"GatewayOperationsPileUp"})
