"""Who is told, when, and when it is enough."""
