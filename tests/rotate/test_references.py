"""References to secrets of OpenBao, a real server."""

from unleak.cli.reference import resolve
from unleak.rotate.rotation import Options


def test_a_field_of_a_secret_of_openbao(bao):
    bao.call("POST", "sys/mounts/ops", {"type": "kv", "options": {"version": "2"}})
    bao.call("POST", "ops/data/doppler", {"data": {"token": "held-there"}})
    for scheme in ("vault", "vault-kv"):
        assert resolve(f"{scheme}://ops/doppler#token", Options()).reveal() == "held-there"
