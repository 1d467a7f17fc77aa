"""From when on a figure is far from usual. The shares of payments and revenue are settings, see ``ThresholdKey``."""

from __future__ import annotations

from datetime import timedelta

#: Payments that are usual in the window, of which a fall is told. If chance brings 30 on average, it brings fewer than
#: 9, the default limit of 30 %, twice in a million windows (Poisson).
FEWEST_USUAL = 30
#: Succeeded payments of one method that are usual in the window. If chance brings 20, it brings fewer than 2 once in
#: 20 million windows; a method of a busy shop falls to next to nothing only when it is down.
FEWEST_OF_METHOD = 20
#: Share of the usual payments below which a method is down. Not none: a few may end that were begun before.
METHOD_DOWN_SHARE = 0.1
#: How many times the usual revenue of an hour is a surge. Paydays bring twice as much, sen taken for ringgit a hundred
#: times.
SURGE = 3
#: Points of the share of failures above the usual one. Of 30 payments, of which one in ten usually fails, chance lets
#: 11 or more fail once in 10,000 windows.
METHOD_FAILING_POINTS = 0.25
#: Points of all payments for a reason on our side. It usually is near nothing.
OUR_REASON_POINTS = 0.05
#: Points of all payments for a reason on the customer's side. It swings with who buys what.
CUSTOMERS_REASON_POINTS = 0.15
#: Failures for one reason that are worth telling of.
FEWEST_FAILURES = 10

#: When the exporter comes back from an outage, the window of 30 m fills again from nothing and holds 30 % after 9 m.
PENDING = timedelta(minutes=15)
#: Payments of which those of half an hour before are known need not wait for that: this outlasts a scrape or two.
VOLUME_PENDING = timedelta(minutes=1)
#: The same for the window of an hour, which takes 18 m.
REVENUE_PENDING = timedelta(minutes=30)
