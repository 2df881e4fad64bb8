"""Text that may come from an attacker, for a terminal."""


def printable(text: str) -> str:
    """Return the text with control characters shown, not sent."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
