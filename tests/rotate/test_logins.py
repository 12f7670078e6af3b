"""User names and passwords that change together."""

import pytest

from unleak.core.errors import RotationError
from unleak.core.secret import Secret
from unleak.rotate.logins import swap
from unleak.rotate.ports import Credential, Trait

OLD, NEW = Credential("pay", Secret("hunter/22")), Credential("pay_0a1b", Secret("Zx90"))
LOGIN = frozenset({Trait.LOGIN})


def swapped(text):
    return swap(Secret(text), OLD, NEW, LOGIN, "aws-sm://prod").reveal()


@pytest.mark.parametrize(("before", "after"), [
    ("postgresql://pay:hunter/22@pay.db/pay?user=x", "postgresql://pay_0a1b:Zx90@pay.db/pay?user=x"),
    ("host=pay user=pay dbname=pay password='hunter/22'", "host=pay user=pay_0a1b dbname=pay password='Zx90'"),
    ("jdbc:postgresql://pay/pay?password=hunter/22&user=pay", "jdbc:postgresql://pay/pay?password=Zx90&user=pay_0a1b"),
    ('{"mq": "amqp://pay:hunter/22@h/pay", "ui": "http://pay:hunter/22@h:15672"}',
     '{"mq": "amqp://pay_0a1b:Zx90@h/pay", "ui": "http://pay_0a1b:Zx90@h:15672"}'),
    ('{"db":  "pay",\n"user": "pay", "password": "hunter\\/22"}',
     '{"db":  "pay",\n"user": "pay_0a1b", "password": "Zx90"}'),
    ('{"a": {"login": "pay", "pw": "hunter/22"}, "b": {"login": "pay", "n": 1.50}}', None),
    ('{"a": {"login": "pay", "pw": "hunter/22"}, "b": {"name": "pay", "n": 1.50}}',
     '{"a": {"login": "pay_0a1b", "pw": "Zx90"}, "b": {"name": "pay", "n": 1.50}}'),
    ('{"u": "postgres://pay:hunter/22@h/pay", "DB_USER": "pay", "DB_PASS": "hunter/22", "MQ_USER": "pay"}',
     '{"u": "postgres://pay_0a1b:Zx90@h/pay", "DB_USER": "pay_0a1b", "DB_PASS": "Zx90", "MQ_USER": "pay"}'),
    ("# pay\nexport PGUSER=pay\nPGDATABASE=pay\nPGPASSWORD='hunter/22'\n",
     "# pay\nexport PGUSER=pay_0a1b\nPGDATABASE=pay\nPGPASSWORD='Zx90'\n"),
    ("hunter/22", None), ('{"password": "hunter/22"}', None), ('{"user": "another", "password": "hunter/22"}', None),
    ("postgres://other:hunter/22@h/pay", None), ("postgres://mypay:hunter/22@h/pay", None),
    ('{"A_USER": "pay", "B_USER": "pay", "PASSWORD": "hunter/22"}', None),
    ('["pay", "hunter/22"]', None),
    ("postgres://pay:hunter/22@h/pay and hunter/22", None),
])  # fmt: skip
def test_the_name_changes_where_it_belongs_to_the_password(before, after):
    if after is None:
        with pytest.raises(RotationError, match="does not clearly belong"):
            swapped(before)
    else:
        assert swapped(before) == after


def test_a_name_stays_where_the_provider_keeps_it():
    assert swap(Secret("pay hunter/22"), OLD, NEW, frozenset(), "x").reveal() == "pay Zx90"
    assert (
        swap(
            Secret("pay hunter/22"), OLD, Credential("new", NEW.secret), frozenset({Trait.PAIR}), "x"
        ).reveal()
        == "new Zx90"
    )
