"""A service that answers GET with the version of the secret it uses: {"version": "<VersionId>"}."""

from unleak.core.install import need


class HttpConsumer:
    """Asks one address; see docs/rotation.md for the contract."""

    def __init__(self, url: str) -> None:
        self.url = url

    def version(self) -> str:
        """The version in use; empty if the service does not answer in the agreed form."""
        need("httpx", "rotate")
        from unleak.verify.http import get_json

        answer = get_json(self.url)
        version = answer.get("version") if isinstance(answer, dict) else None
        return version if isinstance(version, str) else ""
