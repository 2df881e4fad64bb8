"""From an exception to a report: pure, no ORM, never touches what it must not."""
