"""GitLab's access tokens of groups."""

from fakes import gitlab


class Service(gitlab.Service):
    """Tokens of group 7."""

    contracts = {}
    undescribed = {}
    place = listing = "groups/7/access_tokens"
    bot = "group_7_bot_{:08x}"
    parts = {"host": "gitlab.acme.example"}

    def answer(self, request):
        assert request.headers["host"] == "gitlab.acme.example"
        return super().answer(request)
