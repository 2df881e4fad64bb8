"""Signals sent after a digested batch has been committed, with send_robust.

Each carries `incident` and `occurrence_id` (UUID of the occurrence that caused the transition).
"""

from django.dispatch import Signal

incident_opened = Signal()
incident_regressed = Signal()
incident_resolved = Signal()
incident_ignored = Signal()
incident_reopened = Signal()
incident_acknowledged = Signal()
