"""The answer: status, words, format and bytes for a client. Pure: no ORM, no user, session or cache."""
