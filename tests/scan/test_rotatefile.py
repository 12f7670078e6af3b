"""`[[revoke]]` of a rule file: what is refused, and how it is said."""

import pytest

from unleak.core.errors import UsageError
from unleak.scan import rulefile

FILE = """
service = "Acme"
docs = "https://acme.example"
[replace]
console = "https://acme.example/keys"
how = "Create one."
[verify]
request = { method = "GET", url = "https://api.acme.example/me", headers = { Authorization = "Bearer {secret}" } }
live = { status = [200] }
dead = { status = [401] }
[[rule]]
id = "acme.key"
title = "Acme key"
why = "Opens every gate."
severity = "high"
pattern = '''(?x) \\b ( acme_ [0-9a-z]{32} ) \\b'''
keywords = ["acme_"]
matches = ["acme_${lowernum:32}"]
non_matches = ["acme_1"]
"""
REVOKE = """
[[revoke]]
rules = ["acme.key"]
request = { method = "DELETE", url = "https://api.acme.example/me", headers = { Authorization = "Bearer {secret}" } }
done = { status = [204] }
"""


@pytest.fixture
def read(tmp_path):
    """Reads one rule from a file with this text."""

    def read(text: str) -> rulefile.Definition:
        (tmp_path / "acme.toml").write_text(text)
        (found,) = rulefile.read(tmp_path / "acme.toml")
        return found

    return read


def test_a_revocation_is_read(read):
    found = read(FILE + REVOKE)
    assert found.by_hand
    assert found.revocation.revoke.request.method == "DELETE"
    assert found.rule.replacement.how == "Create one."
    assert read(FILE).revocation is None


@pytest.mark.parametrize(("old", "new", "says"), [
    ('["acme.key"]', '["acme.other"]', "there is no rule acme.other"),
    ("done = { status = [204] }", "", "`done` is missing"),
    ('DELETE", url = "https://api.acme.example/me"', 'DELETE", url = "https://api.acme.example/{id}"',
     "there is no {id}"),
    ("204] }", '204] }\nadmin = "an admin"', "give both or none"),
    ("204] }", "204] }\nmore = 1", "unknown key `more`"),
    ('DELETE", url = "https://api.acme.example/me", headers = { Authorization = "Bearer {secret}" }',
     'DELETE", url = "https://api.acme.example/me"', "would not say what to revoke"),
    ("dead = { status = [401] }", "", "is of use only"),
    ('console = "https://acme.example/keys"', "", "`how` says what to do at the `console`"),
])  # fmt: skip
def test_what_could_not_work_is_refused(read, old, new, says):
    text = FILE + REVOKE
    assert old in text
    with pytest.raises(UsageError) as refused:
        read(text.replace(old, new))
    assert says in refused.value.message


def test_keys_that_need_another_secret_are_not_replaced_by_hand(read):
    """The companion is not at hand when a new key is asked about."""
    asked = 'Authorization = "Bearer {secret}"'
    part = '[[rule.with]]\nname = "client_secret"\npattern = "[a-z]{9}"\n'
    assert not read(FILE.replace(asked, f'{asked}, X-Other = "{{client_secret}}"') + part).by_hand
