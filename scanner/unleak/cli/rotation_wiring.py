"""Joins a rotation's engine with provider, stores, consumers, ledger and terminal."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from unleak.cli import database_key, declared_key, deploy_key, new_key, reference
from unleak.cli.leaked_key import Leak, Place
from unleak.cli.rotation_restarts import restart_of
from unleak.cli.rotation_stores import Stores
from unleak.cli.rotation_text import Console
from unleak.core.clock import SystemClock
from unleak.core.errors import RotationError, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.core.install import need
from unleak.core.secret import Secret
from unleak.rotate import forges, state
from unleak.rotate.consumers import CONSUMERS
from unleak.rotate.database import Server
from unleak.rotate.forges import Repository
from unleak.rotate.ledger import Ledger
from unleak.rotate.plan import Plan
from unleak.rotate.ports import Consumer, Credential
from unleak.rotate.providers import PROVIDERS
from unleak.rotate.rotation import (
    OPENED,
    History,
    Options,
    Rotation,
    as_data,
    from_event,
    target,
    with_overrides,
)
from unleak.rotate.run import Memory, Paused, Run
from unleak.scan.rulefile import DECLARED

if TYPE_CHECKING:
    from unleak.rotate.providers import by_hand
    from unleak.verify.ports import Transport


@dataclass(frozen=True, slots=True)
class Adapters:
    """The provider of the key, and all secret stores."""

    provider: Any
    stores: Stores
    of_aws: bool = True
    """Whether keys of the provider also open stores."""

    def switch(self, credential: Credential) -> None:
        """Act with this key from now on."""
        if self.of_aws:
            self.stores.act_with(credential)
        self.provider.act_with(credential)


def prepare() -> None:
    """UsageError with the install line if the extra is missing. From here on no core is dumped."""
    _no_core_dumps()
    need("boto3", "rotate")
    for module in ("dbos", "httpx", "jmespath"):  # half a second of imports that a plan does not need
        if find_spec(module) is None:
            need(module, "rotate")


def adapters(options: Options, kind: "declared_key.Kind | Place | None" = None) -> Adapters:
    """For keys of `kind`, or those that are used at a place; None for AWS access keys."""
    prepare()
    from unleak.verify.aws_client import Access

    stores = Stores(Access(options.profile, options.region), options)
    return Adapters(provider(options, kind), stores, of_aws=kind is None)


def provider(options: Options, kind: "declared_key.Kind | Place | None") -> Any:
    """Of keys of `kind`, or those that are used at a place; None for AWS access keys."""
    from unleak.verify.aws_client import Access

    if options.same_user and not isinstance(kind, Server):
        raise UsageError("--same-user goes with passwords of database users", "leave it out")
    if kind is None:
        if options.admin:
            raise UsageError("AWS access keys are replaced with AWS credentials, not with --admin",
                             "leave it out; --aws-profile chooses the credentials")  # fmt: skip
        _issued_by_program(options)
        return PROVIDERS["aws-iam"](Access(options.profile, options.region))
    from unleak.rotate.providers import by_hand

    if isinstance(kind, by_hand.Kind):
        return _by_hand(options, kind)
    _issued_by_program(options)
    if isinstance(kind, Server):
        admin = reference.resolve(options.admin, options)
        kind = _told_apart(kind, options, admin)
        return PROVIDERS[_of_server(kind, options)](kind, options.admin, admin)
    if isinstance(kind, Repository):
        admin = _acting(options, f"deploy keys of {forges.TITLES[kind.forge]}", forges.ADMIN[kind.forge])
        return PROVIDERS["deploy-keys"](kind, options.admin, admin, network(private=kind.named))
    admin = _acting(options, f"keys of {kind.rule.service_title}", kind.said.admin)
    return PROVIDERS[DECLARED](kind, options.admin, admin, network(private=kind.named))


def _acting(options: Options, keys: str, wanted: str) -> Secret:
    """The credential that replaces such keys. UsageError if none is named."""
    if not options.admin:
        raise UsageError(
            f"{keys} are replaced with a credential that may do so: --admin env:NAME",
            f"it has to be {wanted}",
        )
    return reference.resolve(options.admin, options)


def _told_apart(kind: Server, options: Options, admin: Secret) -> Server:
    """Connection strings of MariaDB and MySQL look alike; the server tells which it is. A rotation keeps it."""
    if kind.kind != "mariadb" or options.same_user:
        return kind
    from unleak.rotate.mysql_access import version

    named = version(kind, options.admin, admin)
    return kind if "MariaDB" in named else replace(kind, kind="mysql")


def _of_server(kind: Server, options: Options) -> str:
    """The name of the adapter."""
    same = f"{kind.kind}-same-user"
    if options.same_user and same not in PROVIDERS:
        raise UsageError(f"the user of {kind.kind} keeps its name anyway", "leave --same-user out")
    return same if options.same_user else kind.kind


def _issued_by_program(options: Options) -> None:
    if options.value_from:
        raise UsageError(
            f"unleak issues the new key itself, so it takes none from {new_key.OPTION}", "leave it out"
        )


def _by_hand(options: Options, kind: "by_hand.Kind") -> Any:
    """The provider of keys that a person issues, with the credential that may revoke them, if one is needed."""
    wanted = kind.revoking.admin if kind.revoking else ""
    if options.admin and not wanted:
        raise UsageError(
            f"no credential makes or revokes keys of {kind.rule.service_title}", "leave --admin out"
        )
    admin = reference.resolve(options.admin, options) if options.admin else None
    return PROVIDERS["by-hand"](kind, options.admin, admin, network(private=kind.named))


def network(*, private: bool) -> "Transport":
    """The way to providers; with `private`, to any host, because the user named it."""
    from unleak.verify.http import Https

    return Https(private=private)


def of_rotation(rotation: Rotation) -> Adapters:
    """For a rotation that was begun."""
    if rotation.options.rule:
        return adapters(rotation.options, declared_key.of_rotation(rotation))
    place = database_key.of(rotation.identity) or deploy_key.of(rotation.identity)
    return adapters(rotation.options, place)


def _no_core_dumps() -> None:
    """A core file (Ctrl-\\ makes one) would hold the keys that are in memory."""
    with suppress(ImportError):  # Windows has neither the module nor the files
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def consumer(url: str) -> Consumer:
    """The consumer at an address."""
    parts = urlsplit(url)
    if parts.scheme not in CONSUMERS:
        raise UsageError(
            f"--consumer takes the address of a service ({' or '.join(CONSUMERS)}), not this",
            "such as https://payments.example.org/version (docs/rotation.md)",
        )
    if "@" in parts.netloc:
        raise UsageError(
            "--consumer takes an address without credentials", "it is recorded and asked without any"
        )
    return CONSUMERS[parts.scheme](url)


def open_rotation(plan: Plan, leak: Leak, options: Options, ledger: Ledger) -> Rotation:
    """Give the approved plan an id and write it into the ledger."""
    rotation_id = secrets.token_hex(5)
    rotation = Rotation(
        rotation_id,
        plan.identity,
        plan.last4,
        fingerprint(leak.credential.secret.reveal()),
        plan.acting,
        tuple(target(rotation_id, one.ref, one.version) for one in plan.holders if not one.write_only),
        options,
        plan.traits,
        tuple(target(rotation_id, one.ref, one.version) for one in plan.holders if one.write_only),
    )
    data = as_data(rotation) | {
        "detected": leak.detected.isoformat(),
        "exposed": leak.exposed.isoformat() if leak.exposed else "",
        "place": leak.place,
    }
    ledger.append(rotation_id, OPENED, data, plan.acting.principal)
    return rotation


def find(ledger: Ledger, prefix: str) -> str:
    """The one rotation whose id begins so. UsageError if there is none or more than one."""
    found = [one for one in ledger.rotations() if one.startswith(prefix)]
    if len(found) != 1:
        reason = "more than one rotation has" if found else "no rotation has"
        raise UsageError(f"{reason} an id that begins with {prefix!r}", "see: unleak incidents list")
    return found[0]


def load(ledger: Ledger, rotation_id: str, overrides: dict[str, Any]) -> Rotation:
    """A rotation as its ledger tells it, with options of this call put over its own."""
    opened = History.of(ledger.events(rotation_id)).last(OPENED)
    if opened is None:
        raise RotationError(
            f"the ledger does not tell what rotation {rotation_id} is about", "it cannot be resumed"
        )
    return with_overrides(
        from_event(opened), {name: value for name, value in overrides.items() if value is not None}
    )


def execute(
    rotation: Rotation,
    using: Adapters,
    leaked: Credential | None,
    ask: Callable[[], Secret | None],
    *,
    back: bool = False,
) -> Paused | None:
    """Drive the rotation (or, with `back`, its undo) until it ends or pauses, holding its lock."""
    from unleak.rotate import sequence
    from unleak.rotate.workflow import drive

    home = state.directory()
    ledger = state.ledger(home)
    console = Console()
    run = Run(
        rotation,
        using.provider,
        using.stores,
        tuple(map(consumer, rotation.options.consumers)),
        ledger,
        SystemClock(),
        console,
        ask,
        using.switch,
        new_key.giver(rotation.options),
        Memory(leaked=leaked),
        restarts={ref: restart_of(ref, rotation.options) for ref in rotation.options.restarts},
        write_only=using.stores.write_only,
    )
    with state.locked(home, rotation.id):
        status = run.history.status
        if status in {"closed", "undone"}:
            raise UsageError(f"rotation {rotation.id} is {status} already")
        back = back or status == "undoing"
        if back and status == "open":
            _check_undo(run)
        folder = state.folder(home, rotation.id)
        return drive(
            run,
            sequence.back(rotation) if back else sequence.forward(rotation),
            folder / ("undo.sqlite" if back else "rotation.sqlite"),
        )


def _check_undo(run: Run) -> None:
    """Refuse before anything of the undo is recorded, so that the rotation itself can still go on."""
    from unleak.rotate.steps.undo import check

    check(run)
    run.log("undo started")


def acting_rotation(rotation: Rotation, using: Adapters) -> Rotation:
    """The rotation with the key that acts in this process, which may have changed since it began."""
    acting = using.provider.acting()
    account = rotation.identity.account
    if acting.account and acting.account != account:
        raise UsageError(
            f"the key belongs to account {account}, but {acting.principal} acts",
            "act with credentials of the key's own account (--aws-profile)",
        )
    return replace(rotation, acting=acting)


def state_ledger() -> tuple[Path, Ledger]:
    """The state directory and its ledger."""
    home = state.directory()
    return home, state.ledger(home)
