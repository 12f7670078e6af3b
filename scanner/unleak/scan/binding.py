"""Binds a value without a shape of its own to its service: one mechanism for all such rules.

A rule's `context` words are the service's names, its `names` are words of variable names that mean it anyway.
This module makes the expressions with which the matchers look for places; `scan.tie` decides what each is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import assert_never

from unleak.core.model import Rule

GAP = 48
"""Bytes between the end of a word and a value that stands near it."""
NAME = 160
"""Bytes before a value in which the name may stand that it is assigned to."""
BLOCK = 1000
"""Bytes from the opening of a block, or from an address, in which a value may stand."""
LONG = 48
"""Characters of a value that the matcher's expression asks for; the confirmation asks for all."""

SEPARATORS = re.compile(r"[-_. ]")
VERBOSE = "(?x)"
SHORT = 4
"""Characters of a word that stands in base64 by chance, if its case is left open."""
PIECES = 3
"""Of a word, so many pieces are looked for; more would have too many spellings."""
TOKEN = re.compile(r"(?xs) \\. | \[ \^? \]? (?: \\. | [^\]\\] )* \] | \{ (\d+) [\d,]* \} | .")
"""One piece of a regular expression; group 1 is the least number of a counted repetition."""

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

SCHEME = r"(?: (?i: bearer | basic | token | apikey | api-key | bot | sso-key | ssws ) [\ ]{1,3} )?"
"""Of an Authorization header."""

NOUN = r"""(?i: api | app | key | token | secret | auth | access | client | pass | pwd | cred | bearer | licen[cs]e )"""
"""What names of credentials hold."""

BEFORE = r"""\s"'`=:(\[{,>|@;\\"""
END = r"""(?: [\s"'`;,<>&)\]}\\@:] | \. (?: [\s"'`] | \Z ) | \Z )"""
"""What may follow a value; \\Z is the end of the data."""

TITLE = r"[\w\-.\ ]{0,30}"
OPENS = r"""["'\])]{0,3} (?: \] | [\ \t]{0,4} (?: (?: [:=] >? | > ) [\ \t]{0,4} [{\[(|]{0,2} | [{\[(|]{1,2} ) )
  [\ \t\r]{0,4} \n"""
"""After a word and the rest of its name: the line opens a block of a structured file."""
HOST = r"""://(?:[^\s"'<>/?\#]{0,60}[.@_-])?"""
"""Before a word: it begins a part of the host of a request's address; a path names many things."""


class Kind(Enum):
    """What an automaton looks for."""

    WHOLE = "whole"
    """The whole pattern of a rule that is not bound."""
    NAMED = "named"
    """A value assigned to one of the rule's names."""
    NEAR = "near"
    """A value near one of the rule's context words."""
    BLOCK = "block"
    """The opening of a block with one of the context words."""
    ADDRESS = "address"
    """The address of a request with one of them."""

    @property
    def wide(self) -> bool:
        """Whether the value may lie farther away."""
        return self in {Kind.BLOCK, Kind.ADDRESS}


@dataclass(frozen=True, slots=True)
class Search:
    """One expression of a matcher, and the rules that a match is a place for."""

    kind: Kind
    rule: Rule
    """One of them."""
    rules: tuple[int, ...]
    """Their indexes in the rule set."""
    value: str = ""
    """Of NEAR: the branch of the rule's pattern that is looked for."""


def delimited(value: str) -> str:
    """The pattern of the value as a whole word; only `regex` runs it, so it may look around."""
    return rf"(?x) (?<! [^{_before(value)}] ) ( {inner(value)} ) (?= {_end(value)} )"


def searches(rules: Sequence[Rule]) -> Iterator[Search]:
    """Everything that a matcher with an automaton looks for."""
    groups: dict[tuple[tuple[str, ...], bool], list[int]] = {}
    for index, rule in enumerate(rules):
        if not rule.bound:
            yield Search(Kind.WHOLE, rule, (index,))
            continue
        if rule.names:
            yield Search(Kind.NAMED, rule, (index,))
        if rule.context:
            yield from (Search(Kind.NEAR, rule, (index,), value) for value in branches(rule.pattern))
            groups.setdefault((rule.context, rule.common), []).append(index)
    for found in groups.values():
        yield Search(Kind.BLOCK, rules[found[0]], tuple(found))
        yield Search(Kind.ADDRESS, rules[found[0]], tuple(found))


def expression(search: Search) -> str:
    """A regular expression that automata understand and that matches wherever `search` may; `tie` is strict."""
    rule = search.rule
    match search.kind:
        case Kind.WHOLE:
            return rule.pattern
        case Kind.NAMED:
            return bind(rule.names, rule.pattern)
        case Kind.NEAR:
            value = truncated(search.value)
            end = _end(value) if value == search.value else ""
            gap, before = rf"[\x00-\xff]{{0,{GAP}}}", _before(value)
            return rf"(?x) {_any(rule.context)} {gap} [{before}] {inner(value)} {end}"
        case Kind.BLOCK:
            return rf"(?x) {_any(rule.context)} {'' if rule.common else TITLE} {OPENS}"
        case Kind.ADDRESS:
            return address(rule.context)
    assert_never(search.kind)


def bind(names: Sequence[str], value: str) -> str:
    """The pattern of an assignment whose name holds one of `names`; group 1 matches `value`.

    Upper and lower case are the same in the name only.
    """
    assigned = f"(?: {_words(names)} ) {TAIL} {ANNOTATION} {BRIDGE} {LINK}"
    flag = rf"-[\w-]{{0,30}} (?: {_words(names)} ) [\w-]{{0,40}} [\ \t]{{1,3}} (?: {QUOTE} )?"
    return f"(?x) (?: {assigned} | {flag} ) {SCHEME} ( {inner(value)} ) {_end(value)}"


def named(words: Sequence[str], common: bool) -> str:
    """The pattern of a name that holds one of `words` and of all between it and its value, which follows."""
    word = _own(words, common=common)
    if common:
        telling = [one for one in words if re.search(rf"(?x) {NOUN} \Z", one)]
        noun = rf"""(?= [\w.\-\ \[\]"'`\\]{{0,40}}? {NOUN} )"""
        word = f"(?: {word} {noun} | {_own(telling, common=common)} )" if telling else f"{word} {noun}"
    return _leading(word)


def assigned(names: Sequence[str]) -> str:
    """The same of `names`, which may go on with anything."""
    return _leading(f"(?: {_words(names)} )")


def spelled(names: Sequence[str]) -> str:
    """The pattern of one of `names`."""
    return rf"(?x) (?: {_words(names)} )"


def _leading(word: str) -> str:
    flag = rf"-[\w-]{{0,30}} {word} [\w-]{{0,40}} [\ \t]{{1,3}} (?: {QUOTE} )?"
    return rf"(?x) (?: {word} {TAIL} {ANNOTATION} {BRIDGE} {LINK} | {flag} ) {SCHEME} \Z"


def word(context: Sequence[str], common: bool) -> str:
    """The pattern of a word of `context`."""
    return rf"(?x) {_own(context, common=common)}"


def title(context: Sequence[str], common: bool) -> str:
    """The pattern of a line that opens a block with a word of `context` in its name; a common word is all of it."""
    return rf"(?x) {_own(context, common=common)} {'' if common else TITLE} {OPENS}"


def address(context: Sequence[str]) -> str:
    """The pattern of a word of `context` in the address of a request."""
    return rf"(?x) {HOST} {_any(context)}"


def keywords(words: Sequence[str]) -> tuple[str, ...]:
    """Lower-case texts of which every place that belongs to one of `words` contains one."""
    return tuple(dict.fromkeys(spelling for word in words for spelling in _spellings(word)))


def _spellings(word: str) -> Iterator[str]:
    """The first pieces of `word` with all that may stand between them."""
    first, *more = SEPARATORS.split(word)[:PIECES]
    for separators in product(("_", "-", ".", " ", ""), repeat=len(more)):
        yield first + "".join(map("".join, zip(separators, more, strict=True)))


def inner(value: str) -> str:
    """`value` as a part of a verbose pattern."""
    text = value.strip()
    return f"(?x: {text[len(VERBOSE) :]}\n )" if text.startswith(VERBOSE) else f"(?-x:{text})"


def branches(value: str) -> list[str]:
    """The alternatives of `value` at its top level."""
    found, depth, start = [], 0, 0
    for token in TOKEN.finditer(value):
        text = token.group()
        depth += (text == "(") - (text == ")")
        if text == "|" and depth == 0:
            found.append(value[start : token.start()])
            start = token.end()
    verbose = VERBOSE if value.startswith(VERBOSE) else ""
    return [branch if branch.startswith(verbose) else verbose + branch for branch in [*found, value[start:]]]


def truncated(value: str) -> str:
    """One branch of a value up to its first long repetition, which is shortened; all of it if there is none."""
    depth = 0
    for token in TOKEN.finditer(value):
        text = token.group()
        depth += (text == "(") - (text == ")")
        if token[1] and depth == 0 and int(token[1]) > LONG:
            return f"{value[: token.start()]}{{{LONG}}}"
    return value


def _before(value: str) -> str:
    """The characters that may stand before a value, for a class: a slash is a part of values that hold one."""
    return BEFORE if "/" in value else BEFORE + "/"


def _end(value: str) -> str:
    return END if "/" in value else END.replace("@:]", "@:/]")


def _words(words: Sequence[str]) -> str:
    return " | ".join(_word(word) for word in words)


def _any(words: Sequence[str]) -> str:
    return f"(?i: {' | '.join(_text(word) for word in words)} )"


def _own(words: Sequence[str], *, common: bool) -> str:
    """One of `words`, as a word of its own or in one word with what names a credential: `acmeoauthtoken`."""
    return rf"(?: (?: {_words(words)} ) (?= {_more(common)} | [^a-z] | \Z ) )"


def _more(common: bool) -> str:
    """What may go on in the same word after the service's name."""
    return NOUN if common else rf"[a-z]{{0,24}}? {NOUN}"


def _text(word: str) -> str:
    """A word with any separator; `_`, `-`, `.` and space stand for one another, a dot only for itself."""
    separator = r"[-_.\ ]?"
    return separator.join(re.escape(piece) for piece in SEPARATORS.split(word))


def _word(word: str) -> str:
    """A word in any case that begins a word of the text: `dd_key` is no part of `add_key`."""
    text = _text(word)
    if len(word) > SHORT:
        return rf"(?: (?:\b|[_0-9]) (?i:{text}) | [a-z]{text[0].upper()} (?i:{text[1:]}) )"
    upper, title = text.upper(), text[0].upper() + text[1:]
    return rf"(?: (?:\b|_) (?i:{text}) | [0-9] (?: {text} | {title} | {upper} ) | [a-z] (?: {title} | {upper} ) )"
