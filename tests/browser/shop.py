"""What a shop's database holds after a month, for looking at: run by the site itself, `fill()` once."""

import random
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from errorkit.admin.settings_pages import SettingsAdmin
from errorkit.incidents.feedback import leave_feedback
from errorkit.models import (
    Alert,
    ContactMethod,
    Deploy,
    EscalationPolicy,
    EscalationStep,
    HourlyCount,
    HourlyTotal,
    Incident,
    Layer,
    LayerMember,
    Route,
    Schedule,
    Silence,
)
from errorkit.oncall.feeds import make_feed
from tests.admin.hostile import CORPUS, make_rows
from tests.factories import (
    make_activity,
    make_delivery,
    make_exception,
    make_frame,
    make_incident,
    make_library_frame,
    make_light_report,
    make_occurrence,
    make_report,
    make_request,
    make_sweep,
)

LISTED = ("incident", "occurrence", "delivery", "deploy")
LONG = "VeryLongExceptionNameThatNobodyWouldEverWriteButSomebodyAlwaysDoes"
TITLES = (
    ("PaymentError: The card was not charged", "shop.payments in charge", "open", 502),
    ("ZeroDivisionError: division by zero", "shop.views in checkout", "open", 500),
    (f"{LONG}: {'a message without any space'.replace(' ', '_') * 6}", "x" * 200, "open", 500),
    ("OperationalError: connection refused", "shop.stock in reserve", "acknowledged", 503),
    ("KeyError: 'voucher'", "shop.vouchers.rules.percentages in apply_to_basket", "open", 500),
    ("TimeoutError", "shop.tasks in send_receipt", "resolved", None),
    ("PermissionError: /srv/media", "shop.media in store", "ignored", 500),
    *(
        (f"ValueError: shelf {number} is empty", "shop.shelves in refill", "open", 500)
        for number in range(1, 8)
    ),
)


def fill() -> None:
    """Store people, incidents with a past, an on-call rota, and one set of rows with hostile text."""
    admin = get_user_model().objects.create_superuser("admin", "admin@example.com", "admin")
    get_user_model().objects.create_user("ada", pk=7)
    now = timezone.now()
    make_sweep()
    for days, release in ((20, "1.3.0"), (9, "1.4.0"), (2, "1.4.2")):
        Deploy.objects.create(
            release=release, environment="production", at=now - timedelta(days=days)
        )
    first, *others = TITLES
    _fill_well(_add_incident(*first), admin)
    for title in others:
        _add_incident(*title)
    _fill_totals(now)
    _fill_oncall(admin)


def fill_hostile() -> list[str]:
    """Store rows for each hostile text; return the addresses of all pages that show them."""
    rows = [row for text in CORPUS.values() for row in make_rows(text)]
    lists = [reverse(f"admin:errorkit_{name}_changelist") for name in LISTED]
    return [
        *(reverse(f"admin:errorkit_{row._meta.model_name}_change", args=[row.pk]) for row in rows),
        *lists,
        f"{lists[0]}?status=all",
        f"{lists[0]}?{urlencode({'q': CORPUS['attribute']})}",
        reverse("admin:errorkit_overview"),
    ]


def _add_incident(title: str, location: str, status: str, code: int | None) -> Incident:
    now = timezone.now()
    chance = random.Random(title)
    report = make_report(
        title=title[:255],
        location=location,
        status=code,
        kind="request" if code else "task",
        exceptions=_chain(title),
        request=_request() if code else None,
        context=CONTEXT,
        release="1.4.2",
        server="web-2.example.com",
    )
    incident = make_incident(
        report=report,
        occurrences=8,
        status=status,
        status_code=code,
        times_seen=chance.randint(9, 60_000),
    )
    backs = {*chance.sample(range(24 * 29), k=90), 0, 1, 3, 4, 5, 9}
    newest = now.replace(minute=0, second=0, microsecond=0)
    HourlyCount.objects.bulk_create(
        HourlyCount(
            incident=incident, hour=newest - timedelta(hours=back), count=chance.randint(1, 40)
        )
        for back in backs
    )
    return incident


CONTEXT = {
    "machine": {"process": 4711, "threads": 9, "load": 0.42, "disk_free": 51_000_000_000},
    "basket": {"size": 0, "items": []},
    "log": [
        "12:00:01.120 INFO shop.stock: 3 loaves reserved",
        "12:00:01.480 WARNING urllib3.connectionpool: Retrying after connection broken by a reset by peer",
    ],
}


def _request():
    return make_request(
        path="/api/v2/customers/8b1d0d6e-1f0b-4bd7-9c44-0d6a1f6f4b1c/baskets/current/checkout/confirmation/",
        query="step=2&voucher=SUMMER",
        headers={
            "Accept": "text/html",
            "Cookie": "[scrubbed]",
            "User-Agent": "Mozilla/5.0 " + "x" * 160,
        },
        body={"card": "[scrubbed]", "amount": "18.40"},
    )


def _chain(title: str):
    kind, _colon, message = title.partition(": ")
    source = {
        "lineno": 31,
        "filename": "shop/payments.py",
        "function": "charge",
        "pre_context": (
            "def charge(basket: Basket, card: Card) -> Receipt:",
            '    """Take the money, three times at most."""',
            "    try:",
            "        answer = bank.take(card, basket.total)  # the bank is slow on Mondays",
            "    except TimeoutError as error:",
        ),
        "context_line": '        raise PaymentError(f"The card was not charged: {basket.total:.2f}") from error',
        "post_context": ('    return Receipt(answer["id"], total=basket.total, paid=True)',),
        "locals": {
            "basket": "<Basket: 3 loaves, 18.40 EUR>",
            "card": "[scrubbed]",
            "self": "<Bank at " + "0" * 300 + ">",
        },
    }
    return (
        make_exception(
            type=kind,
            module="shop.payments",
            message=message,
            notes=("The third of three attempts.",),
            frames=(
                make_library_frame(),
                make_library_frame(function="inner"),
                make_frame(),
                make_frame(**source),
            ),
        ),
        make_exception(
            type="TimeoutError",
            message="The bank did not answer within 5 seconds.",
            relation="cause",
            parent=0,
            frames=(
                make_frame(function="take", filename="shop/bank.py"),
                make_library_frame(function="recv_into"),
            ),
        ),
    )


def _fill_well(incident: Incident, admin) -> None:
    """Give an incident everything that its page can show."""
    make_occurrence(incident=incident, report=make_light_report())
    make_activity(incident)
    make_activity(incident, kind="assigned", actor_label="admin", text="grace")
    make_activity(
        incident,
        kind="commented",
        actor_label="grace",
        text="The bank says it is us.\nLooking at the pool.",
    )
    make_delivery(
        incident,
        tries=3,
        status="dead",
        channel="sentry",
        finished_at=timezone.now(),
        last_error="Service Unavailable",
    )
    make_delivery(
        incident,
        status="accepted",
        channel="oncall",
        purpose="alert",
        finished_at=timezone.now(),
        upstream_id="0198c0de",
    )
    leave_feedback(
        incident.last_full_id,
        text="I pressed pay twice and was asked to wait.",
        email="eve@example.com",
    )
    Alert.objects.create(incident=incident, transition="opened", policy="Web first")
    Incident.objects.filter(pk=incident.pk).update(owner_id=str(admin.pk), owner_label="admin")


def _fill_totals(now: datetime) -> None:
    chance = random.Random(1)
    newest = now.replace(minute=0, second=0, microsecond=0)
    HourlyTotal.objects.bulk_create(
        HourlyTotal(
            hour=newest - timedelta(hours=back),
            environment=environment,
            status_code=code,
            count=chance.randint(1, most),
        )
        for environment, most in (("production", 40), ("staging", 5))
        for code in (500, 502, 503, 0)
        for back in range(0, 24 * 29, 3 if code == 500 else 7)
    )


def _fill_oncall(admin) -> None:
    schedule = Schedule.objects.create(name="Web", zone="Europe/Berlin")
    layer = Layer.objects.create(schedule=schedule, starts_on=date(2026, 1, 5), handoff_at=time(9))
    for position, label in enumerate(("admin", "grace", "a-person-with-quite-a-long-name")):
        LayerMember.objects.create(
            layer=layer, position=position, user_id=str(admin.pk), label=label
        )
    policy = EscalationPolicy.objects.create(name="Web first")
    EscalationStep.objects.create(policy=policy, schedule=schedule)
    Route.objects.create(name="Everything", policy=policy)
    Silence.objects.create(
        ends_at=timezone.now() + timedelta(hours=2),
        reason="The bank is being moved",
        author_label="grace",
    )
    make_feed(str(admin.pk), "admin")
    ContactMethod.objects.create(
        user_id=str(admin.pk), label="admin", channel="oncall", address="admin@example.com"
    )


def pages() -> dict[str, str]:
    """Return the address of every page of errorkit in the admin that can be read, by name; of rows that of the first one."""
    found = {"overview": reverse("admin:errorkit_overview")}
    for model, page in site._registry.items():
        if model._meta.app_label != "errorkit":
            continue
        name = model._meta.model_name
        found[f"{name} list"] = reverse(f"admin:errorkit_{name}_changelist")
        row = model._default_manager.order_by("pk").first()
        found[f"{name} page"] = reverse(f"admin:errorkit_{name}_change", args=[row.pk])
        if issubclass(page.__class__, SettingsAdmin):
            found[f"{name} form"] = reverse(f"admin:errorkit_{name}_add")
    schedule = Schedule.objects.first()
    found["calendar"] = reverse("admin:errorkit_schedule_calendar", args=[schedule.pk])
    found["channels"] = reverse("admin:errorkit_delivery_channels")
    found["preview"] = reverse("errorkit:preview")
    return found
