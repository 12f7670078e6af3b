"""GitHub, as its reference describes secrets of Actions and Dependabot: sealed when they come, never given out."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from nacl.public import PrivateKey, SealedBox
from services.served import Refused, Service

MEMBERS = ("encrypted_value", "key_id", "visibility", "selected_repository_ids")


class FakeGitHub(Service):
    """`rows` holds the secrets of each place, such as `repos/team/shop/actions`."""

    def __init__(self, token):
        super().__init__(token)
        self.rows, self.private, self.later = {}, PrivateKey.generate(), 0

    # --- what its users do -----------------------------------------------------------------------

    def fill(self, place, values, **more):
        """Somebody writes."""
        rows = self.rows.setdefault(place, {})
        for name, value in values.items():
            self.later += 1
            at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self.later)
            rows[name] = {
                **rows.get(name, {}),
                **more,
                "value": value,
                "at": at.isoformat().replace("+00:00", "Z"),
            }

    def values(self, place):
        """What jobs are given."""
        return {name: row["value"] for name, row in self.rows[place].items()}

    # --- what it answers -------------------------------------------------------------------------

    def answer(self, method, path, query, body):
        place, found, rest = path.removeprefix("/").partition("/secrets/")
        if not found or unquote(place) not in self.rows:
            raise Refused(404)
        place, (name, *more) = unquote(place), rest.split("/")
        row = self.rows[place].get(name)
        match method, name, more:
            case "GET", "public-key", []:
                return {
                    "key_id": "568250167242549743",
                    "key": b64encode(bytes(self.private.public_key)).decode(),
                }
            case "GET", _, [] if row:
                shown = {"name": name, "created_at": "2020-01-01T00:00:00Z", "updated_at": row["at"]}
                return shown | ({"visibility": row["visibility"]} if "visibility" in row else {})
            case "GET", _, ["repositories"] if row:
                found = self.paged([{"id": one} for one in row["selected_repository_ids"]], query)
                return {"total_count": len(row["selected_repository_ids"]), "repositories": found}
            case "PUT", _, [] if row:
                self.put(place, name, body)
                return None
        raise Refused(404)

    def put(self, place, name, body):
        """An organisation forgets the repositories that are not named again."""
        if body["key_id"] != "568250167242549743" or set(body) - set(MEMBERS):
            raise Refused(422)
        value = SealedBox(self.private).decrypt(b64decode(body["encrypted_value"])).decode()
        seen = {key: body[key] for key in ("visibility", "selected_repository_ids") if key in body}
        if place.startswith("orgs/") and "visibility" not in seen:
            raise Refused(422)
        if place.startswith("orgs/"):
            seen.setdefault("selected_repository_ids", [])
        self.fill(place, {name: value}, **seen)
