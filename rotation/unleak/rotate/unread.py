"""What a plan says of secrets that can be written but not read."""

from collections.abc import Collection

from unleak.rotate.ports import Holder, Provider, Trait


def warnings(holders: Collection[Holder]) -> list[str]:
    """What to know of them before they are written."""
    unread = [holder for holder in holders if holder.write_only]
    if not unread:
        return []
    names = ", ".join(str(holder.ref) for holder in unread)
    found = [
        f"{names}: what it holds cannot be read, so that it is the leaked key and nothing else is your word. All of it "
        "is replaced. There is no way back without the leaked key: undo writes it there again, and asks for it unless "
        "another secret holds it",
        f"{names}: there is no compare-and-swap; the time of the last write is looked at right before writing, and a "
        "change in that very moment is lost",
    ]
    if len(unread) == len(holders):
        found.append(
            "no secret that can be read gets the new key: until it is written it is in unleak's memory alone. If "
            "unleak is killed there, going on issues another one; what was written of the first fails until then"
        )
    return found


def refusals(holders: Collection[Holder], provider: Provider, *, self_rotation: bool) -> list[str]:
    """Why they cannot be written."""
    unread = [holder for holder in holders if holder.write_only]
    found = []
    if unread and len(unread) == len(holders) and self_rotation:
        found.append(
            "the key that acts is the leaked one, and the new one could not be read again from a secret that can only "
            "be written: name one that can be read as well, or act with another key"
        )
    if unread and len(unread) == len(holders) and Trait.SINGLE in provider.traits:
        found.append(
            "the password is changed before it can be written there, and must not be lost in between: name a secret "
            "that can be read as well"
        )
    if Trait.LOGIN in provider.traits:
        found += [
            f"{holder.ref}: the user changes together with the password: name the secrets of both, ?USER,PASSWORD"
            for holder in unread
            if not holder.whole
        ]
    return found


def steps(holders: Collection[Holder]) -> tuple[str, str]:
    """Where the new key is put, and what makes it current."""
    pending = ", ".join(str(holder.ref) for holder in holders if not holder.write_only)
    written = ", ".join(str(holder.ref) for holder in holders if holder.write_only)
    if not written:
        names = pending or "(no secret)"
        return (
            f"put it as a pending version into {names}",
            f"make the new version current in {names}, if it is still the version read now",
        )
    write = f"write it into {written}, if nobody has written there since now"
    if not pending:
        return "keep it in memory", write
    return (
        f"put it as a pending version into {pending}",
        f"make the new version current in {pending}, if it is still the version read now; {write}",
    )
