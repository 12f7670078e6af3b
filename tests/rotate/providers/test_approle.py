"""Secret ids of AppRoles on a real server: what is told of their bounds."""

import pytest

from unleak.core.secret import Secret
from unleak.rotate.ports import Credential


@pytest.fixture
def make(bench):
    """Makes another secret id of the role, as somebody else would."""

    def made(**fields) -> Credential:
        said = bench.world.call("POST", f"{bench.world.path}/secret-id", fields).json()["data"]
        return Credential(said["secret_id_accessor"], Secret(said["secret_id"]))

    return made


pytestmark = pytest.mark.parametrize("bench", ["openbao_approle"], indirect=True)


def test_one_for_more_addresses_may_not_take_its_place(bench, make):
    bounds = {"cidr_list": ["127.0.0.0/8"], "token_bound_cidrs": ["127.0.0.0/8"]}
    old = bench.identity
    assert bench.provider.differs(old, bench.provider.verify(make(**bounds)).identity) == ""
    for name in bounds:
        wider = bench.provider.verify(make(**{one: value for one, value in bounds.items() if one != name}))
        assert bench.provider.differs(old, wider.identity), name


def test_one_whose_uses_are_counted_is_refused(bench, make):
    counted = bench.provider.verify(make(num_uses=9)).identity
    assert "counted" in bench.provider.refusal(counted)
