"""Load on a site, and the ledger of what its clients were shown."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.processes import wait_until
from tests.sites import Site


@dataclass(slots=True)
class Ledger:
    """What the clients saw. Times are in seconds."""

    references: list[str] = field(default_factory=list)
    without: int = 0
    refused: int = 0
    slowest: float = 0.0
    # While it is set, nobody asks.
    halt: threading.Event = field(default_factory=threading.Event)

    @property
    def answers(self) -> int:
        return len(self.references) + self.without

    @property
    def mostly_shown(self) -> bool:
        """Whether nearly all answers showed a reference: a machine that forgets a process for half a second lets a few go without, honestly."""
        return self.without <= self.answers / 20


# A connection that idles for longer is not used again: the server may be closing it at that very moment.
IDLE_SECONDS = 1.0  # gunicorn's keep-alive is 2 seconds


class Clients:
    """Threads that ask for failing pages until they are told to stop; a server that is gone is asked again."""

    def __init__(self, url: str, paths: list[str], count: int) -> None:
        self.ledger = Ledger()
        self._url, self._paths = url, paths
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(count)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> Ledger:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.ledger

    def _run(self, number: int) -> None:
        with httpx.Client(
            base_url=self._url,
            trust_env=False,
            verify=False,
            timeout=30,
            limits=httpx.Limits(keepalive_expiry=IDLE_SECONDS),
            headers={"Accept": "application/json"},
        ) as client:
            while not self._stop.is_set():
                if self.ledger.halt.is_set():
                    time.sleep(0.02)
                    continue
                number += 1
                started = time.monotonic()
                try:
                    answer = client.get(self._paths[number % len(self._paths)])
                except httpx.TransportError:
                    with self._lock:
                        self.ledger.refused += 1
                    time.sleep(0.02)
                    continue
                self._note(answer, time.monotonic() - started)

    def _note(self, answer: httpx.Response, seconds: float) -> None:
        assert answer.status_code == 500, answer.text
        reference = answer.json().get("reference")
        with self._lock:
            self.ledger.slowest = max(self.ledger.slowest, seconds)
            if reference:
                self.ledger.references.append(reference)
            else:
                self.ledger.without += 1


@contextmanager
def load(url: str, *paths: str, clients: int = 8) -> Iterator[Ledger]:
    """Ask for failing pages while the block runs; yields the ledger."""
    asking = Clients(url, list(paths), clients)
    asking.start()
    try:
        yield asking.ledger
    finally:
        asking.stop()


def all_found(site: Site, ledger: Ledger) -> None:
    """Wait until every reference is in the database, once, and counted."""
    wanted = set(ledger.references)
    assert len(wanted) == len(ledger.references)

    state: list[int] = []

    def stored() -> bool:
        state[:] = site.evaluate(
            "[Occurrence.objects.count(), Occurrence.objects.filter(incident=None).count()]"
        )
        # More may be stored than was shown: of clients that were cut off.
        return state[0] >= len(wanted) and state[1] == 0 and not wanted - set(_known(site))

    try:
        wait_until(stored, 90)
    except AssertionError as error:
        status = site.manage("errorkit_status", check=False)
        missing = len(wanted - set(_known(site)))
        raise AssertionError(
            f"{len(wanted)} shown, {missing} missing, [stored, undigested] {state}\n"
            f"{status}{site.output()[-3000:]}"
        ) from error
    known = _known(site)
    assert len(known) == len(set(known))
    counted = site.evaluate("sum(Incident.objects.values_list('times_seen', flat=True))")
    assert counted == len(known)


def _known(site: Site) -> list[str]:
    return list(site.evaluate("list(Occurrence.objects.values_list('reference', flat=True))"))
