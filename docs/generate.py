"""Writes what the documents say of the rules: `make docs`. With --check, says whether it is current."""

import importlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from unleak.cli import config
from unleak.cli.rotation_stores import SEARCHABLE
from unleak.core.model import Rule
from unleak.core.registry import Registry
from unleak.core.rotating import KEY, NAMED, Exchange, Rotating
from unleak.core.verification import names
from unleak.rotate.forges import PART, TITLES
from unleak.rotate.ports import Trait
from unleak.rotate.providers import PROVIDERS as ADAPTERS
from unleak.rotate.providers.aws_iam import AwsIam
from unleak.rotate.restarts import RESTARTS
from unleak.rotate.stores import STORES as READABLE
from unleak.rotate.write_only import WRITE_ONLY
from unleak.scan import rulefile, ruleset
from unleak.scan.checks import CHECKS
from unleak.scan.examples import ALPHABETS, SHAPES
from unleak.verify.signed import SIGNED

HERE = Path(__file__).parent
KINDS = ("live or dead", "live", "not")
SERVICES = """\
# Services

{figures} What `unleak scan --verify` can tell of a key: *live or dead*, or only *live*, because the provider does not
document what it answers to a dead key, or *not*. `unleak rules list` and `unleak rules show` have the details.

| service | what is found, and what can be told of it |
|---|---|
{rows}
"""
PROVIDERS = """\
# Providers

What `unleak rotate` can do with keys of each service, as its adapter or rule file says. [Rotation](rotation.md) tells
how it is done, [rotation in a rule file](rotation-rules.md) what `[rotate]` means.

{table}

*rights kept*: what is the same of the new key, and what is chosen, which the plan names. *tested against*:
`tests/rotate/providers` holds the fakes, which answer as the provider documents it; nothing was tried at a provider
itself.

## With a person

{by_hand}

## What no program issues, and why

As far as these services document it:

| service | why |
|---|---|
| Anthropic | its API makes no keys; with `--admin`, unleak ends the leaked one, which you name |
| Azure storage | an account has two keys for everybody; a new one ends an old one in the same moment |
| Datadog application keys | they are checked only together with an API key |
| DigitalOcean | its API makes no tokens; unleak revokes the leaked one |
| Elastic Cloud | keys of an organization are made by a person; keys of a cluster are in the table above |
| Fastly | a token is issued to a person only, who gives the password; unleak revokes the leaked one |
| GitHub App installation tokens | they live for an hour, without name or list; unleak revokes the leaked one |
| HCP Terraform teams, organizations | no answer tells whose a team's token is; an organization has only one |
| Mailgun sending keys | no request that changes nothing tells whether they live |
| Netlify | the request that revokes is not documented |
| npm | a new token takes a password and a one-time code, so a person makes it; unleak revokes the leaked one |
| OpenAI | a key's scopes are not told, so a new one could do more; with `--admin`, unleak ends the leaked one |
| Sentry | what is answered to a deleted token is not documented, so it could not be proved dead |
| Shopify | to revoke the token, the request uninstalls the app |
| Slack bots | to revoke the token, the request deactivates the bot user, which the new token belongs to as well |
| Twilio auth tokens | no answer tells whose a secondary token is, so one whose value was lost could not be taken back |

A person replaces them: with `unleak rotate` where the provider tells a dead key, otherwise at the page that the
report names.
"""
STORES = """\
# Stores and restarts

Where `unleak rotate` puts new keys, and how services that keep what they read are made to read anew.
[Rotation](rotation.md#the-stores) tells how each is written, what it needs, and what it cannot do.

{stores}

*found*: whether `--store` searches for the leaked value; what is not searched is named with `--target`. *way back*:
what undo writes. Nothing was tried at a service itself.

{restarts}

## What is not written, and why

| what | why |
|---|---|
| GitLab variables of groups and servers | projects may hide them with variables of their own |
| Vercel's shared variables | they are a team's, and no place for texts has the same readers |
| regional secrets of Google Secret Manager | each Region has a server of its own |
| immutable Secrets of Kubernetes | the server takes no change; a new one has to be mounted |
| certificates' secrets in Azure Key Vault | the certificate makes them |
| binary secrets | a key in them has no form that could be replaced alone |
"""
MOTO = "a local AWS (moto)"
FAKE = "a server of the documented answers"
PRISM = FAKE + ", the provider's own description of its API (Prism)"
AGAINST = {
    "aws-sm": MOTO,
    "aws-ssm": MOTO,
    "azure-kv": FAKE,
    "doppler": PRISM,
    "env": "files",
    "gcp-sm": PRISM,
    "gitlab-ci": FAKE,
    "k8s": FAKE,
    "vault-kv": "OpenBao, a real server",
    "vercel": PRISM,
    "github-actions": PRISM,
    "github-dependabot": PRISM,
    "vercel-sensitive": PRISM,
}
"""What each store is tested against: the harnesses of tests/rotate/stores and tests/rotate/write_only."""
SEEN = {
    "command": ("it ends with 0", "programs"),
    "ecs": ("its deployment, or a later one, is through", MOTO),
    "k8s": ("all its pods are new and ready", FAKE),
    "lambda": ("the change of its configuration is through", MOTO),
    "vercel": ("the new deployment serves production", FAKE),
    "webhook": ("it answers 2xx", FAKE),
}
"""How each restart is seen to have happened, and what it is tested against."""
COLUMNS = (
    "keys",
    "verify",
    "identify",
    "issue",
    "find",
    "disable",
    "revoke",
    "prove dead",
    "rights kept",
    "tested against",
)


def documents() -> dict[Path, str]:
    """The text that each document should have."""
    rules = ruleset.load().rules
    page = (HERE / "rules.md").read_text(encoding="utf-8")
    for name, text in (("figures", figures(rules)), ("checks", checks(rules)), ("generators", generators())):
        page = _filled(page, name, text)
    configuration = (HERE / "configuration.md").read_text(encoding="utf-8")
    return {
        HERE / "configuration.md": _filled(configuration, "settings", settings()),
        HERE / "unleak.schema.json": json.dumps(config.schema(), indent=2) + "\n",
        HERE / "rules.md": page,
        HERE / "services.md": services(rules),
        HERE / "providers.md": providers(rules),
        HERE / "stores.md": stores(),
    }


def figures(rules: Sequence[Rule]) -> str:
    """How many there are."""
    told = Counter(map(verified, rules))
    services = {rule.service for rule in rules}
    asked = {rule.service for rule in rules if verified(rule) != "not"}
    return (
        f"There are {len(rules):,} rules for {len(services):,} services. Of {len(asked):,} services the provider can "
        f"be asked about a key: {told['live or dead']:,} rules tell live or dead, {told['live']:,} only live."
    )


def verified(rule: Rule) -> str:
    """What the provider's answer tells of a key, one of KINDS."""
    if rule.id in SIGNED:
        return "live or dead"
    if rule.verification is None:
        return "not"
    return "live or dead" if rule.verification.dead else "live"


def checks(rules: Sequence[Rule]) -> str:
    """The table of checks, with the first line of what each module says of itself."""
    used = Counter(name for rule in rules for name in rule.checks)
    rows = [(f"`{name}`", _about(name), f"{used[name]:,}") for name in CHECKS]
    return table(("check", "what it looks at", "rules"), rows)


def generators() -> str:
    """What templates may name."""
    rows = [
        (f"`${{{name}:…}}`", "random text of its alphabet", _letters(text))
        for name, text in ALPHABETS.items()
    ]
    rows += [(f"`${{{name}}}`", _first(make.__doc__), "") for name, make in SHAPES.items()]
    return table(("place", "what it becomes", "characters"), rows)


def settings() -> str:
    """The tables of settings."""
    parts = []
    for title, fields in (
        ("`[rotate]` for all keys, and `[[keys]]`", config.HOW),
        ("`[[keys]]`", config.WHERE),
    ):
        rows = []
        for name, field in fields.items():
            shape = ", ".join(f"`{one}`" for one in field.choices) or config.SHAPES[field.shape][0]
            rows.append((f"`{name}`", shape, field.text))
        parts.append(table((title, "is", "says"), rows))
    return "\n\n".join(parts)


def services(rules: Sequence[Rule]) -> str:
    """The page of all services."""
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.service, []).append(rule)
    ordered = sorted(found.values(), key=lambda same: (same[0].service_title.casefold(), same[0].service))
    rows = "\n".join(f"| {_named(same)} | {_told(same)} |" for same in ordered)
    return SERVICES.format(figures=figures(rules), rows=rows)


def stores() -> str:
    """The page of where keys are put, and what is restarted."""
    rows = [
        (f"`{name}://`", _said(WRITE_ONLY if name in WRITE_ONLY else READABLE, name),
         "yes" if name in SEARCHABLE else "no",
         "the leaked key, if it is given" if name in WRITE_ONLY else "the old text", AGAINST[name])
        for name in (*READABLE, *WRITE_ONLY)
    ]  # fmt: skip
    again = [(f"`{name}://`", _said(RESTARTS, name), *SEEN[name]) for name in RESTARTS]
    return STORES.format(
        stores=table(("reference", "store", "found", "way back", "tested against"), rows),
        restarts=table(
            ("reference", "what is restarted", "seen to have happened when", "tested against"), again
        ),
    )


def _said(registry: Registry[Any], name: str) -> str:
    """The first sentence of what a module says of itself."""
    said = " ".join((sys.modules[registry[name].__module__].__doc__ or "").split())
    return said.partition(". ")[0].rstrip(".").replace("|", "\\|")


def providers(rules: Sequence[Rule]) -> str:
    """The page of what can be rotated."""
    against = _tested()
    rotated = {rule.id: rule for rule in rules if rule.replacement.provider == rulefile.DECLARED}
    paths = [path for path in ruleset.files() if path.stem in {rule.service for rule in rotated.values()}]
    found: dict[int, tuple[Rotating, list[Rule]]] = {}
    for one in rulefile.read_all(paths):
        if one.rotation and one.rule.id in rotated:
            found.setdefault(id(one.rotation), (one.rotation, []))[1].append(one.rule)
    rows = [_provider(said, same, against) for said, same in found.values()]
    return PROVIDERS.format(
        table=table(
            COLUMNS,
            [_iam(), *_databases(), *_deploy_keys(), *sorted(rows, key=lambda row: row[0].casefold())],
        ),
        by_hand=by_hand(rules),
    )


def by_hand(rules: Sequence[Rule]) -> str:
    """What of it is a person's work, and what a request does in a person's place."""
    consoles = {rule.service for rule in rules if rule.replacement.console}
    definitions = rulefile.read_all(path for path in ruleset.files() if path.stem in consoles)
    known = {rule.id for rule in rules}
    able = [one for one in definitions if one.by_hand and one.rule.id in known]
    requests: dict[tuple[str, str], list[Rule]] = {}
    for one in able:
        if one.revocation:
            sent = _request(one.revocation.revoke)
            requests.setdefault((one.rule.service, sent), []).append(one.rule)
    rows = [(_cell(", ".join(rule.title for rule in same)), sent) for (_, sent), same in requests.items()]
    head = (
        f"Keys of {len(able):,} more rules ({len({one.rule.service for one in able}):,} services) are replaced "
        "[with a person](rotation.md#keys-that-only-a-person-can-issue) who makes the new key and deletes the old "
        "one, unless one of these requests revokes it:"
    )
    return f"{head}\n\n{table(('keys', 'revoke'), sorted(rows, key=lambda row: row[0].casefold()))}"


def _provider(said: Rotating, same: Sequence[Rule], against: dict[str, str]) -> tuple[str, ...]:
    rule = same[0]
    told = [name for name, _ in rule.verification.identify] if rule.verification else []
    learned = [name for exchange in said.learn for name, _ in exchange.take]
    kept = [
        *said.same,
        *_carried(said),
        *(f"{name} ({value} unless chosen)" for name, value in said.defaults),
    ]
    return (
        _cell(", ".join(dict.fromkeys(rule.title for rule in same))),
        "live or dead" if said.verify else verified(rule),
        _cell(", ".join(dict.fromkeys([*told, *learned, *_named_by(said)])) or "its id alone"),
        _request(said.issue),
        "by its name",
        "yes" if said.disable else "no",
        _request(said.revoke),
        "the documented answer" if said.verify or verified(rule) == "live or dead" else "not possible",
        _cell(", ".join(kept)) or "all keys of an owner are alike",
        next((against[one.id] for one in same if one.id in against), "nothing"),
    )


def _named_by(said: Rotating) -> list[str]:
    """How the leaked key is told from the owner's others, where that is worth a word."""
    return {NAMED: ["which key it is: a person says"], "hint": ["which key it is: its first characters"]}.get(
        said.id, []
    )


def _iam() -> tuple[str, ...]:
    """An adapter of its own, as no rule file describes such requests."""
    traits = AwsIam.traits
    return ("AWS access key of an IAM user", "live or dead", "account, principal", "`CreateAccessKey`",
            "by its name" if Trait.NAME in traits else "against the recorded list",
            "yes" if Trait.DISABLE in traits else "no", "`DeleteAccessKey`", "the documented answer", "principal",
            "a local AWS (moto)")  # fmt: skip


def _databases() -> list[tuple[str, ...]]:
    """Adapters to servers, which are asked in their own protocols."""
    told = {
        "postgresql": ("Password of a PostgreSQL role", "`CREATE ROLE`", "`NOLOGIN`, no password, sessions ended"),
        "postgresql-same-user": (
            "the same with `--same-user`", "`ALTER ROLE … PASSWORD`, in the old one's place", "sessions ended",
        ),
        "rabbitmq": ("Password of a RabbitMQ user", "`PUT /api/users`", "`DELETE /api/users`, connections closed"),
        "rabbitmq-same-user": (
            "the same with `--same-user`", "`PUT /api/users`, in the old one's place", "connections closed",
        ),
        "mariadb": ("Password of a MariaDB account", "`ALTER USER`, a second one", "`ALTER USER`, connections closed"),
        "mongodb": ("Password of a MongoDB user", "`createUser`", "`killAllSessions`, `dropUser`"),
        "mysql": (
            "Password of a MySQL account", "`ALTER USER … RETAIN CURRENT PASSWORD`",
            "`DISCARD OLD PASSWORD`, connections closed",
        ),
        "redis": ("Password of a Redis ACL user", "`ACL SETUSER`, a second one", "`ACL SETUSER`, connections closed"),
    }  # fmt: skip
    return [
        (keys, "live or dead", "user", issue, _found(ADAPTERS[name].traits),
         "yes" if Trait.DISABLE in ADAPTERS[name].traits else "no", revoke, "the documented answer",
         "the user's, whose name or membership stays",
         "a fake of the documented commands" if name in {"mongodb", "mysql"} else "a real server")
        for name, (keys, issue, revoke) in told.items()
    ]  # fmt: skip


def _deploy_keys() -> list[tuple[str, ...]]:
    """An adapter for two services: private keys do not tell where they are used."""
    fake, described = (
        "a fake of the documented answers",
        ", the provider's own description of its API (Prism)",
    )
    told = {
        "github": (
            "`POST /repos/{owner}/{repo}/keys`",
            "`DELETE /repos/{owner}/{repo}/keys/{id}`",
            "read or write",
            f"{fake}{described}",
        ),
        "gitlab": (
            "`POST /projects/{id}/deploy_keys`",
            "`DELETE /projects/{id}/deploy_keys/{id}`",
            "read or write, expiry",
            fake,
        ),
    }
    traits = ADAPTERS["deploy-keys"].traits
    return [
        (f"SSH deploy key of a {PART[forge]} ({TITLES[forge]})", "live or dead", f"{PART[forge]}, which a person names",
         issue, _found(traits), "yes" if Trait.DISABLE in traits else "no", revoke,
         f"the complete list, for that {PART[forge]} alone", kept, against)
        for forge, (issue, revoke, kept, against) in told.items()
    ]  # fmt: skip


def _found(traits: frozenset[Trait]) -> str:
    return "in the store, where it waits" if Trait.SINGLE in traits else "by its name"


def _carried(said: Rotating) -> list[str]:
    """What is taken of the old key and sent with the request for the new one."""
    taken = dict(said.listing.take) | (dict(said.get.take) if said.get else {})
    sent = set().union(*map(names, said.issue.request.templates()))
    return sorted((set(taken) - set(KEY)) & sent - set(said.same))


def _request(said: Exchange) -> str:
    return f"`{said.request.method} {urlsplit(said.request.url).path}`"


def _tested() -> dict[str, str]:
    """What the keys of rules are tested against, as the tests say."""
    sys.path.append(str(HERE.parent / "tests" / "rotate" / "providers"))
    fakes = importlib.import_module("fakes.world").FAKES
    found = [importlib.import_module(f"fakes.{name}").Service for name in fakes]
    described = ", the provider's own description of its API (Prism)"
    return {one.rule: one.against + (described if one.contracts else "") for one in found}


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _named(same: Sequence[Rule]) -> str:
    return f"[{_cell(same[0].service_title)}]({same[0].docs})"


def _told(same: Sequence[Rule]) -> str:
    groups = {kind: [rule for rule in same if verified(rule) == kind] for kind in KINDS}
    parts = [
        f"*{kind}*: {', '.join(_cell(_short(rule)) for rule in group)}"
        for kind, group in groups.items() if group
    ]  # fmt: skip
    return "; ".join(parts)


def _short(rule: Rule) -> str:
    """The title without the service's name, which stands beside it."""
    return rule.title.removeprefix(f"{rule.service_title} ")


def _cell(text: str) -> str:
    return "".join(f"\\{character}" if character in "|*_[]<>`" else character for character in text)


def _about(name: str) -> str:
    return _first(sys.modules[CHECKS[name].__module__].__doc__)


def _first(text: str | None) -> str:
    """The first line of a docstring, without its period."""
    return (text or "").strip().partition("\n")[0].rstrip(".").replace("|", "\\|")


def _letters(text: str) -> str:
    return f"`{text}`" if len(text) < 20 else f"{len(text)}"


def _filled(page: str, name: str, text: str) -> str:
    head, mark, rest = page.partition(f"<!-- generated: {name} -->\n")
    _, end, tail = rest.partition("<!-- end -->\n")
    if not (mark and end):
        sys.exit(f"a document has no place for {name}")
    return f"{head}{mark}{text}\n{end}{tail}"


def main(check: bool) -> int:
    """Write the documents, or with `check` name those that are not current."""
    stale = {
        path: text
        for path, text in documents().items()
        if not path.exists() or path.read_text("utf-8") != text
    }
    for path, text in stale.items():
        if check:
            print(f"{path.name} is not current: run `make docs`", file=sys.stderr)
        else:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
