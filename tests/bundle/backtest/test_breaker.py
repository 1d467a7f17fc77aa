import numpy as np
from numpy.typing import NDArray

from payment_bundle.backtest.areas.breaker import guard
from payment_bundle.backtest.areas.settlement import settled
from payment_service.gateway.client import BREAKER_SECONDS, BREAKER_THRESHOLD

MINUTE = 60


def calls(moments: int, number: int) -> NDArray[np.int64]:
    return np.full(moments, number, dtype=np.int64)


def failing(*shares: float) -> NDArray[np.float64]:
    return np.repeat(np.array(shares, dtype=np.float64), 10)


def test_it_opens_after_failures_in_a_row_and_then_refuses_all_but_one_call_in_a_while() -> None:
    found = guard(calls(20, 600), failing(0, 1), MINUTE, np.random.default_rng(1))
    assert found.state.tolist() == [0] * 10 + [1] * 10
    assert found.failed[:10].sum() == found.refused[:10].sum() == 0
    assert found.failed[10] >= BREAKER_THRESHOLD
    assert np.all(found.failed[11:] <= MINUTE / BREAKER_SECONDS + 1)
    np.testing.assert_array_equal(found.failed + found.refused, np.where(np.arange(20) < 10, 0, 600))


def test_it_closes_again_with_the_first_call_that_succeeds() -> None:
    found = guard(calls(20, 600), failing(1, 0), MINUTE, np.random.default_rng(1))
    assert found.state.tolist() == [1] * 10 + [0] * 10
    assert 0 < found.refused[10] <= 600 * BREAKER_SECONDS / MINUTE
    assert found.refused[11:].sum() == found.failed[11:].sum() == 0


def test_without_calls_nobody_notices_that_the_gateway_is_down() -> None:
    found = guard(calls(10, 0), failing(1), MINUTE, np.random.default_rng(1))
    assert found.state.sum() == found.failed.sum() == found.refused.sum() == 0


def test_few_failures_leave_it_closed() -> None:
    found = guard(calls(10, 600), failing(0.01), MINUTE, np.random.default_rng(1))
    assert found.state.sum() == 0
    assert 20 < found.failed.sum() < 120


def test_unknown_outcomes_are_found_out_once_the_gateway_answers_questions() -> None:
    unknown = np.array([4, 0, 3, 0, 0, 0])
    answered = np.array([1, 1, 0, 0, 0, 1.0])
    found = settled(unknown, answered, MINUTE, np.random.default_rng(1))
    assert found.tolist() == [0, 4, 0, 0, 0, 3]
