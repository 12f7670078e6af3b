"""Azure Key Vault and the endpoint of its tokens, as their references describe them."""

import itertools
from urllib.parse import parse_qs

from services.served import Refused, Service


class FakeAzure(Service):
    """One vault. `secrets` hold the versions of each, oldest first."""

    page = 25

    def __init__(self, token):
        super().__init__(token)
        self.secrets, self.deleted, self.purges, self.ids = {}, set(), True, itertools.count(1)

    # --- what its users do -----------------------------------------------------------------------

    def fill(self, name, text, **more):
        name = name.partition("/")[2]
        row = {"id": f"{self.address}/secrets/{name}/{next(self.ids):032x}", "value": text, **more}
        row["attributes"] = {"enabled": True, "created": 1, **row.get("attributes", {})}
        self.secrets.setdefault(name, []).append(row)
        return row

    def text(self, name):
        return self.secrets[name.partition("/")[2]][-1]["value"]

    # --- what it answers -------------------------------------------------------------------------

    def handle(self, method, target, headers, content):
        if target.endswith("/oauth2/v2.0/token"):
            form = {name: values[0] for name, values in parse_qs(content.decode()).items()}
            self.asked.append(f"{method} {target}")
            if (
                form.get("client_secret") != "s3cr3t"
                or form.get("scope") != "https://vault.azure.net/.default"
            ):
                raise Refused(401)
            return {"access_token": self.token, "expires_in": 3599}
        return super().handle(method, target, headers, content)

    def answer(self, method, path, query, body):
        assert query.get("api-version") == "7.4"
        match method, *path.strip("/").split("/"):
            case "GET", "secrets":
                rows = [self.item(rows[-1], short=True) for _, rows in sorted(self.secrets.items())]
                return self.list(path, rows, query)
            case "GET", "secrets", name, "versions":
                return self.list(path, [self.item(row) for row in self.rows(name)], query)
            case "GET", "secrets", name, *version:
                found = [row for row in self.rows(name) if not version or row["id"].endswith(version[0])]
                if not found:
                    raise Refused(404)
                return found[-1]
            case "PUT", "secrets", name:
                if name in self.deleted:
                    raise Refused(409)
                return self.fill(f"v/{name}", **{"text": body.pop("value"), **body})
            case "DELETE", "secrets", name:
                self.rows(name)
                del self.secrets[name]
                self.deleted.add(name)
                return {}
            case "DELETE", "deletedsecrets", name:
                if not self.purges:
                    raise Refused(403)
                self.deleted.discard(name)
                return None
        raise Refused(404)

    def rows(self, name):
        if name not in self.secrets:
            raise Refused(404)
        return self.secrets[name]

    def item(self, row, *, short=False):
        kept = {key: value for key, value in row.items() if key != "value"}
        return kept | ({"id": row["id"].rpartition("/")[0]} if short else {})

    def list(self, path, rows, query):
        begin = int(query.get("$skiptoken", 0))
        end = begin + self.page
        more = f"{self.address}{path}?api-version=7.4&$skiptoken={end}" if end < len(rows) else None
        return {"value": rows[begin:end], "nextLink": more}
