"""Plans, progress and timelines for a person, at any width and also when piped."""

import sys
import textwrap
import time
from collections.abc import Sequence
from contextlib import suppress

import click

from unleak.core.clock import iso
from unleak.core.model import Event
from unleak.rotate.plan import Plan
from unleak.rotate.ports import Holder, Trait
from unleak.rotate.rotation import OPENED, History
from unleak.rotate.stamps import stamps
from unleak.rotate.timeline import spoken, timeline

WIDTH = 78
LINE_UP = "\x1b[1A\x1b[2K"
"""Moves the cursor to the line above and clears it."""


class Console:
    """Progress of a rotation: one line a step, with a mark and the time it took."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.replaceable = False
        """Whether the last line is that of the step's begin, on a terminal."""

    def began(self, title: str) -> None:
        """Say what is being done now."""
        self.started = time.monotonic()
        _say(f"  · {title}")
        self.replaceable = sys.stdout.isatty()

    def note(self, text: str) -> None:
        """Say what the step sees."""
        _say(_wrapped(text, "    "))
        self.replaceable = False

    def ended(self, title: str) -> None:
        """Tick the step off."""
        up = LINE_UP if self.replaceable else ""
        _say(up + click.style("  ✓ ", fg="green") + f"{title} ({time.monotonic() - self.started:.1f} s)")


def plan_text(plan: Plan) -> str:
    """The plan: whose key, who acts, what will be done, what to know, why not."""
    identity, acting = plan.identity, plan.acting
    lines = [
        click.style(f"Plan: replace {plan.key}", bold=True),
        f"  of      {identity.principal or identity.account or identity.provider}",
        f"  acting  {acting.principal}",
        *(
            [f"          with {acting.key_id}" + (" — the leaked key itself" if plan.self_rotation else "")]
            if acting.key_id
            else []
        ),
        "",
        "Secrets that hold it:",
        *[f"  {holder.ref} ({_version(holder)})" for holder in plan.holders],
        *([] if plan.holders else ["  none"]),
        "",
        "Steps:",
        *[_wrapped(step, f"  {number:2}. ", "      ") for number, step in enumerate(plan.steps, 1)],
    ]
    if plan.warnings:
        lines += [
            "",
            click.style("Know before you approve:", fg="yellow"),
            *[_wrapped(warning, "  ! ", "    ") for warning in plan.warnings],
        ]
    if plan.refusals:
        lines += [
            "",
            click.style("It cannot be done now:", fg="red"),
            *[_refusal(refusal) for refusal in plan.refusals],
        ]
    return "\n".join(lines)


def _refusal(text: str) -> str:
    """Its further lines are lists and commands, which stay as they are."""
    first, *more = text.split("\n")
    return "\n".join([_wrapped(first, "  ✗ ", "    "), *(textwrap.indent(line, "    ") for line in more)])


def _version(holder: Holder) -> str:
    if not holder.write_only:
        return f"version {holder.version[:8]}"
    return f"by your word; written last {max(stamps(holder.version).values())}"


def timeline_text(events: Sequence[Event]) -> str:
    """The milestones and the exposure time."""
    told = timeline(events)
    lines = [click.style("Timeline", bold=True)]
    lines += [f"  {name:<12} {iso(moment) if moment else '—'}" for name, moment in told.milestones]
    if told.exposure is not None:
        known = dict(told.milestones)["exposed"]
        lines.append(f"  exposure     {spoken(told.exposure)}" + ("" if known else " since detection"))
    return "\n".join(lines)


def events_text(events: Sequence[Event]) -> str:
    """Every entry: when, what, the facts, and who if that is somebody else than before."""
    lines, actor, hidden = [], "", HIDDEN | ({"key"} if _by_hand(events) else set())
    for event in events:
        shown = {name: value for name, value in event.data.items() if value and name not in hidden}
        facts = " ".join(
            f"{name}={value}" for name, value in shown.items() if isinstance(value, str | int | float)
        )
        if event.actor != actor:
            actor = event.actor
            lines.append(_wrapped(f"by {actor}", "  ", "     "))
        lines.append(_wrapped(f"{iso(event.at)} {event.kind:<12} {facts}", "  ", "      "))
    return "\n".join(lines)


HIDDEN = {"fingerprint", "options", "targets"}


def summary_line(rotation_id: str, history: History) -> str:
    """One rotation in a list."""
    opened = history.last("opened")
    data = opened.data if opened else {}
    last = history.events[-1].kind
    begun = iso(history.events[0].at)
    key = f"…{data.get('last4')}" if _by_hand(history.events) else data.get("key", "?")
    line = f"{rotation_id}  {history.status:<7}  {begun}  {key}  last: {last}"
    return f"{line}\n  waits for {history.waiting}" if history.waiting else line


def _by_hand(events: Sequence[Event]) -> bool:
    """Whether a person replaces the key, whose id is a hash that says nothing to people."""
    traits = [event.data.get("traits") for event in events if event.kind == OPENED]
    return any(isinstance(held, list) and Trait.BY_HAND in held for held in traits)


def _say(text: str) -> None:
    """A reader that went away, or a full disk under the output, stops no rotation."""
    with suppress(OSError):
        click.echo(text)


def _wrapped(text: str, first: str, rest: str | None = None) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
