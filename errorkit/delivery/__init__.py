"""What leaves the machine: rows that are owed, claimed, sent and recorded. The database is the queue."""
