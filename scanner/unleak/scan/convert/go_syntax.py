"""Go's regular expressions (RE2) in the syntax of Python's `re`."""

import re

TOKEN = re.compile(r"(?s)\\Q.*?(?:\\E|\Z)|\\x\{[0-9A-Fa-f]+\}|\\.|\(\?[^):<P=!]*[):]|\(\?P?<(?![=!])|.")
CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"\x21-/:-@\x5b-`\x7b-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
FLAGS = re.compile(r"\(\?([a-zA-Z]*(?:-[a-zA-Z]+)?)([):])")
SUSPICIOUS = "[&|~"
"""Characters that stand for themselves in a class, of which Python warns when they are doubled."""


def in_python(pattern: str) -> str:
    """`pattern` as Python reads it. Raises ValueError for what only RE2 has."""
    if not pattern.isascii():
        raise ValueError("it holds characters beyond ASCII, and unleak matches bytes")
    return _Translation(pattern).text()


class _Translation:
    """One pass over a pattern. A flag in the middle of a group becomes a group around the rest of it."""

    def __init__(self, pattern: str) -> None:
        self._source = pattern
        self._out: list[str] = []
        self._open: list[list[str]] = [[]]
        """The flag groups to be closed, of each group that is open."""
        self._lines = "m" in "".join(found[1] for found in FLAGS.finditer(pattern))

    def text(self) -> str:
        """The whole pattern."""
        place = 0
        while place < len(self._source):
            piece = self._piece(place)
            place = self._class(place) if piece == "[" else self._one(piece, place + len(piece))
        self._out.append(")" * len(self._open[-1]))
        return "".join(self._out)

    def _piece(self, place: int) -> str:
        found = TOKEN.match(self._source, place)
        return found[0] if found else self._source[place]

    def _one(self, piece: str, end: int) -> int:
        if piece == "(" or piece.startswith(("(?P<", "(?<")):
            self._open.append([])
            piece = piece.replace("(?<", "(?P<")
        elif flags := FLAGS.fullmatch(piece):
            piece = self._flags(flags[1], whole=flags[2] == ":")
        elif piece == ")" and len(self._open) > 1:
            piece = ")" * len(self._open.pop()) + ")"
        elif piece == "|" and self._open[-1]:
            closing, opening = ")" * len(self._open[-1]), "".join(f"(?{flags}:" for flags in self._open[-1])
            piece = f"{closing}|{opening}"
        elif piece == "$" and not self._lines:
            piece = r"\Z"
        elif piece.startswith("\\"):
            piece = _escape(piece)
        self._out.append(piece)
        return end

    def _flags(self, flags: str, *, whole: bool) -> str:
        if set(flags) - set("ims-"):
            raise ValueError(f"the flags (?{flags}) are RE2's alone")
        if whole:
            self._open.append([])
        else:
            self._open[-1].append(flags)
        return f"(?{flags}:"

    def _class(self, place: int) -> int:
        """Copy the class that begins at `place`; returns where it ends."""
        start = place + (2 if self._source.startswith("[^", place) else 1)
        self._out.append(self._source[place:start])
        at = start
        while at < len(self._source):
            if named := CLASS.match(self._source, at):
                at = named.end()
                self._out.append(_named(named[2], negated=bool(named[1])))
                continue
            piece = self._piece(at)
            text = piece if piece.startswith("\\") else self._source[at]
            at += len(text)
            if text == "]" and at - 1 > start:
                self._out.append("]")
                return at
            self._out.append(
                _escape(text) if text[0] == "\\" else f"\\{text}" if text in SUSPICIOUS else text
            )
        return at


def _named(name: str, *, negated: bool) -> str:
    if name not in CLASSES or negated:
        raise ValueError(f"the class [:{'^' if negated else ''}{name}:] is not supported")
    return CLASSES[name]


def _escape(piece: str) -> str:
    kind = piece[1:2]
    if kind == "Q":
        return re.escape(piece[2:].removesuffix("\\E"))
    if kind in {"p", "P", "C"}:
        raise ValueError(f"\\{kind} is RE2's alone")
    if piece.startswith("\\x{"):
        number = int(piece[3:-1], 16)
        if number > 0x7F:
            raise ValueError("it holds characters beyond ASCII, and unleak matches bytes")
        return f"\\x{number:02x}"
    return r"\Z" if kind == "z" else piece
