"""Of keys that look alike only the leaked one is touched, and no new key may do more than the old one."""

import pytest
from fakes.world import FAKES, declared, fake
from hypothesis import given
from hypothesis import strategies as st

from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate.providers.declared import Declared, Kind
from unleak.scan.examples import expand
from unleak.verify.http import Https

MADE_UP = [name for name in FAKES if fake(name).shape]
SCOPES = st.frozensets(st.sampled_from(["read", "write", "delete", "admin"]))


def alike(world):
    """Another key of the owner with the same name, rights and last four characters."""
    secret = expand(world.shape, 99)[:-4] + world.leaked.secret[-4:]
    assert secret != world.leaked.secret
    return world.make(world.leaked.name, shape=secret, **world.leaked.fields)


@pytest.mark.parametrize("bench", MADE_UP, indirect=True)
def test_of_two_keys_with_the_same_last_four_the_leaked_one_is_revoked(bench):
    world, other = bench.world, alike(bench.world)
    identity = bench.identity
    assert identity.credential_id == world.leaked.id != other.id
    bench.provider.revoke(identity, identity.credential_id)
    assert world.lives(other.secret)
    assert not world.lives(world.leaked.secret)
    assert bench.provider.verify(bench.credential(other)).liveness is Liveness.LIVE


@pytest.fixture(scope="module")
def scoped():
    """A provider whose keys have scopes."""
    rule, said = next((rule, said) for rule, said in declared().values() if said.same == ("scopes",))
    return Declared(Kind(rule, said, {}, lambda text: []), "env:ADMIN", Secret("x"), Https())


@given(old=SCOPES, new=SCOPES)
def test_scopes_never_widen(scoped, old, new):
    before, after = (Identity("acme", "", "", "", scopes=tuple(sorted(one))) for one in (old, new))
    assert (scoped.differs(before, after) == "") == (new <= old)
