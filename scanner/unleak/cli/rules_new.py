"""`unleak rules new`: a rule file to fill in, which is right as it stands."""

import re
import unicodedata
from pathlib import Path

import click

from unleak.cli import output
from unleak.core.errors import UsageError
from unleak.scan.convert import toml_text
from unleak.scan.display import harmless

HERE = Path()
TEMPLATE = """\
# What is known of {title}: the shapes of its keys, how to ask whether one lives, and how it is replaced.
# Everything here is an example that works; replace all of it with what the provider documents.
# docs/rules.md and docs/verification.md describe every key.
service = {service}
docs = "https://{slug}.example/docs/api-keys"          # the provider's page about its keys

# Names of the service in lower case. They tie values to the rules below that have no keywords of their own.
# A dot stands for itself; `_`, `-` and a space stand for one another, or for nothing.
words = {words}
# common = true       # if the name is an everyday word: it then counts only beside `key`, `token` and the like

[replace]                                              # where a person replaces a key
console = "https://{slug}.example/settings/api-keys"

# How to ask the provider whether a key lives: a request that changes nothing and costs nothing.
# Leave the two tables out if there is none. Names in braces are the secret and the parts of [[rule.with]].
[verify]
request = {{ method = "GET", url = "https://api.{slug}.example/v1/me", headers = {{ Authorization = "Bearer {{secret}}" }} }}
live = {{ status = [200] }}
dead = {{ status = [401] }}                              # only if this is what a revoked key gets

[identify]                                             # whose key it is: JMESPath over body, header and status
account = "body.account.name"
scopes = "body.scopes"

# A key with a shape of its own, such as a prefix. Verbose patterns (?x) ignore white space.
[[rule]]
id = "{slug}.api-key"
title = {api_key}
why = "Reads and changes everything in its owner's account."
severity = "high"                                      # critical, high, medium or low
pattern = \'\'\'(?x) \\b ( {prefix}_ [0-9A-Za-z]{{32}} ) \\b\'\'\'  # one group: the secret; every repeat has an upper bound
keywords = ["{prefix}_"]                               # lower case; every match contains one
checks = ["placeholder", "entropy"]                    # see docs/rules.md for those that know checksums
# Templates, so that no token stands in the file: ${{alnum:32}} is random text of 32 characters.
matches = ["{name}_API_KEY={prefix}_${{alnum:32}}", "token: {prefix}_${{alnum:32}}"]
non_matches = ["{name}_API_KEY={prefix}_${{alnum:31}}", "{prefix}_your-key"]

# A key without a shape of its own: found where the service's name ties it to the service.
[[rule]]
id = "{slug}.client-secret"
title = {client_secret}
why = "Obtains tokens of every user of the application."
severity = "critical"
names = {names}                                        # words of variable names that mean it; default: `words`
pattern = \'\'\'[0-9a-f]{{40}}\'\'\'                         # the value alone, without a group
checks = ["placeholder", "entropy"]
matches = ["{name}_CLIENT_SECRET=${{hex:40}}", "{word}ClientSecret: '${{hex:40}}'"]
non_matches = ["COMMIT=${{hex:40}}", "{name}_CLIENT_SECRET=${{hex:39}}"]

# What goes with the secret and is none itself. It is shown whole, and [verify] may name it.
[[rule.with]]
name = "client_id"
names = ["client_id"]
pattern = \'\'\'[0-9a-f]{{20}}\'\'\'
# required = true     # without it, the match is no finding

[rule.verify]                                          # another request for this rule; `verify = false`: none
request = {{ method = "POST", url = "https://api.{slug}.example/oauth/token", form = {{ grant_type = "client_credentials", client_id = "{{client_id}}", client_secret = "{{secret}}" }} }}
live = {{ status = [200], json = "body.access_token" }}
dead = {{ status = [400, 401], contains = ["invalid_client"] }}
"""  # noqa: E501


@click.command(name="new")
@click.argument("service")
@click.option("--directory", type=click.Path(file_okay=False, path_type=Path), default=HERE,
              help="Where to write it, by default here.")  # fmt: skip
def new(service: str, directory: Path) -> None:
    """Write a rule file to fill in.

    SERVICE is the service's name, such as "Acme Cloud"; the file is called after it. As it is written, the file
    passes `unleak rules check`; change it until it describes the service.
    """
    slug = slug_of(service)
    known(slug)
    path = directory / f"{slug}.toml"
    output.create(path, written(slug, service))
    shown = harmless(str(path))
    click.echo(
        f"Written: {shown}. Fill it in, then run\n  unleak rules check {shown}\n  unleak scan --rules {shown}"
    )


def slug_of(service: str) -> str:
    """The name of the file. Raises UsageError if there is nothing to make it of."""
    plain = unicodedata.normalize("NFKD", service).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain.lower()))
    if not slug or len(slug) > 40 or not service.isprintable():
        raise UsageError("The name of the service has to hold letters or digits, forty at most.",
                         "Such as: unleak rules new \"Acme Cloud\".")  # fmt: skip
    return slug


def known(slug: str) -> None:
    """Raise UsageError if unleak has rules for the service."""
    from unleak.scan import ruleset

    number = sum(rule.service == slug for rule in ruleset.load().rules)
    if number:
        raise UsageError(
            f"unleak knows {slug} already: rules of it are {number}. `unleak rules list` shows them.",
            f"For a further kind of its keys, choose a name such as {slug}-internal.",
        )


def written(slug: str, service: str) -> str:
    """The text of the file."""
    title = service if service != slug else " ".join(word.capitalize() for word in slug.split("-"))
    word = slug.replace("-", "_")
    compact = slug.replace("-", "")
    return TEMPLATE.format(
        slug=slug, title=title, service=toml_text.text(title), prefix=compact, name=word.upper(), word=compact,
        words=toml_text.texts([word, f"{slug}.example"]),
        names=toml_text.texts([f"{word}_secret", f"{word}_client_secret"]),
        api_key=toml_text.text(f"{title} API key"), client_secret=toml_text.text(f"{title} client secret"),
    )  # fmt: skip
