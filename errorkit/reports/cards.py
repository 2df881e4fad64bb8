"""Find payment card numbers: 13 to 19 digits, plain or grouped, whose checksum is right (ISO/IEC 7812-1, Luhn)."""

import re

# Digits become 0 and separators become -, so that the shape of a number is a fixed text that can be looked for quickly.
SHAPE = bytes.maketrans(b"123456789 ", b"000000000-")
HINTS = (b"0" * 13, b"0000-0000-0000", b"0000-000000-0")
NUMBER = re.compile(r"(?<![\d.])[2-6](?:[ -]?\d){12,18}(?![\d])")
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def may_match(text: str) -> bool:
    """Tell whether digits stand in the text as they do in a card number."""
    shape = text.encode("latin-1", "replace").translate(SHAPE)
    return any(hint in shape for hint in HINTS)


def spans(text: str) -> list[tuple[int, int]]:
    """Return where card numbers are."""
    return [match.span() for match in NUMBER.finditer(text) if _checks(match[0])]


def _checks(number: str) -> bool:
    digits = [int(each) for each in number if each.isdigit()]
    odd = sum(digits[-1::-2])
    even = sum([DOUBLED[digit] for digit in digits[-2::-2]])
    return (odd + even) % 10 == 0 and len(set(digits)) > 1
