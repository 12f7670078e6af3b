"""What `unleak doctor --config` asks: whether the keys of a configuration could be replaced. Changes nothing."""

from collections.abc import Iterator

from unleak.cli import expiring, rotation_config, rotation_wiring
from unleak.cli.config import Config, Entry
from unleak.cli.doctor import Finding
from unleak.cli.rotation_restarts import restart_of
from unleak.cli.rotation_stores import Stores, reference
from unleak.core.errors import UnleakError
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential
from unleak.rotate.rotation import Options
from unleak.rotate.write_only import WRITE_ONLY

_UNKNOWN = Credential("", Secret(""))
"""In place of a key that cannot be read."""


def examine(config: Config) -> Iterator[Finding]:
    """Every entry of a configuration, whatever is wrong with others."""
    if not config.entries:
        yield Finding(
            "note", "the configuration names no keys", "docs/configuration.md tells how to name them"
        )
        return
    rotation_wiring.prepare()
    for entry in config.entries:
        try:
            rotation_config.check(entry)
        except UnleakError as error:
            yield Finding("fail", error.message, error.hint)
            continue
        for ask in (_key, _restarts):
            try:
                yield from ask(entry)
            except UnleakError as error:
                yield Finding("fail", f"{entry.name}: {error.message}", error.hint)


def _key(entry: Entry) -> Iterator[Finding]:
    """The key works, the credential that acts is accepted and sees it, and every target holds it."""
    if not entry.settings.get("targets"):
        yield Finding("note", f"{entry.name}: names no target, so its key is not looked at")
        return
    if all(reference(one).store in WRITE_ONLY for one in entry.settings["targets"]):
        yield Finding(
            "note", f"{entry.name}: its targets can be written and not read, so its key is not looked at"
        )
        yield from _targets(entry, _UNKNOWN)
        return
    held = expiring.look(entry)
    yield Finding("ok", f"{entry.name}: its key is accepted; it {held.why}")
    yield from _targets(entry, held.leak.credential)
    provider = rotation_wiring.provider(_options(entry), held.kind)
    provider.verify(held.leak.credential)  # which key it is that the others are compared with
    acting = provider.acting()
    identity = held.identity
    if why := provider.refusal(identity) or entry.stranger(identity.account, identity.principal):
        yield Finding("fail", f"{entry.name}: its key cannot be replaced: {why}")
    elif full := provider.no_room(identity, provider.keys(identity)):
        yield Finding("fail", f"{entry.name}: {full.message}", full.hint)
    else:
        yield Finding("ok", f"{entry.name}: {acting.principal or 'the provider'} acts")


def _targets(entry: Entry, key: Credential) -> Iterator[Finding]:
    from unleak.verify.aws_client import Access

    chosen = _options(entry)
    stores = Stores(Access(chosen.profile, chosen.region), chosen)
    for ref in map(reference, entry.settings["targets"]):
        holder = stores[ref.store].look(ref, key)
        if holder is None:
            yield Finding("fail", f"{entry.name}: {ref} does not hold the key", "name the secrets that do")
        elif holder.problem:
            yield Finding("fail", f"{entry.name}: {ref}: {holder.problem}")
        elif holder.write_only:
            yield Finding(
                "ok", f"{entry.name}: {ref} is there; that it holds the key cannot be seen", holder.note
            )
        else:
            yield Finding("ok", f"{entry.name}: {ref} can be read and holds it", holder.note)


def _restarts(entry: Entry) -> Iterator[Finding]:
    for ref in entry.settings.get("restarts", ()):
        service = restart_of(ref, _options(entry))
        try:
            problem = service.problem()
        except UnleakError as error:
            problem = error.message
        if problem:
            yield Finding("fail", f"{entry.name}: {ref}: {problem}")
        else:
            yield Finding("ok", f"{entry.name}: {ref} can be restarted", service.note())


def _options(entry: Entry) -> Options:
    return rotation_config.options(entry, Options(), frozenset())
