"""`[rotate]` and `[[revoke]]` of a rule file: what is refused, and how it is said."""

import pytest

from unleak.core.errors import UsageError
from unleak.rotate.forms import FORMS
from unleak.scan import rotatefile, rulefile

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


ROTATE = """
[rotate]
rules = ["acme.key"]
admin = "an admin's key"
id = "named"
among = true
[rotate.list]
request = { method = "GET", url = "https://api.acme.example/keys" }
done = { status = [200] }
rows = "body"
take = { id = "id", name = "name", hint = "end" }
[rotate.issue]
request = { method = "POST", url = "https://api.acme.example/keys" }
done = { status = [201] }
take = { secret = "body.key" }
[rotate.revoke]
request = { method = "DELETE", url = "https://api.acme.example/keys/{id}" }
done = { status = [204] }
"""


@pytest.mark.parametrize(("old", "new", "says"), [
    ('id = "named"', 'id = "guessed"', "`id` has to be one of"),
    ('id = "named"', 'id = "hint"', "`among` goes with"),
    ('id = "named"\namong = true', 'id = "hint"', ""),
    (', hint = "end"', "", ""),
])  # fmt: skip
def test_how_the_leaked_key_is_known_is_checked(read, old, new, says):
    text = FILE.replace('how = "Create one."', "") + ROTATE
    assert read(text).rotation.among
    assert old in text
    if not says:
        assert read(text.replace(old, new)).rotation
        return
    with pytest.raises(UsageError) as refused:
        read(text.replace(old, new))
    assert says in refused.value.message


def test_a_hint_has_to_be_taken_if_it_tells_the_key(read):
    text = (FILE + ROTATE).replace('id = "named"\namong = true', 'id = "hint"').replace(', hint = "end"', "")
    with pytest.raises(UsageError) as refused:
        read(text)
    assert "has to take `hint`" in refused.value.message


def test_a_rotation_may_ask_in_its_own_way(read):
    asked = "\n[rotate.verify]\n" + FILE.partition("[verify]\n")[2].partition("[[rule]]")[0]
    text = FILE.replace('how = "Create one."', "") + ROTATE
    assert read(text + asked).rotation.verify.dead
    for old, new, says in (
        ("dead = { status = [401] }\n", "", "`live` and `dead`"),
        ("/me", "/{team}", "{team}"),
    ):
        with pytest.raises(UsageError) as refused:
            read(text + asked.replace(old, new))
        assert says in refused.value.message


def test_what_signing_in_gives_may_stand_in_requests(read):
    text = FILE.replace('how = "Create one."', "") + ROTATE.replace("/keys/{id}", "/{session}/keys/{id}")
    with pytest.raises(UsageError) as refused:
        read(text)
    assert "{session}" in refused.value.message
    acting = (
        '[rotate.acting]\nrequest = { method = "POST", url = "https://api.acme.example/in" }\n'
        'done = { status = [200] }\ntake = { session = "body.token" }\n'
    )
    assert read(text + acting).rotation.acting


VALUE = """
[rotate.value]
request = { method = "GET", url = "https://api.acme.example/keys/{id}/value" }
done = { status = [200] }
take = { secret = "body" }
"""


@pytest.mark.parametrize(("old", "new", "says"), [
    ("among = true", 'form = "der"', "`form` has to be one of"),
    ("among = true", 'direct = "("', "`direct` is no regular expression"),
    ('id = "named"\namong = true', 'id = "value"', "there has to be a `value`"),
    ('name = "name", ', "", "has to take `name`"),
    ('name = "name", ', 'created = "made", ', ""),
    ('url = "https://api.acme.example/keys/{id}"', 'url = "https://api.acme.example/{+where}"', "there is no {where}"),
])  # fmt: skip
def test_what_a_rotation_says_of_its_keys_is_checked(read, old, new, says):
    text = FILE.replace('how = "Create one."', "") + ROTATE
    assert old in text
    if not says:
        assert read(text.replace(old, new)).rotation
        return
    with pytest.raises(UsageError) as refused:
        read(text.replace(old, new))
    assert says in refused.value.message


def test_a_value_that_is_asked_for_needs_not_to_be_issued(read):
    text = (FILE + ROTATE).replace('take = { secret = "body.key" }\n', "")
    with pytest.raises(UsageError):
        read(text)
    assert read(text + VALUE).rotation.value
    with pytest.raises(UsageError) as refused:
        read(text + VALUE.replace("secret = ", "key = "))
    assert "`value` has to take `secret`" in refused.value.message


def test_a_person_may_do_what_no_credential_does(read):
    said = (FILE + ROTATE).replace("among = true", "among = true\nby_hand = true")
    assert read(FILE + ROTATE).by_hand is False
    assert read(said).by_hand
    assert read(said + REVOKE).revocation
    with pytest.raises(UsageError) as refused:
        read(said.replace('console = "https://acme.example/keys"', "").replace('how = "Create one."', ""))
    assert "`by_hand` of [rotate] needs" in refused.value.message


def test_a_part_that_only_a_person_gives_is_not_looked_for(read):
    part = '[[rule.with]]\nname = "team"\ngiven = true\n'
    asked = FILE.replace("api.acme.example/me", "api.acme.example/{team}")
    found = read(asked + part)
    assert found.given == {"team"}
    assert found.rule.halves == ()
    with pytest.raises(UsageError):
        read(asked + part + 'pattern = "x"\n')


def test_every_form_is_known_to_both_sides():
    assert set(rotatefile.FORMS) == set(FORMS)
