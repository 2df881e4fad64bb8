"""Where a report is written down, and how it gets from there into an incident."""
