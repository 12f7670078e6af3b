"""Text that stands where a secret would: `changeme`, `<your-key>`, `${TOKEN}`, `xxxx`."""

import re

from unleak.scan.ports import Outcome, Verdict
from unleak.scan.references import REFERENCE

LONGEST = 4096
"""Longer values are no placeholder."""

WORDS = re.compile(
    r"""(?xi)
    example | sample | placeholder | dummy | change[-_ ]?(?:me|this|it) | replace[-_ ]?(?:me|this|with)
    | to[-_ ]?be[-_ ]?(?:replaced|filled|set) | (?:^|[-_ ])todo(?:$|[-_ ]) | fixme | redacted
    | \bnot[-_ ]?(?:a[-_ ]?)?real
    | ^(?:your|my|some|the|any|insert|enter|put|add|set|fill|use|paste|provide)[-_ .]?
      [\w .-]{0,40}
      (?:key|token|secret|pass|passw(?:or)?d|pwd|id|here|value|string|account|name|credential|code|user|login)[\w]{0,3}$
    | [-_ ]here$ | ^here[-_ ] | \byour[-_ ]
    | lorem | ipsum | foo[-_]?bar | ^(?:foo|bar|baz|qux|quux|spam|eggs)+\d*$
    | x{4} | \*{3} | •{3} | \.{4} | _{4} | -{4} | \#{3}
    | (?:^|[-_.])(?:fake|mock|bogus|invalid|redacted|masked|hidden|removed|undefined)(?:$|[-_.])
    """
)

TYPED = re.compile(
    r"(?xi) deadbeef | cafebabe | ^a{4} | 0{8} | 1{6} | 12345678 | abcdefgh | abcd1234 | qwerty | asdf"
)
"""What hands type that need some text: alone it is no secret, in a long value it is worth a look."""
LONG = 14
"""Characters of a long value."""

_PLAIN = """
    null none nil true false undefined empty blank unset default unknown secret secrets password passwd
    passphrase pass pwd token key apikey api_key api-key value string str text test testing tests tester
    credential credentials auth user username admin root guest public private optional required disabled
    enabled yes no on off n/a na tbd todo bearer basic basic_auth oauth authorization access_token
    refresh_token id_token client_secret client-secret access_key secret_key secret-key private_key hidden
"""
PLAIN = frozenset(_PLAIN.split())
"""What stands in code where a value is named, not given."""


def check(value: str) -> Verdict:
    """Rejected if `value` is a reference, a template or a stock word; doubtful if hands typed it."""
    text = value.strip()
    if len(text) > LONGEST:
        return Verdict(Outcome.PLAUSIBLE)
    if not text or text.lower() in PLAIN or REFERENCE.match(text) or WORDS.search(text):
        return Verdict(Outcome.REJECTED)
    if TYPED.search(text):
        return Verdict(Outcome.DOUBTFUL if len(text) >= LONG else Outcome.REJECTED)
    return Verdict(Outcome.PLAUSIBLE)
