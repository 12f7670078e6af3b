"""Numbers in the bases that checksums of tokens are written in."""

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def written(number: int, digits: str) -> str:
    """`number`, not negative, in the base of as many `digits`; empty for 0."""
    text = ""
    while number:
        number, digit = divmod(number, len(digits))
        text = digits[digit] + text
    return text
