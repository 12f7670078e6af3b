"""Every request to a provider is one that its own OpenAPI description allows, as Prism judges it.

`make contracts` runs this; without the descriptions or without Prism it is skipped. What a mock without
state cannot show, that a revoked key stops working, the fakes do (test_declared.py).
"""

import httpx
import pytest
from fakes.world import FAKES, Network, fake
from forges.world import forge
from prism import NEEDED, mocked, refusal

from unleak.rotate.ports import Credential

DESCRIBED = [name for name in FAKES if fake(name).contracts]

pytestmark = NEEDED


def exchanged(bench) -> list[httpx.Request]:
    """The requests of a whole rotation, one of each kind."""
    provider = bench.provider
    identity = bench.identity
    provider.acting()
    new = provider.issue(identity, "0a1b2c3d4e")
    provider.verify(new)
    provider.keys(identity)
    provider.key(identity, new.id)
    provider.last_used(identity, new.id)
    provider.find(identity, "0a1b2c3d4e")
    provider.revoke(identity, identity.credential_id)
    return list({(one.method, str(one.url)): one for one in bench.network.requests}.values())


@pytest.mark.parametrize("bench", DESCRIBED, indirect=True)
def test_every_request_is_allowed_by_the_providers_description(bench):
    world, requests, refusals = bench.world, exchanged(bench), {}
    assert requests
    for description, base in bench.world.contracts.items():
        with mocked(description) as address:
            for number, request in enumerate(requests):
                refusals.setdefault(number, []).append(refusal(request, address, base, world.described_by))
    refused = {
        f"{requests[number].method} {requests[number].url.path}": found
        for number, found in refusals.items()
        if "" not in found
    }
    assert refused.keys() == bench.world.undescribed.keys(), refused


def test_requests_about_deploy_keys_are_allowed_by_githubs_description():
    """GitLab's does not tell of deploy keys."""
    world = forge("github")
    network = Network(world)
    provider = world.provider(network)
    identity = provider.verify(Credential("", world.leaked.private)).identity
    provider.issue(identity, "0a1b2c3d4e")
    provider.revoke(identity, identity.credential_id)
    with mocked("github") as address:
        sent = {(one.method, f"{one.url}"): one for one in network.requests}
        refusals = {key: refusal(one, address, "", {}) for key, one in sent.items()}
    assert {method for method, _ in refusals} == {"GET", "POST", "DELETE"}
    assert not any(refusals.values()), refusals
