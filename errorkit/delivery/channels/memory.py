"""A channel that keeps what it is given: the test double."""

from typing import ClassVar

from errorkit.delivery.channels.base import Channel, DeliveryContext, Outcome, Result
from errorkit.reports.report import Report


class MemoryChannel(Channel):
    """Keep what was sent in `sent[alias]`, shared by all instances of the process.

    `outcomes[alias]` holds outcomes, or exceptions to raise, for the next tries; after them everything is accepted. OPTIONS: `FORWARDS`
    (default True).
    """

    sent: ClassVar[dict[str, list[tuple[Report, DeliveryContext]]]] = {}
    outcomes: ClassVar[dict[str, list[Outcome | Exception]]] = {}

    def __init__(self, alias: str, *, forwards: bool = True) -> None:
        super().__init__(alias)
        self.forwards = forwards

    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """Return the outcome that the test has prepared, else accept."""
        prepared = self.outcomes.get(self.alias)
        outcome = prepared.pop(0) if prepared else Outcome(result=Result.ACCEPTED)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome.result is Result.ACCEPTED:
            self.sent.setdefault(self.alias, []).append((report, context))
        return outcome

    @classmethod
    def clear(cls) -> None:
        """Forget everything."""
        cls.sent.clear()
        cls.outcomes.clear()
