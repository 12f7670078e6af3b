"""Binds a value without a shape of its own to the name of what it is assigned to.

`bind(["datadog"], "[0-9a-f]{32}")` finds the value in `DATADOG_API_KEY=…`, `"datadogKey": "…"`,
`--datadog-key …`, `<datadog.key>…</…>`, `put("datadog", "…")`, `setDatadogKey("…")`,
`datadog_key: str = "…"`, and where the value stands on the next line.
"""

import re
from collections.abc import Sequence

SHORT = 3
"""A context that begins with so few letters has to begin a word: `dd_key` is no part of `add_key`."""

SEPARATORS = re.compile(r"[-_. ]")

TAIL = r"""[\w.\-\ \[\]"'`\\]{0,40}"""
"""The rest of the name, with closing quotes and brackets."""

ANNOTATION = r"(?: : [\ ]{0,3} [A-Za-z_] [\w.<>?\[\]]{0,24} [\ ]{0,3} )?"
"""A type between the name and `=`."""

BRIDGE = r"""(?: [,;]? \s{0,24} ["']? value ["']? [\ ]{0,3} | [,;] [\ ]{0,3} )?"""
"""`key="…" value="…"` and `{"name": "…", "value": "…"}`, also on two lines."""

OPERATOR = r"(?: [?:!+|]{0,3} ={1,3} >? | -> | :{1,2} | , | > | \|\| | \?\? )"

QUOTE = r"""[A-Za-z@$]{0,2} \\{0,3} ["'`]{1,3}"""
"""With the prefix of a string."""

LINK = rf"""(?:
    {OPERATOR} [\ \t]{{0,12}} (?: [({{\[]{{0,2}} {QUOTE} )?
  | (?: {OPERATOR} [\ ]{{0,3}} \\? \s{{1,40}} | \( \s{{0,20}} ) {QUOTE}
  | > \s{{1,40}}
)"""
"""Between name and value: on one line, or before a text in quotes on the next one or in a call, or in XML."""

SCHEME = r"(?: (?i: bearer | basic | token | apikey | bot ) [\ ]{1,3} )?"
"""Of an Authorization header."""

END = r"""(?: [\s"'`;,<>&)\]}\\\#|@] | \Z )"""
"""What may follow the value; \\Z is the end of the data."""


def bind(context: Sequence[str], value: str) -> str:
    """The pattern of an assignment whose name holds one of `context`; group 1 matches `value`.

    Upper and lower case are the same in the name only.
    """
    words = "|".join(_word(word) for word in context)
    text = value.strip()
    verbose = text.startswith("(?x)")
    inner = f"(?x: {text[4:]}\n )" if verbose else f"(?-x:{text})"
    assigned = f"(?: {words} ) {TAIL} {ANNOTATION} {BRIDGE} {LINK}"
    flag = rf"-[\w-]{{0,30}} (?: {words} ) [\w-]{{0,40}} [\ \t]{{1,3}} (?: {QUOTE} )?"
    return f"(?x) (?: {assigned} | {flag} ) {SCHEME} ( {inner} ) {END}"


def keywords(context: Sequence[str]) -> tuple[str, ...]:
    """Lower-case texts of which every match of the bound pattern contains one."""
    spellings = [sep.join(SEPARATORS.split(word)) for word in context for sep in ("_", "-", ".", " ", "")]
    return tuple(dict.fromkeys(spellings))


def _word(word: str) -> str:
    """A context word with any case and any separator; `_`, `-`, `.` and space stand for one another."""
    pieces = [re.escape(piece) for piece in SEPARATORS.split(word)]
    text = r"[-_.\ ]?".join(pieces)
    if len(pieces[0]) > SHORT:
        return f"(?i:{text})"
    return rf"(?: (?:\b|[_0-9]) (?i:{text}) | [a-z]{text[0].upper()} (?i:{text[1:]}) )"
