"""What an attacker might write into a request, and rows that hold it in every field."""

from datetime import timedelta
from typing import Any

from errorkit.incidents.feedback import leave_feedback
from errorkit.models import Deploy
from tests.factories import (
    make_activity,
    make_delivery,
    make_exception,
    make_frame,
    make_incident,
    make_occurrence,
    make_report,
    make_request,
)

CORPUS = {
    "script": "<script>alert(1)</script>",
    "end of script": "</script><script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x='",
    "single quote": "' autofocus onfocus=alert(1) '",
    "end of element": "</pre></details></table><svg onload=alert(1)>",
    "style": "<style>*{display:none}</style>",
    "comment": "<!--><script>alert(1)</script>-->",
    "link": '<a href="javascript:alert(1)">x</a>',
    "template": "{{ request.user.password }}{% debug %}",
    "format": "{0.__class__} %(title)s %s",
    "textarea": "</textarea></title><script>alert(1)</script>",
    "right to left": "\u202egnp.exe\u202c<b onclick=alert(1)>",
}


def make_rows(text: str) -> tuple[Any, ...]:
    """Save rows whose every text is this one: an incident, its occurrence, one without an incident, and a delivery."""
    frame = make_frame(
        filename=text,
        module=text,
        function=text,
        abs_path=text,
        context_line=text,
        pre_context=(text,),
        post_context=(text,),
        locals={text: text},
    )
    raised = make_exception(type=text, module=text, message=text, notes=(text,), frames=(frame,))
    report = make_report(
        title=text,
        location=text,
        environment=text,
        release=text,
        server=text,
        request_id=text,
        trace_id=text,
        user_id=text,
        user_label=text,
        fingerprint_parts=(text,),
        exceptions=(raised,),
        request=make_request(
            method=text,
            path=text,
            route=text,
            query=text,
            host=text,
            scheme=text,
            remote=text,
            headers={text: text},
            body={text: [text]},
        ),
        context={text: {text: text}, "text": text},
        tags={text: text},
    )
    incident = make_incident(
        report=report,
        occurrences=1,
        environment=text[:64],
        last_release=text,
        first_release=text,
        owner_label=text,
    )
    make_activity(incident, text=text, actor_label=text, kind="commented")
    leave_feedback(incident.last_full_id, text=f"{text} was typed", email="a@example.com")
    Deploy.objects.create(
        release=text,
        environment=incident.environment,
        at=incident.first_seen - timedelta(minutes=1),
    )
    delivery = make_delivery(
        incident,
        tries=1,
        key=text,
        channel=text[:64],
        reason=text,
        last_error=text,
        upstream_id=text,
        upstream_url="javascript:alert(1)",
    )
    delivery.tries.update(detail=text, outcome=text[:16])
    return (
        incident,
        incident.occurrences.get(),
        make_occurrence(report=make_report(title=text)),
        delivery,
    )
