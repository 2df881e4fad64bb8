"""The contract of a channel: a Report and options go in, an Outcome comes out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.checks import CheckMessage

from errorkit.reports.report import Report

LONGEST_TRY = 12.0  # seconds after which a try is cut off


class Result(StrEnum):
    """What became of one try.

    `limited` costs no attempt and parks the channel; `temporary` is tried again; `permanent` is not; `too_large` is tried again with less
    in it; `skipped` means that the channel decided not to send.
    """

    ACCEPTED = "accepted"
    LIMITED = "limited"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    TOO_LARGE = "too_large"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one try. `park_seconds` keeps all workers away from the channel, whatever the result was."""

    result: Result
    detail: str = ""
    status_code: int | None = None
    park_seconds: float = 0.0
    upstream_id: str = ""
    upstream_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """What a message says about the incident; `url` is empty without BASE_URL. Times are aware."""

    id: int
    title: str
    location: str
    level: str
    environment: str
    status: str
    generation: int
    times_seen: int
    times_light: int
    first_seen: datetime
    last_seen: datetime
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The words of a message that is about no single incident. `facts` are labels and values.

    `kind` is what it is: digest, handoff, gap, test, code.
    """

    subject: str
    kind: str = "notice"
    facts: tuple[tuple[str, str], ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryContext:
    """Why this is sent and which try it is.

    `key` is the same on every try: what a receiver needs to recognise a repeat. `trim` grows by one each time the channel said that the
    message was too large. `light_before` occurrences were counted without a report of their own since the last one sent. `thread` is the
    upstream id of the first message about the incident here, for a channel that follows. `generation` is that of the incident when this was
    owed. `address` is the recipient's, where one person is meant. `acknowledge_url` is secret: whoever has it can acknowledge. With a `notice`
    the report is only a frame for it.
    """

    key: str
    alias: str
    purpose: str
    transition: str = ""
    attempt: int = 1
    trim: int = 0
    light_before: int = 0
    generation: int = 1
    thread: str = ""
    incident: IncidentFacts | None = None
    address: str = ""
    acknowledge_url: str = ""
    notice: Notice | None = None


class Channel(ABC):
    """A configured place to send to. Built once per process from OPTIONS, whose names in lower case are the constructor's.

    `forwards`: every full occurrence goes here; otherwise only what is addressed to the channel by alias. `max_trim` is how often a message
    can be made smaller. `follows`: what people do about an incident goes here as well, where its alert went. `reads_notices`: people read
    here, so digests and notices may come as well. `secrets` are masked in every text that is stored or logged. A constructor must not
    connect, and raises ValueError for an option that it cannot use.
    """

    forwards: bool = False
    follows: bool = False
    max_trim: int = 0
    reads_notices: bool = True
    secrets: tuple[str, ...] = ()

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def check(self) -> list[CheckMessage]:
        """Return what the system check should say about the options."""
        return []

    def problem_with(self, address: str) -> str | None:
        """Return what is wrong with the address of a contact method that somebody has typed, None if nothing is; it may be empty."""
        return None

    @abstractmethod
    def send(self, report: Report, context: DeliveryContext) -> Outcome:
        """Try once, within about 10 seconds.

        What is raised counts as a temporary failure. No text of an outcome may carry a secret.
        """
