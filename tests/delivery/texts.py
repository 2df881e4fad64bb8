"""What sites are told to run."""


def owe_text(rows: int) -> str:
    """Return Python that owes so many forwards of one incident."""
    return f"""
from django.utils import timezone
from errorkit.delivery import outbox
from errorkit.models import Occurrence
from errorkit.models.transitions import Change, Transition
from tests.delivery.factories import make_incident, make_report

incident = make_incident()
for start in range(0, {rows}, 500):
    batch = [Occurrence.from_report(make_report()) for _ in range(min(500, {rows} - start))]
    for row in batch:
        row.incident = incident
    Occurrence.objects.bulk_create(batch)
    change = Change(incident=incident, transition=Transition.OPENED, full=tuple(batch), light=0)
    outbox.owe_forwards([change], timezone.now())
"""
