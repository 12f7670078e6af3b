"""What a rotation will do, before it does anything."""

from dataclasses import asdict, dataclass
from typing import Any

from unleak.core.errors import RotationError, UnleakError, UsageError
from unleak.core.model import Identity, Liveness, SecretRef
from unleak.rotate.keys import two_keys
from unleak.rotate.ports import Acting, Credential, Holder, KeyList, Provider, Store, Sweep
from unleak.rotate.replace import replace
from unleak.rotate.rotation import Options


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

    @property
    def self_rotation(self) -> bool:
        """Whether the key that acts is the leaked one."""
        return self.acting.key_id == self.identity.credential_id


def make(
    leaked: Credential, provider: Provider, store: Store, refs: tuple[SecretRef, ...], options: Options
) -> Plan:
    """Look at provider and store, change nothing. UsageError if there is nothing to rotate."""
    identity = _identify(leaked, provider)
    acting = provider.acting()
    if ":user/" in identity.principal and _account(acting.principal) != identity.account:
        raise UsageError(
            f"the key belongs to account {identity.account}, but {acting.principal} acts",
            "act with credentials of the key's own account (--aws-profile)",
        )
    keys = provider.keys(identity)
    sweep = _targets(leaked, store, refs)
    return Plan(
        identity,
        leaked.secret.last4,
        acting,
        sweep.holders,
        _steps(identity, sweep.holders, options),
        tuple(_warnings(leaked, acting, sweep, keys, options) + _halves(leaked, sweep, bool(refs))),
        tuple(
            _refusals(leaked, acting, sweep, options, bool(refs)) + _key_refusals(provider, identity, keys)
        ),
    )


def _identify(leaked: Credential, provider: Provider) -> Identity:
    answer = provider.verify(leaked)
    match answer.liveness:
        case Liveness.LIVE if answer.identity:
            if reason := provider.refusal(answer.identity):
                raise UsageError(f"key {leaked.id} cannot be rotated: {reason}")
            return answer.identity
        case Liveness.DEAD:
            raise UsageError(
                f"key {leaked.id} is dead already: the provider does not accept it (any longer)",
                "deleted: nothing to rotate, look into the provider's logs for what it was used for; "
                "only disabled: enable it for the rotation, or delete it by hand",
            )
        case _:
            raise UsageError(
                f"it cannot be told whether key {leaked.id} lives: {answer.why}",
                "check id and secret, the network and the Region, then run this again",
            )


def _targets(leaked: Credential, store: Store, refs: tuple[SecretRef, ...]) -> Sweep:
    if not refs:
        return store.find(leaked)
    holders = []
    for ref in refs:
        holder = store.look(ref, leaked)
        if holder is None:
            raise UsageError(
                f"{ref} does not hold the leaked value",
                "name the secret and field that do, or leave --target out and unleak searches",
            )
        holders.append(holder)
    return Sweep(tuple(holders), (), len(refs))


def _refusals(leaked: Credential, acting: Acting, sweep: Sweep, options: Options, named: bool) -> list[str]:
    found = [f"{holder.ref}: {holder.problem}" for holder in sweep.holders if holder.problem]
    if not named:
        found += [
            f"{holder.ref}: {_half(leaked)}; put both into one secret, or name it with --target if services "
            "get the new id in time"
            for holder in sweep.holders
            if not holder.whole
        ]
    if not sweep.holders:
        found.append(
            f"none of {sweep.looked} secrets in Secrets Manager holds the leaked value, so there is no place "
            "for a new key: put the value into the secret that the services read, or try another --region"
        )
    if options.contain_first and acting.key_id == leaked.id:
        found.append(
            "--contain-first would disable the very key that acts: act with another one (--aws-profile)"
        )
    return found


def _half(leaked: Credential) -> str:
    return (
        f"it holds the secret without the key id {leaked.id}, so services take the id from elsewhere "
        "and would use the new secret with the old id"
    )


def _halves(leaked: Credential, sweep: Sweep, named: bool) -> list[str]:
    """What to know of secrets that hold one half of the key."""
    found = [f"{holder.ref}: {_half(leaked)}" for holder in sweep.holders if named and not holder.whole]
    return found + [
        f"{name} holds the key id without its secret and is not changed: services that read it fail"
        for name in sweep.id_only
    ]


def _key_refusals(provider: Provider, identity: Identity, keys: KeyList) -> list[str]:
    found = []
    if len(keys.keys) > 1:
        found.append(str(two_keys(provider, identity, keys)))
    if holder := provider.claimed_by(identity):
        found.append(
            f"rotation {holder} is working on this user (tag unleak:rotation): unleak incidents show {holder}"
        )
    return found


def provable(leaked: Credential, holders: tuple[Holder, ...], store: Store) -> list[str]:
    """Refusals for secrets in which the value could not be replaced alone."""
    found = []
    values = {leaked.secret.reveal(): "x" * leaked.secret.length, leaked.id: "x" * len(leaked.id)}
    for holder in holders:
        if not holder.problem:
            try:
                replace(store.read(holder.ref.name, holder.version).reveal(), values, str(holder.ref))
            except RotationError as error:
                found.append(error.message)
    return found


def _warnings(leaked: Credential, acting: Acting, sweep: Sweep, keys: KeyList, options: Options) -> list[str]:
    found = []
    if options.contain_first:
        found.append("DOWNTIME: the leaked key is disabled first; services fail until they use the new one")
    if acting.key_id == leaked.id:
        found.append(
            "the key that acts IS the leaked one: from promotion on unleak goes on with the new key, "
            "and so its use by services cannot be told from unleak's own; only the old key's silence counts"
        )
    key = keys.get(leaked.id)
    if key and not key.active:
        found.append("the leaked key is inactive already")
    found += [
        f"{holder.ref}: {holder.older} other version(s) hold the leaked value too; it is dead afterwards, "
        "never roll back to them"
        for holder in sweep.holders
        if holder.older
    ]
    found += [f"{holder.ref}: {holder.note}" for holder in sweep.holders if holder.note]
    found += [f"could not look into {name}: whether it holds the key is not known" for name in sweep.closed]
    if not options.consumers:
        found.append(
            "pick-up is judged by the keys' last use, which IAM reports with some delay; a service that "
            f"calls less often than every {options.quiet:g} s (--quiet) cannot be seen"
        )
        if options.wait < options.quiet and not options.contain_first:
            found.append(
                f"this will stop once with exit 4: --wait is {options.wait:g} s, and the old key has to stay unused "
                f"for {options.quiet:g} s; both keys work meanwhile, and `unleak incidents resume` goes on"
            )
    found.append(
        "sessions that were made from the leaked key (GetSessionToken, AssumeRole) outlive it, up to 36 hours"
    )
    return found


def _steps(identity: Identity, holders: tuple[Holder, ...], options: Options) -> tuple[str, ...]:
    names = ", ".join(str(holder.ref) for holder in holders) or "(no secret)"
    user = identity.principal.rpartition("/")[2]
    proof = (
        f"{len(options.consumers)} consumer(s) report the new version"
        if options.consumers
        else f"the new key is used and the old one stays unused for {options.quiet:g} s"
    )
    contain = [f"disable {identity.credential_id} at once"] if options.contain_first else []
    return (
        f"tag user {user} and record its keys",
        *contain,
        f"issue a new key for {user} and put it as a pending version into {names}",
        "check that the new key works",
        f"make the new version current in {names}, if it is still the version read now",
        f"wait until {proof}",
        *([] if contain else [f"disable {identity.credential_id}"]),
        f"wait {options.grace:g} s; until here everything can be undone",
        f"delete {identity.credential_id}: no way back from here",
        "ask STS with the leaked key until it is not known any longer",
        f"untag user {user}",
    )


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan for machines."""
    data = asdict(plan) | {"self_rotation": plan.self_rotation}
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


def _account(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 4 else ""
