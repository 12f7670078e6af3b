"""Where deploy keys are kept: one repository of GitHub or GitLab, and the requests that list, add and remove them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from unleak.core.rotating import Exchange
from unleak.core.verification import Condition, Request

PART = {"github": "repository", "gitlab": "project"}
"""The part by which a person names the repository, by forge."""
HOSTS = {"github": "github.com", "gitlab": "gitlab.com"}
TITLES = {"github": "GitHub", "gitlab": "GitLab"}
ADMIN = {
    "github": "a token that may administrate the repository (fine-grained: Administration, read and write)",
    "gitlab": "a token with the scope `api` of a maintainer of the project",
}
"""What the credential that acts has to be."""
SIZE = 100
"""Keys of a page."""
_GITHUB_HEADERS: tuple[tuple[str, str], ...] = (
    ("Authorization", "Bearer {admin}"),
    ("Accept", "application/vnd.github+json"),
    ("X-GitHub-Api-Version", "2022-11-28"),
)
_GITLAB_HEADERS: tuple[tuple[str, str], ...] = (("PRIVATE-TOKEN", "{admin}"),)
_GITHUB_ROW = {"id": "id", "name": "title", "created": "created_at", "public": "key", "writes": "read_only == `false`",
               "unusable": "verified == `false` || enabled == `false`"}  # fmt: skip
_GITLAB_ROW = {"id": "id", "name": "title", "created": "created_at", "expires": "expires_at", "public": "key",
               "writes": "can_push == `true`"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository. Holds no secret."""

    forge: str
    """One of HOSTS."""
    host: str
    path: str
    """`OWNER/REPO`; of GitLab, with all groups."""

    @property
    def address(self) -> str:
        """By which people know it."""
        return f"{self.host}/{self.path}"

    @property
    def named(self) -> bool:
        """Whether the user named the host."""
        return self.host != HOSTS[self.forge]

    @property
    def details(self) -> dict[str, object]:
        """For `Identity.details`, so that a resumed rotation finds the repository again."""
        return asdict(self)

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "Repository":
        """What `details` told."""
        return cls(**{name: details[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Requests:
    """What is asked of a forge about the deploy keys of one repository."""

    listing: Exchange
    """Takes of each key what is in a row above. It goes on until a page is empty, whatever headers say: a list that was
    cut short would prove a key dead that lives."""
    issue: Exchange
    """Holds `{name}`, `{public}`, `{writes}` or `{reads}`, and `{expires}`."""
    revoke: Exchange


def requests(repository: Repository) -> Requests:
    """Of the forge that keeps `repository`."""
    if repository.forge == "github":
        start = "https://{host}/api/v3" if repository.named else "https://api.github.com"
        keys, row = f"{start}/repos/{{+path}}/keys", _GITHUB_ROW
        headers = _GITHUB_HEADERS
        body = '{"title": "{name}", "key": "{public}", "read_only": "{reads}"}'
    else:
        keys, row = "https://{host}/api/v4/projects/{path}/deploy_keys", _GITLAB_ROW
        headers = _GITLAB_HEADERS
        body = '{"title": "{name}", "key": "{public}", "can_push": "{writes}", "expires_at": "{expires}"}'
    listing = Request("GET", f"{keys}?per_page={SIZE}&page={{page}}", headers)
    return Requests(
        Exchange(
            listing, (Condition((200,)),), take=tuple(row.items()), rows="body", next="length(body) > `0`"
        ),
        Exchange(Request("POST", keys, headers, json=body), (Condition((201,)),), take=(("id", "body.id"),)),
        Exchange(
            Request("DELETE", f"{keys}/{{id}}", headers), (Condition((204,)),), gone=(Condition((404,)),)
        ),
    )
