"""What people are served besides answers; each view is found by a link that errorkit itself has given out."""

from errorkit.views.acknowledge import acknowledge
from errorkit.views.feedback import feedback, preview
from errorkit.views.health import health, metrics
from errorkit.views.shifts import shifts

__all__ = ["acknowledge", "feedback", "health", "metrics", "preview", "shifts"]
