"""The rows that are measured, and the budget of each."""

from dataclasses import dataclass

# What sentry-sdk added on the machine that the budgets were set on: what it adds now tells how fast this one is.
GOOD, FAILING, FAILING_POSTGRESQL, FAILING_ASYNC = 217, 3_077, 3_055, 4_335


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One table row.

    `budget` is in microseconds added to bare Django where sentry-sdk adds `peer`; `share` is the part of sentry-sdk's own addition allowed,
    `cpu_share` that of its processor time, all threads and the digest included.
    """

    title: str
    path: str
    errorkit: str
    budget: float
    peer: float
    share: float | None = None
    cpu_share: float | None = None
    database: str = "sqlite"
    peers: tuple[str, ...] = ("sentry-sdk",)

    @property
    def variants(self) -> list[str]:
        """Return everything measured side by side; `bare-again` is the control."""
        return ["bare", "bare-again", self.errorkit, *self.peers]


ROWS = (
    Row(
        title="good request", path="/good/", errorkit="errorkit", budget=6, peer=GOOD, share=1 / 30
    ),
    Row(
        title="good async request",
        path="/async/good/",
        errorkit="errorkit",
        budget=30,
        peer=GOOD,
        share=1 / 10,
    ),
    Row(
        title="negotiated answer, page not found",
        path="/missing/",
        errorkit="errorkit",
        budget=150,
        peer=GOOD,
    ),
    Row(
        title="failing request, SQLite",
        path="/boom/",
        errorkit="errorkit",
        budget=700,
        peer=FAILING,
        share=1 / 4,
        cpu_share=1 / 3,
        peers=("sentry-sdk", "AdminEmailHandler"),
    ),
    Row(
        title="failing request, PostgreSQL, open connection",
        path="/boom/",
        errorkit="errorkit",
        budget=1100,
        peer=FAILING_POSTGRESQL,
        share=2 / 5,
        cpu_share=1 / 3,
        database="postgresql",
    ),
    Row(
        title="failing async request, PostgreSQL",
        path="/async/boom/",
        errorkit="errorkit",
        budget=1250,
        peer=FAILING_ASYNC,
        share=3 / 10,
        cpu_share=1 / 3,
        database="postgresql",
    ),
    Row(
        title="failing request, report not stored",
        path="/boom/",
        errorkit="errorkit-not-stored",
        budget=400,
        peer=FAILING,
    ),
    Row(
        title="failing request, over the limit",
        path="/boom/",
        errorkit="errorkit-limited",
        budget=250,
        peer=FAILING,
    ),
    Row(
        title="failing request, database down",
        path="/boom/",
        errorkit="errorkit-database-down",
        budget=600,
        peer=FAILING_POSTGRESQL,
        database="postgresql",
    ),
)
