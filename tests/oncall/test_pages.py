import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from errorkit.admin import PAGES
from errorkit.models import (
    Alert,
    CalendarFeed,
    ContactMethod,
    Delivery,
    EscalationPolicy,
    EscalationStep,
    Incident,
    Layer,
    Override,
    Route,
    Schedule,
    Silence,
)
from errorkit.sweep import sweep
from tests.admin.pages import Markup
from tests.oncall.stored import make_schedule
from tests.oncall.world import (
    World,
    add_way,
    alert_of,
    channel,
    on_call,
    silence,
    user,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*datetimes when time zone support is active")


@pytest.fixture
def staff(site: World, settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.oncall.urls_links"
    user = get_user_model().objects.create_superuser("root", email="root@example.com")
    client = Client()
    client.force_login(user)
    return client


def add_url(model: str) -> str:
    return reverse(f"admin:errorkit_{model}_add")


def url_of(row: Any, page: str = "change") -> str:
    return reverse(f"admin:errorkit_{row._meta.model_name}_{page}", args=[row.pk])


def rows(prefix: str, *forms: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """Return an inline formset as a browser posts it."""
    data: dict[str, Any] = {
        f"{prefix}-TOTAL_FORMS": len(forms),
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }
    for number, form in enumerate(forms):
        data |= {f"{prefix}-{number}-{name}": value for name, value in form.items()}
    return data


def when(moment: Any, prefix: str) -> dict[str, str]:
    return {f"{prefix}_0": f"{moment:%Y-%m-%d}", f"{prefix}_1": f"{moment:%H:%M:%S}"}


LAYER = {
    "position": 1,
    "every": 1,
    "unit": "weeks",
    "starts_on": "2026-01-05",
    "handoff_at": "09:00",
    "weekdays": list("0123456"),
}


def post(client: Client, url: str, data: dict[str, Any]) -> str:
    """Send a form that has to be accepted; return the page that follows."""
    response = client.post(url, data, follow=True)
    page = response.content.decode()
    errors = re.findall(r'class="error(?:list|note)[^>]*>(.*?)</(?:ul|p)>', page, re.DOTALL)
    assert response.redirect_chain, errors
    return page


def save_schedule(client: Client, people: str, url: str = "", **fields: Any) -> Schedule:
    layer = LAYER | {"members": people} | fields.pop("layer", {})
    data = {
        "name": "Web",
        "zone": "Europe/Berlin",
        "handoff_notices": "on",
        **rows("layers", layer, initial=1 if "id" in layer else 0),
        **rows("overrides", *fields.pop("overrides", [])),
        **fields,
    }
    post(client, url or add_url("schedule"), data)
    return Schedule.objects.get()


def test_schedule_is_made_and_shows_who_is_on_call(site: World, staff: Client) -> None:
    site.add_people("ada", "bob")
    schedule = save_schedule(staff, "ada\nbob@example.com")
    members = schedule.layers.get().members.values_list("label", flat=True)
    page = staff.get(reverse("admin:errorkit_schedule_changelist")).content.decode()
    assert list(members) == ["ada", "bob"]
    assert "bob (until Mon 19 Jan 09:00)" in Markup(page).text


def test_new_schedule_begins_in_the_zone_of_the_site(
    site: World, staff: Client, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    form = Markup(staff.get(add_url("schedule")).content.decode())
    chosen = [
        each["value"] for tag, each in form.elements if tag == "option" and "selected" in each
    ]
    assert "Asia/Tokyo" in chosen
    assert ("body", "32400") in [
        (tag, each.get("data-admin-utc-offset")) for tag, each in form.elements
    ]


def test_override_is_made_and_wins(site: World, staff: Client) -> None:
    site.add_people("ada", "bob", "cleo")
    now = timezone.now()
    override = {
        "person": "cleo",
        **when(now, "starts_at"),
        **when(now + timedelta(days=1), "ends_at"),
    }
    schedule = save_schedule(staff, "ada\nbob", overrides=[override])
    made = Override.objects.get()
    assert (made.label, made.created_by, made.schedule) == ("cleo", "root", schedule)
    page = staff.get(reverse("admin:errorkit_schedule_changelist")).content.decode()
    # Typed and shown as it is in Berlin.
    assert made.ends_at == now + timedelta(hours=23)
    assert "cleo (until Thu 15 Jan 12:00)" in Markup(page).text
    form = Markup(staff.get(url_of(schedule)).content.decode())
    [shown] = [each for _, each in form.elements if each.get("name") == "overrides-0-ends_at_1"]
    assert shown["value"] == "12:00:00"


def test_override_is_added_to_a_schedule_that_is_there(site: World, staff: Client) -> None:
    site.add_people("ada", "bob")
    schedule = save_schedule(staff, "ada\nbob")
    now = timezone.now()
    override = {
        "person": "ada",
        **when(now - timedelta(days=1), "starts_at"),
        **when(now + timedelta(days=1), "ends_at"),
    }
    edited = {"id": Layer.objects.get().pk, "schedule": schedule.pk}
    save_schedule(staff, "ada\nbob", url=url_of(schedule), layer=edited, overrides=[override])
    assert Override.objects.get().label == "ada"
    assert staff.get(url_of(schedule)).status_code == 200


def test_nobody_elses_turns_move_when_somebody_is_taken_out(site: World, staff: Client) -> None:
    site.add_people("ada", "bob", "cleo", "dan")
    schedule = save_schedule(staff, "ada\nbob\ncleo")
    layer = Layer.objects.get()
    edited = {"id": layer.pk, "schedule": schedule.pk}
    save_schedule(staff, "ada\ncleo\ndan", url=url_of(schedule), layer=edited)
    kept = [(each.label, each.left_at is None) for each in layer.members.all()]
    assert kept == [("ada", True), ("bob", False), ("cleo", True), ("dan", True)]
    save_schedule(staff, "dan\nada", url=url_of(schedule), layer=edited)
    assert list(layer.members.values_list("label", flat=True)) == ["dan", "ada"]


@pytest.mark.parametrize(
    ("people", "layer", "text"),
    [
        ("nobody", {}, "There is no active user “nobody”."),
        ("ada", {"covers_from": "09:00"}, "Give both ends of the hours, or neither."),
        ("ada", {"every": 0}, "greater than or equal to 1"),
    ],
)
def test_schedule_is_refused_when_it_makes_no_sense(
    site: World, staff: Client, people: str, layer: dict[str, Any], text: str
) -> None:
    site.add_people("ada")
    data = {"name": "Web", "zone": "UTC", **rows("overrides")}
    data |= rows("layers", LAYER | {"members": people} | layer)
    page = staff.post(add_url("schedule"), data).content.decode()
    assert text in Markup(page).text
    assert not Schedule.objects.exists()


def test_list_takes_few_queries_when_there_are_many_schedules(
    site: World, staff: Client, django_assert_max_num_queries: Any
) -> None:
    site.add_people("ada", "bob")
    for number in range(20):
        make_schedule("1", "2", name=f"Team {number}", zone="Mars/Olympus")
    with django_assert_max_num_queries(20):
        page = staff.get(reverse("admin:errorkit_schedule_changelist")).content.decode()
    assert page.count("Mars/Olympus (unknown, so UTC counts)") == 20


def test_calendar_shows_the_month_with_gaps(site: World, staff: Client) -> None:
    site.add_people("ada", "bob")
    schedule = save_schedule(staff, "ada\nbob")
    schedule.layers.update(ends_on="2026-01-26")
    response = staff.get(url_of(schedule, "calendar"))
    text = Markup(response.content.decode()).text
    assert "January 2026" in text
    assert "09:00 bob" in " ".join(text.split())
    assert "nobody" in text
    # Red is what can still be filled: the days before the rota began are over.
    assert response.content.count(b'class="ek-gap"') == 7
    following = staff.get(url_of(schedule, "calendar") + "?month=2026-02").content.decode()
    assert "<h1>Web: February 2026</h1>" in following
    assert 'href="?month=2026-03" rel="next"' in following


@pytest.mark.parametrize("month", ["0000-01", "9999-12", "x", "2026-13", "1970-01"])
def test_calendar_shows_this_month_when_the_address_names_none(
    site: World, staff: Client, month: str
) -> None:
    page = staff.get(url_of(site.add_schedule("ada"), "calendar") + f"?month={month}")
    assert "January 2026" in page.content.decode()


def test_policy_is_made_with_each_kind_of_step(site: World, staff: Client) -> None:
    schedule = site.add_schedule("ada")
    steps = [
        {"position": 1, "target": "schedule", "schedule": schedule.pk, "wait_minutes": 5},
        {"position": 2, "target": "user", "who": "ada", "wait_minutes": 5},
        {"position": 3, "target": "channel", "who": "oncall", "wait_minutes": 5},
    ]
    data = {
        "name": "Default",
        "group_wait": 30,
        "repeats": 1,
        "repeat_minutes": 240,
        "acknowledge_minutes": 240,
        **rows("steps", *steps),
    }
    post(staff, add_url("escalationpolicy"), data)
    ada = get_user_model().objects.get(username="ada")
    assert list(EscalationStep.objects.values_list("target", "schedule", "target_id")) == [
        ("schedule", schedule.pk, ""),
        ("user", None, str(ada.pk)),
        ("channel", None, "oncall"),
    ]
    assert staff.get(url_of(EscalationPolicy.objects.get())).status_code == 200


@pytest.mark.parametrize(
    "step",
    [
        {"target": "schedule"},
        {"target": "user", "who": "nobody"},
        {"target": "group", "who": "nobody"},
        {"target": "channel", "who": "pigeon"},
    ],
)
def test_policy_is_refused_when_a_step_alerts_nobody(
    site: World, staff: Client, step: dict[str, str]
) -> None:
    data = {"name": "Default", "group_wait": 30, "repeats": 1, "repeat_minutes": 240}
    data |= {"acknowledge_minutes": 240, **rows("steps", {"position": 1, "wait_minutes": 5} | step)}
    assert staff.post(add_url("escalationpolicy"), data).status_code == 200
    assert not EscalationPolicy.objects.exists()


def test_way_gets_alerts_once_its_code_has_come_back(site: World, staff: Client) -> None:
    ids = site.add_people("ada")
    data = {"person": "ada", "channel": "oncall", "address": "ada@phone.example", "position": 1}
    post(staff, add_url("contactmethod"), data | {"delay_minutes": 0, "enabled": "on"})
    method = ContactMethod.objects.get()
    assert (method.user_id, method.verified_at) == (ids["ada"], None)
    staff.post(url_of(method, "code"))
    sweep()
    [message] = mail.outbox
    assert message.to == ["ada@phone.example"]
    code = re.search(r"\d{6}", str(message.subject))
    assert code
    wrong = f"{(int(code[0]) + 1) % 10**6:06}"
    assert "not the code" in post(staff, url_of(method, "verify"), {"code": wrong})
    assert "Verified" in post(staff, url_of(method, "verify"), {"code": code[0]})
    method.refresh_from_db()
    assert method.verified_at == timezone.now()


def test_code_is_of_no_use_when_it_is_old_or_was_guessed_at(site: World, staff: Client) -> None:
    method = add_way("1", "ada@example.com", verified_at=None)
    staff.post(url_of(method, "code"))
    sweep()
    found = re.search(r"\d{6}", str(mail.outbox[0].subject))
    assert found
    for _ in range(5):
        staff.post(url_of(method, "verify"), {"code": "x"})
    assert "not the code" in post(staff, url_of(method, "verify"), {"code": found[0]})
    staff.post(url_of(method, "code"))
    site.clock.shift(timedelta(hours=1, seconds=1))
    assert "not the code" in post(staff, url_of(method, "verify"), {"code": found[0]})
    method.refresh_from_db()
    assert method.verified_at is None


def test_way_has_to_be_verified_anew_when_its_address_changes(site: World, staff: Client) -> None:
    ids = site.add_people("ada")
    method = add_way(ids["ada"], "old@example.com", label="ada")
    data = {"person": "ada", "channel": "oncall", "position": 1, "delay_minutes": 0}
    post(staff, url_of(method), data | {"address": "old@example.com", "enabled": "on"})
    method.refresh_from_db()
    assert method.verified_at is not None
    post(staff, url_of(method), data | {"address": "new@example.com", "enabled": "on"})
    method.refresh_from_db()
    assert method.verified_at is None


def test_mail_needs_an_address(site: World, staff: Client) -> None:
    site.add_people("ada")
    data = {"person": "ada", "channel": "oncall", "address": "", "position": 1, "delay_minutes": 0}
    assert staff.post(add_url("contactmethod"), data).status_code == 200
    assert not ContactMethod.objects.exists()


def test_silence_is_made_ended_and_kept(site: World, staff: Client) -> None:
    now = timezone.now()
    data = {"reason": "moving house", **when(now, "starts_at")}
    too_long = data | when(now + timedelta(days=8), "ends_at")
    assert staff.post(add_url("silence"), too_long).status_code == 200
    post(staff, add_url("silence"), data | when(now + timedelta(hours=2), "ends_at"))
    made = Silence.objects.get()
    assert made.author_label == "root"
    site.clock.shift(60)
    chosen = {"action": "end_now", "_selected_action": [made.pk]}
    staff.post(reverse("admin:errorkit_silence_changelist"), chosen)
    made.refresh_from_db()
    assert made.ends_at == timezone.now()
    assert staff.get(url_of(made, "delete")).status_code == 403


def test_lists_say_what_a_route_and_a_silence_are_about(site: World, staff: Client) -> None:
    ids = site.add_people("ada")
    Route.objects.create(
        name="Shop", environment="prod*", level="error", owner_id=ids["ada"], owner_label="Ada"
    )
    silence(exception="*Timeout*")
    silence(incident=site.fail("CakeError"))
    silence()
    routes, silences = (
        Markup(staff.get(reverse(f"admin:errorkit_{model}_changelist")).content.decode()).text
        for model in ("route", "silence")
    )
    assert "environment prod*, level error at least, owner Ada" in routes
    assert "nobody is alerted" in routes
    assert "exception *Timeout*" in silences
    assert "CakeError: it failed" in silences
    assert "all incidents" in silences


def test_silence_is_offered_for_an_hour(site: World, staff: Client) -> None:
    form = Markup(staff.get(add_url("silence")).content.decode())
    values = {each.get("name"): each.get("value") for _, each in form.elements}
    assert (values["ends_at_0"], values["ends_at_1"]) == ("2026-01-14", "13:00:00")


def test_address_of_a_calendar_is_shown_once(site: World, staff: Client) -> None:
    site.add_schedule("ada")
    page = post(staff, add_url("calendarfeed"), {"person": "ada"})
    address = re.search(r"https://shop\.example(/errorkit/shifts/\S+\.ics)", page)
    assert address
    assert staff.get(address[1]).status_code == 200
    again = staff.get(reverse("admin:errorkit_calendarfeed_changelist")).content.decode()
    assert address[1] not in again
    assert CalendarFeed.objects.count() == 1


@pytest.mark.parametrize("page", ["code", "verify", "test"])
def test_buttons_of_a_way_do_nothing_on_get_or_without_permission(
    site: World, staff: Client, page: str
) -> None:
    method = add_way("1", "ada@example.com")
    assert staff.get(url_of(method, page)).status_code == 405
    reader = Client()
    reader.force_login(get_user_model().objects.create_user("reader", is_staff=True))
    assert reader.post(url_of(method, page)).status_code == 403
    assert mail.outbox == []


def test_alert_shows_its_steps_and_who_was_told_why(site: World, staff: Client) -> None:
    ids = site.add_people("ada", "boss")
    schedule = make_schedule(ids["ada"])
    site.add_policy(on_call(schedule), user(ids["boss"]), group_wait=0)
    alert = alert_of(site.fail())
    sweep()
    site.wait(minutes=10)
    listed = Markup(staff.get(reverse("admin:errorkit_alert_changelist")).content.decode()).text
    page = " ".join(Markup(staff.get(url_of(alert)).content.decode()).text.split())
    assert "ValueError: it failed" in listed
    assert "step 1 in 10" in listed
    assert "whoever is on call: Web" in page
    second = Delivery.objects.order_by("pk")[1]
    assert (
        f"{ids['ada'].capitalize()} ada@example.com accepted Jan. 14, 2026, noon opened 1" in page
    )
    assert "boss boss@example.com accepted Jan. 14, 2026, 12:10 p.m." in page
    assert "still not acknowledged 2 (round 1)" in page
    assert url_of(second) in staff.get(url_of(alert)).content.decode()
    Alert.objects.update(plan={"steps": [{"nonsense": 1}]}, silence=silence())
    assert "Silenced until" in staff.get(url_of(alert)).content.decode()
    assert staff.post(url_of(alert), {"status": "closed"}).status_code == 200
    assert Alert.objects.get().status == "running"


def test_alert_says_which_digest_it_left_in(site: World, staff: Client) -> None:
    site.add_policy(channel("oncall"), group_wait=0)
    site.fail("OneError")
    alert = alert_of(site.fail("TwoError"))
    sweep()
    page = " ".join(Markup(staff.get(url_of(alert)).content.decode()).text.split())
    digest = Delivery.objects.get(key__startswith="digest:")
    assert "accepted in a digest Jan. 14, 2026, noon opened 1 (round 1)" in page
    assert f"#{digest.pk - 1} → #{digest.pk} oncall" in page


def test_pages_warn_while_nobody_sweeps(site: World, staff: Client) -> None:
    schedule = site.add_schedule("ada")
    silence(hours=1)
    site.fail()
    for page in (model._meta.model_name for model in PAGES):
        listed = staff.get(reverse(f"admin:errorkit_{page}_changelist")).content.decode()
        assert "Nobody has swept yet" in listed
    assert "Nobody has swept yet" in staff.get(url_of(schedule)).content.decode()


def test_mail_arrives_from_nothing_and_is_acknowledged_from_it(site: World, staff: Client) -> None:
    site.add_people("ada", "bob")
    schedule = save_schedule(staff, "ada\nbob")
    step = {"position": 1, "target": "schedule", "schedule": schedule.pk, "wait_minutes": 5}
    policy = {"name": "Default", "group_wait": 30, "repeats": 1, "repeat_minutes": 240}
    policy |= {"acknowledge_minutes": 240, **rows("steps", step)}
    post(staff, add_url("escalationpolicy"), policy)
    chosen = EscalationPolicy.objects.get()
    route = {"name": "All", "position": 1, "enabled": "on", "policy": chosen.pk}
    post(staff, add_url("route"), route)
    assert Route.objects.get().policy == chosen

    incident = site.fail()
    site.wait(seconds=30)
    [message] = mail.outbox
    link = re.search(r"https://shop\.example(/errorkit/ack/\S+/)", message.body)
    assert message.to == ["bob@example.com"]
    assert link
    assert "Acknowledged by bob" in Client().post(link[1]).content.decode()
    assert Incident.objects.get(pk=incident.pk).status == "acknowledged"
