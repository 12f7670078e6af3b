"""What a rotation will do, before it does anything."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from unleak.core.errors import UnleakError, UsageError
from unleak.core.model import Identity, Liveness, SecretRef
from unleak.rotate import hands, no_overlap, unread
from unleak.rotate.ports import (
    Acting,
    Credential,
    Finds,
    Holder,
    Outline,
    Provider,
    Sweep,
    Trait,
)
from unleak.rotate.rotation import Options


@dataclass(frozen=True, slots=True)
class Where:
    """Which secrets are to get the new key."""

    searched: tuple[str, ...] = ()
    """Schemes of the stores that are searched for the leaked value."""
    named: tuple[SecretRef, ...] = ()
    """Secrets that get it in any case, and have to hold the leaked value."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a person needs to approve. Holds no secret."""

    identity: Identity
    last4: str
    acting: Acting
    holders: tuple[Holder, ...]
    steps: tuple[str, ...]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]
    """Why it cannot be done now; empty if it can."""
    traits: frozenset[Trait]
    """Of the provider."""

    @property
    def self_rotation(self) -> bool:
        """Whether the key that acts is the leaked one."""
        return _same_key(self.acting, self.identity)

    @property
    def key(self) -> str:
        """What people are shown of the leaked key."""
        if Trait.BY_HAND in self.traits:
            return f"the key that ends in {self.last4}"
        return f"{self.identity.credential_id} (secret …{self.last4})"


def make(
    leaked: Credential, provider: Provider, stores: Mapping[str, Finds], where: Where, options: Options
) -> Plan:
    """Look at provider and stores, change nothing. UsageError if there is nothing to rotate.

    `stores` are by the scheme of their references.
    """
    identity = _identify(leaked, provider)
    acting = provider.acting()
    if acting.account and acting.account != identity.account:
        raise UsageError(
            f"the key belongs to account {identity.account}, but {acting.principal} acts",
            "act with credentials of the key's own account (--aws-profile)",
        )
    pair = Trait.PAIR in provider.traits
    sought = Credential(identity.credential_id if pair else "", leaked.secret)
    sweep, named = _targets(sought, stores, where)
    scene, outline = _Scene(identity, acting, provider, options, named), provider.outline(identity)
    return Plan(
        identity,
        leaked.secret.last4,
        acting,
        sweep.holders,
        _steps(scene, outline, sweep.holders, leaked.secret.last4),
        tuple(_warnings(scene, outline, sweep) + _halves(scene, sweep)),
        tuple(_refusals(scene, outline, sweep) + _key_refusals(scene)),
        provider.traits,
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a plan is made of, beside the secrets."""

    identity: Identity
    acting: Acting
    provider: Provider
    options: Options
    named: Collection[SecretRef]
    """The secrets that the user named."""

    def has(self, trait: Trait) -> bool:
        return trait in self.provider.traits

    @property
    def self_rotation(self) -> bool:
        return _same_key(self.acting, self.identity)

    def halved(self, sweep: Sweep, *, named: bool) -> list[Holder]:
        """The secrets that hold the secret half of a pair alone, of those that the user named or of the others."""
        halves = [holder for holder in sweep.holders if not holder.whole] if self.has(Trait.PAIR) else []
        return [holder for holder in halves if (holder.ref in self.named) == named]


def _same_key(acting: Acting, identity: Identity) -> bool:
    return bool(acting.key_id) and acting.key_id == identity.credential_id


def _identify(leaked: Credential, provider: Provider) -> Identity:
    answer = provider.verify(leaked)
    match answer.liveness:
        case Liveness.LIVE if answer.identity:
            if reason := provider.refusal(answer.identity):
                by_person = {
                    Trait.NAMED,
                    Trait.BY_HAND,
                } & provider.traits  # who may have typed anything for an id
                key = _named(leaked) if by_person else answer.identity.credential_id
                raise UsageError(f"key {key} cannot be rotated: {reason}")
            return answer.identity
        case Liveness.DEAD:
            raise UsageError(
                f"key {_named(leaked)} is dead already: the provider does not accept it (any longer)",
                "deleted: nothing to rotate, look into the provider's logs for what it was used for; "
                "only disabled: enable it for the rotation, or delete it by hand",
            )
        case _:
            raise UsageError(
                f"it cannot be told whether key {_named(leaked)} lives: {answer.why}",
                "check the key and the network (for AWS also the Region), then run this again",
            )


def _named(leaked: Credential) -> str:
    return leaked.id or f"…{leaked.secret.last4}"


def _targets(
    leaked: Credential, stores: Mapping[str, Finds], where: Where
) -> tuple[Sweep, Collection[SecretRef]]:
    """What holds the key, and which of it the user named."""
    named = [_looked(leaked, stores, ref) for ref in where.named]
    holders, closed, id_only = list(named), [], []
    taken = {(holder.ref.store, holder.ref.name) for holder in named}
    looked = len(named)
    for scheme in where.searched:
        sweep = stores[scheme].find(leaked)
        holders += [holder for holder in sweep.holders if (scheme, holder.ref.name) not in taken]
        closed += [f"{scheme}://{name}" for name in sweep.closed]
        id_only += [f"{scheme}://{name}" for name in sweep.id_only]
        looked += sweep.looked
    return Sweep(tuple(holders), tuple(closed), looked, tuple(id_only)), {holder.ref for holder in named}


def _looked(leaked: Credential, stores: Mapping[str, Finds], ref: SecretRef) -> Holder:
    holder = stores[ref.store].look(ref, leaked)
    if holder is None:
        raise UsageError(
            f"{ref} does not hold the leaked value",
            "name the secret and field that do, or leave --target out and unleak searches",
        )
    return holder


def _refusals(scene: _Scene, outline: Outline, sweep: Sweep) -> list[str]:
    found = [f"{holder.ref}: {holder.problem}" for holder in sweep.holders if holder.problem]
    found += [
        f"{holder.ref}: {_half(scene)}; put both into one secret, or name it with --target if services "
        "get the new id in time"
        for holder in scene.halved(sweep, named=False)
    ]
    if not sweep.holders:
        found.append(
            f"none of {sweep.looked} secrets holds the leaked value, so there is no place for a new key: search "
            "elsewhere (--store, --region), name the secret that the services read (--target), or put the value into it"
        )
    elif scene.options.consumers and not any(holder.reportable for holder in sweep.holders):
        found.append(
            "--consumer goes with secrets of AWS Secrets Manager alone, whose versions services know: leave it "
            "out, and the keys' last use decides"
        )
    found += unread.refusals(sweep.holders, scene.provider, self_rotation=scene.self_rotation)
    if scene.options.contain_first and scene.has(Trait.SINGLE):
        found.append(
            "--contain-first is not needed: the leaked password is dead as soon as the new one is set"
        )
    elif scene.options.contain_first and not scene.has(Trait.DISABLE):
        found.append(
            f"--contain-first disables the leaked key, and keys of {outline.service} can only be revoked"
        )
    elif scene.options.contain_first and scene.self_rotation:
        found.append(
            "--contain-first would disable the very key that acts: act with another one (--aws-profile)"
        )
    return found


def _half(scene: _Scene) -> str:
    return (
        f"it holds the secret without the key id {scene.identity.credential_id}, so services take the id from "
        "elsewhere and would use the new secret with the old id"
    )


def _halves(scene: _Scene, sweep: Sweep) -> list[str]:
    """What to know of secrets that hold one half of the key."""
    return [f"{holder.ref}: {_half(scene)}" for holder in scene.halved(sweep, named=True)] + [
        f"{name} holds the key id without its secret and is not changed: services that read it fail"
        for name in sweep.id_only
    ]


def _key_refusals(scene: _Scene) -> list[str]:
    provider, identity = scene.provider, scene.identity
    full = provider.no_room(identity, provider.keys(identity))
    found = [str(full)] if full else []
    if scene.has(Trait.MARK) and (holder := provider.claimed_by(identity)):
        found.append(
            f"rotation {holder} is working on this user (tag unleak:rotation): unleak incidents show {holder}"
        )
    return found


def _warnings(scene: _Scene, outline: Outline, sweep: Sweep) -> list[str]:
    found = []
    if scene.options.contain_first and scene.has(Trait.DISABLE):
        found.append("DOWNTIME: the leaked key is disabled first; services fail until they use the new one")
    if scene.self_rotation:
        found.append(
            "the key that acts IS the leaked one: from promotion on unleak goes on with the new key, "
            "and so its use by services cannot be told from unleak's own; only the old key's silence counts"
        )
    key = scene.provider.key(scene.identity, scene.identity.credential_id)
    if key and not key.active:
        found.append("the leaked key is inactive already")
    found += [
        f"{holder.ref}: {holder.older} other version(s) hold the leaked value too; it is dead afterwards, "
        "never roll back to them"
        for holder in sweep.holders
        if holder.older
    ]
    found += [f"{holder.ref}: {holder.note}" for holder in sweep.holders if holder.note]
    found += unread.warnings(sweep.holders)
    found += [f"could not look into {name}: whether it holds the key is not known" for name in sweep.closed]
    return [*found, *_pick_up_warnings(scene, outline), *outline.warnings]


def _pick_up_warnings(scene: _Scene, outline: Outline) -> list[str]:
    """How far it can be seen that services use the new key."""
    options = scene.options
    if scene.has(Trait.SINGLE):
        return no_overlap.warnings(outline, options)
    if options.consumers:
        return []
    if not scene.has(Trait.LAST_USE):
        return [
            f"{outline.service} does not say when a key is used, so pick-up cannot be proved: once the new version is "
            "current, unleak stops and asks before it revokes the old key; --consumer names services that can tell"
        ]
    found = [
        f"pick-up is judged by the keys' last use, which {outline.service} reports with some delay; a service that "
        f"calls less often than every {options.quiet:g} s (--quiet) cannot be seen"
    ]
    if options.wait < options.quiet and not options.contain_first:
        found.append(
            f"this will stop once with exit 4: --wait is {options.wait:g} s, and the old key has to stay unused "
            f"for {options.quiet:g} s; both keys work meanwhile, and `unleak incidents resume` goes on"
        )
    return found


def _steps(scene: _Scene, outline: Outline, holders: tuple[Holder, ...], last4: str) -> tuple[str, ...]:
    names = ", ".join(str(holder.ref) for holder in holders) or "(no secret)"
    if scene.has(Trait.SINGLE):
        return no_overlap.steps(outline, scene.options, names)
    put, promote = unread.steps(holders)
    key_id, options, contain = scene.identity.credential_id, scene.options, scene.options.contain_first
    disables = scene.has(Trait.DISABLE)
    return (
        *_first_steps(scene, outline),
        *([f"disable {key_id} at once"] if contain and disables else []),
        f"{hands.issue_step(outline, options)} and {put}",
        "check that the new key works",
        promote,
        *(
            [f"restart {', '.join(options.restarts)} and wait until that is through"]
            if options.restarts
            else []
        ),
        _pick_up_step(scene),
        *([f"disable {key_id}"] if disables and not contain else []),
        *([f"wait {options.grace:g} s; until here everything can be undone"] if disables else []),
        f"{hands.delete_step(outline, key_id, last4)}: no way back from here",
        f"ask {outline.prove} with the leaked key until it is not known any longer",
        *([f"untag {outline.owner}"] if scene.has(Trait.MARK) else []),
    )


def _first_steps(scene: _Scene, outline: Outline) -> list[str]:
    if outline.by_hand:
        return []
    mark = f"tag {outline.owner} and record its keys"
    return [mark if scene.has(Trait.MARK) else "record that the key is there"]


def _pick_up_step(scene: _Scene) -> str:
    options = scene.options
    if options.consumers:
        return f"wait until {', '.join(options.consumers)} report the new version"
    if scene.has(Trait.LAST_USE):
        return f"wait until the new key is used and the old one stays unused for {options.quiet:g} s"
    return "stop and ask whether services use the new key; until here everything can be undone"


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan for machines."""
    data = asdict(plan) | {"self_rotation": plan.self_rotation, "traits": sorted(plan.traits)}
    data["holders"] = [
        {"ref": str(holder.ref), "version": holder.version, "problem": holder.problem, "older": holder.older}
        for holder in plan.holders
    ]
    return data


def refused(plan: Plan) -> UnleakError:
    """The error that stops a plan that cannot be executed."""
    return UsageError(
        "this rotation cannot be done now:\n" + "\n".join(f"  - {one}" for one in plan.refusals)
    )
