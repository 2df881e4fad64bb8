import pytest
from django.db import OperationalError

from errorkit.delivery.deadlocks import TRIES, again_after_deadlock


class State(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def failure(number: int = 0, sqlstate: str = "") -> OperationalError:
    error = OperationalError(number, "Deadlock found when trying to get lock")
    error.__cause__ = State(sqlstate)
    return error


class Bank:
    """Fails as planned, then works."""

    def __init__(self, *plan: OperationalError) -> None:
        self.plan = list(plan)
        self.calls = 0

    def take(self, amount: int) -> int:
        self.calls += 1
        if self.plan:
            raise self.plan.pop(0)
        return amount


@pytest.mark.parametrize(
    "error", [failure(1213), failure(sqlstate="40P01"), failure(sqlstate="40001")]
)
def test_transaction_is_done_again_when_it_was_the_victim_of_a_deadlock(
    error: OperationalError,
) -> None:
    bank = Bank(error, error)

    assert again_after_deadlock(bank.take)(7) == 7
    assert bank.calls == 3


@pytest.mark.parametrize("number", [1205, 2006], ids=["lock wait", "server gone"])
def test_error_is_raised_when_it_is_another_one(number: int) -> None:
    bank = Bank(failure(number))

    with pytest.raises(OperationalError):
        again_after_deadlock(bank.take)(7)
    assert bank.calls == 1


def test_error_is_raised_when_the_deadlocks_do_not_end() -> None:
    bank = Bank(*[failure(1213)] * TRIES)

    with pytest.raises(OperationalError):
        again_after_deadlock(bank.take)(7)
    assert bank.calls == TRIES
