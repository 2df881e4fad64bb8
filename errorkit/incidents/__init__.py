"""What people, and new occurrences, do to an incident."""
