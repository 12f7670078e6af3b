"""Another new key, if nothing can tell the one that was issued: it was in the memory of a process that died."""

from unleak.rotate.ports import Trait
from unleak.rotate.run import Run
from unleak.rotate.steps import by_hand, issue, switch, write_only


def check(run: Run) -> None:
    """Check the new key."""
    _at_hand(run)
    issue.check(run)


def promote(run: Run) -> None:
    """Make it current; a key that had to be issued anew is checked, too."""
    _at_hand(run)
    issue.check(run)
    switch.promote(run)


def _at_hand(run: Run) -> None:
    if write_only.lost(run):
        run.progress.note("the new key was lost with the process that held it: another one takes its place")
        (by_hand.issue if Trait.BY_HAND in run.rotation.traits else issue.issue)(run)
