"""Who saw what only few may see."""

import logging
from typing import Any

from django.db.models import Model

from errorkit.incidents.triage import Actor

logger = logging.getLogger("errorkit.audit")


def note_view(user: Any, row: Model) -> None:
    """Log that somebody saw bodies, headers or local variables."""
    viewer = Actor.of(user)
    logger.info(
        "User %r (%s) saw the sensitive parts of %s %s.",
        viewer.label,
        viewer.user_id,
        row._meta.model_name,
        row.pk,
    )
