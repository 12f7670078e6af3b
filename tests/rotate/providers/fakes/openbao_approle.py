"""Secret ids of OpenBao's AppRoles (and of Vault's): a real server in development mode on 127.0.0.1."""

from datetime import datetime
from types import SimpleNamespace

import httpx
from fakes.openbao import server
from fakes.world import World


class Service(World):
    """A secret id of role web at the mount machines/web, made long ago by the root token."""

    rule = "hashicorp.approle-secret-id"
    against = "a real server (OpenBao)"
    rights = {
        "cidr_list": ["127.0.0.0/8"],
        "token_bound_cidrs": ["127.0.0.0/8"],
        "metadata": {"team": 'a "b"'},
    }
    mount = "machines/web"

    def __init__(self) -> None:
        self.call("DELETE", f"sys/auth/{self.mount}")
        self.call("POST", f"sys/auth/{self.mount}", {"type": "approle"})
        self.call("POST", self.path, {"token_policies": ["payments"], "secret_id_ttl": "4h"})
        role_id = self.call("GET", f"{self.path}/role-id").json()["data"]["role_id"]
        self.parts = {"base_url": "https://vault.example:8200", "mount": self.mount, "role_id": role_id}
        made = self.call("POST", "auth/token/create", {"policies": ["root"], "no_parent": True}).json()[
            "auth"
        ]
        self.admin = SimpleNamespace(secret=made["client_token"])
        old = self.call("POST", f"{self.path}/secret-id", {
            "metadata": '{"team": "a \\"b\\""}', "cidr_list": ["127.0.0.0/8"], "token_bound_cidrs": ["127.0.0.0/8"],
            "ttl": "1h",
        }).json()["data"]  # fmt: skip
        self.leaked = SimpleNamespace(id=old["secret_id_accessor"], secret=old["secret_id"])
        self.until = self.expires(old["secret_id_accessor"])

    @property
    def path(self):
        return f"auth/{self.mount}/role/web"

    def call(self, method, path, data=None, token="root"):
        return server().request(method, path, json=data, headers={"X-Vault-Token": token})

    def looked(self, accessor):
        reply = self.call("POST", f"{self.path}/secret-id-accessor/lookup", {"secret_id_accessor": accessor})
        return reply.json()["data"] if reply.status_code == 200 else None

    def expires(self, accessor):
        return datetime.fromisoformat(self.looked(accessor)["expiration_time"][:19] + "+00:00")

    def lives(self, secret):
        reply = self.call(
            "POST", f"auth/{self.mount}/login", {"role_id": self.parts["role_id"], "secret_id": secret}
        )
        return reply.status_code == 200

    def by_id(self, key_id):
        """What is known of a secret id, in the words of `rights`."""
        said = self.looked(key_id)
        if said is None:
            return None
        metadata = dict(said["metadata"])
        name = metadata.pop("unleak_rotation", "")
        fields = {
            "cidr_list": said["cidr_list"],
            "token_bound_cidrs": said["token_bound_cidrs"],
            "metadata": metadata,
        }
        return SimpleNamespace(id=key_id, name=name, expires=self.expires(key_id), fields=fields)

    def answer(self, request):
        """From the server itself."""
        assert request.headers["host"] == "vault.example:8200"
        headers = {name: value for name, value in request.headers.items() if name == "x-vault-token"}
        path = request.url.raw_path.decode().removeprefix("/v1/")
        came = server().request(request.method, path, headers=headers, content=request.content)
        return httpx.Response(came.status_code, headers={"date": came.headers["date"]}, content=came.content)
