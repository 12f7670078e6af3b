"""GitLab's personal access tokens, which only an administrator of a server issues."""

from fakes import gitlab


class Service(gitlab.Service):
    """Tokens of user 9."""

    contracts = {}
    undescribed = {}
    rights = {"scopes": ["read_repository"]}
    place = "users/9/personal_access_tokens"
    listing = "personal_access_tokens"
    bot = ""
    administrator = True
