"""The list of incidents, with what is read for all rows of a page at once."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import ngettext

from errorkit.admin import charts
from errorkit.admin.keyset import KeysetList
from errorkit.incidents import history
from errorkit.incidents.feedback import count_unread
from errorkit.models import Incident


class IncidentList(KeysetList):
    """The list of incidents; the counts and the unread messages of a whole page are read in one query each."""

    def get_results(self, request: HttpRequest) -> None:
        """Attach to each incident what is drawn and told beside it."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        now = timezone.now()
        since = now - timedelta(hours=charts.HOURS)
        hours = history.hours_of([each.pk for each in self.result_list], since=since)
        month = charts.first_day(now)
        days = history.days_of([each.pk for each in self.result_list], since=month)
        messages_left = count_unread([each.pk for each in self.result_list])
        for incident in self.result_list:
            incident.messages_left = messages_left.get(incident.pk, 0)
            incident.last_day = charts.sparkline(hours.get(incident.pk, {}), now)
            incident.last_month = charts.sparkline_of_days(days.get(incident.pk, {}), now)


def notes_of(incident: Incident) -> str:
    """Return in which environment and release it was seen, who looks after it and how many unread messages there are about it."""
    messages_left = getattr(incident, "messages_left", 0)
    told = ngettext("%d message", "%d messages", messages_left) % messages_left
    notes = (incident.environment, incident.last_release, incident.owner_label)
    return " · ".join(filter(None, (*notes, told if messages_left else "")))
