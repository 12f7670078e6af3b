"""The report for a person: what was found, why it matters, what to do next."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import IO

from unleak.core.model import Finding, Liveness, Location, Part, Severity, Skipped, Staged, confidential
from unleak.core.secret import tail
from unleak.scan.display import commit, counted, first, harmless, name, owner, place, size
from unleak.scan.ports import ReportOptions, Summary

PLACES = 5
"""Locations shown of one secret."""
EXAMPLES = 3
"""Paths shown of one reason to skip."""
NARROWEST = 60

COLORS = {"critical": "1;31", "high": "31", "medium": "33", "low": "36", "bold": "1", "dim": "2"}
"""Select graphic rendition codes of ANSI terminals."""


class Page:
    """Lines of a width, with colour or without."""

    def __init__(self, options: ReportOptions, out: IO[str]) -> None:
        self.options = options
        self.out = out
        self.width = max(options.width, NARROWEST)

    def style(self, text: str, color: str) -> str:
        return f"\x1b[{COLORS[color]}m{text}\x1b[0m" if self.options.color else text

    def line(self, text: str = "") -> None:
        """A line as it is: a path, an address or a command, which is of use only whole."""
        self.out.write(text + "\n")

    def paragraph(self, text: str, indent: str = "", color: str = "", hanging: str = "") -> None:
        """Wrapped prose; the lines after the first are indented by `hanging` more."""
        for row in wrap(text, self.width, initial_indent=indent, subsequent_indent=indent + hanging,
                        break_long_words=False, break_on_hyphens=False):  # fmt: skip
            self.line(self.style(row, color) if color else row)


def write(findings: Sequence[Finding], summary: Summary, options: ReportOptions, out: IO[str]) -> None:
    """Write the unsuppressed findings at or above the threshold, the rest as numbers."""
    page, here = Page(options, out), os.getcwd()
    shown = [found for found in findings if not found.suppression and found.confidence >= summary.threshold]
    if summary.only_live:
        shown = [found for found in shown if found.liveness is not Liveness.DEAD]
    shown.sort(key=lambda found: (_urgency(found.liveness), list(Severity).index(found.severity)))
    for found in shown:
        _finding(page, found, here)
    if shown:
        _advice(page, shown)
    _outcome(page, shown, summary)
    _hidden(page, summary)
    _skipped(page, summary.skipped, here)


def _finding(page: Page, found: Finding, here: str) -> None:
    rule = found.rule
    masked = _masked(page, found)
    fits = len(f"{found.severity}  {rule.title}  {masked}") <= page.width
    severity = page.style(str(found.severity), found.severity)
    page.line(f"{severity}  {page.style(rule.title, 'bold')}" + ("  " if fits else "\n  ") + masked)
    for part in found.parts:
        page.line(f"  {part.name} {harmless(_half(page, part))}")
    for location in found.locations[:PLACES]:
        _location(page, location, here)
    if len(found.locations) > PLACES:
        page.line(f"  and {counted(len(found.locations) - PLACES, 'more place')}")
    _liveness(page, found)
    page.paragraph(rule.why, "  ")
    _next(page, found)
    page.paragraph(f"{rule.id}, {found.confidence} confidence", "  ", "dim")
    page.line()


def _masked(page: Page, found: Finding) -> str:
    shown = found.secret.reveal() if page.options.reveal else f"…{found.secret.last4}"
    return f"{harmless(shown)} ({counted(found.secret.length, 'character')})"


def _half(page: Page, part: Part) -> str:
    return f"…{tail(part.value)}" if confidential(part.name) and not page.options.reveal else part.value


def _location(page: Page, location: Location, here: str) -> None:
    page.line(f"  {place(location, here)}")
    details = [commit(location.origin), location.suppression and f"suppressed by {location.suppression}"]
    if text := ", ".join(filter(None, details)):
        page.paragraph(text, "    ", "dim")


_LIVENESS = {
    Liveness.LIVE: "the provider accepts it: it is live",
    Liveness.DEAD: "the provider refuses it: it is dead",
    Liveness.UNKNOWN: "the provider was asked and gave no clear answer: treat it as live",
    Liveness.NOT_ASKED: "not asked whether it is live",
}


def _urgency(liveness: Liveness) -> int:
    """Live keys stand first, dead ones last."""
    return {Liveness.LIVE: 0, Liveness.DEAD: 2}.get(liveness, 1)


def _liveness(page: Page, found: Finding) -> None:
    """What the provider said of it, and whose it is; nothing if verification was not asked for."""
    if found.liveness is Liveness.NOT_ASKED and not found.why:
        return
    color = "critical" if found.liveness is Liveness.LIVE else ""
    why = f" ({harmless(found.why)})" if found.why else ""
    page.paragraph(f"{_LIVENESS[found.liveness]}{why}", "  ", color)
    for label, text in owner(found.identity):
        page.paragraph(f"{label} {text}", "  ", hanging="  ")


def _next(page: Page, found: Finding) -> None:
    replacement = found.rule.replacement
    if replacement.provider:
        page.line(f"  unleak rotate --finding {found.fingerprint} --report FILE")
    elif replacement.console:
        page.line(f"  replace it at {replacement.console}")
    elif found.rule.docs:
        page.line(f"  how to replace it: {found.rule.docs}")


def _advice(page: Page, shown: Sequence[Finding]) -> None:
    """What to do next, once for all findings."""
    page.line(page.style("What to do", "bold"))
    if all(isinstance(location.origin, Staged) for found in shown for location in found.locations):
        steps = ["Not committed yet: take the secret out of the file, read it from the environment or a "
                 "secret store instead, `git add` the file, and commit again."]  # fmt: skip
    else:
        steps = ["Replace each secret; deleting the line is not enough, for whoever has seen it keeps it."]
    if any(found.rule.replacement.provider for found in shown):
        steps.append("`unleak rotate` reads FILE: the same scan with --format json --output FILE writes it.")
    steps.append("A false alarm? Put the comment `unleak:allow` on its line.")
    for step in steps:
        page.paragraph(step, "  ", hanging="  ")
    page.line()


def _outcome(page: Page, shown: Sequence[Finding], summary: Summary) -> None:
    read = f"{counted(summary.blobs, 'blob')} ({size(summary.bytes)})"
    if shown:
        by_severity = Counter(found.severity for found in shown)
        listed = ", ".join(f"{by_severity[level]} {level}" for level in Severity if by_severity[level])
        page.paragraph(f"{counted(len(shown), 'secret')} in {read}: {listed}.", color="bold")
    else:
        page.paragraph(f"No secrets found in {read}.")
    if summary.interrupted:
        page.paragraph("Interrupted: this is only what was read until then.", color="bold")


def _hidden(page: Page, summary: Summary) -> None:
    if summary.suppressed:
        page.paragraph(f"{summary.suppressed:,} suppressed by a comment; --no-ignore shows them.")
    if summary.dead:
        page.paragraph(f"{summary.dead:,} dead; without --only-live they are shown and count.")
    if summary.below:
        level = summary.threshold
        page.paragraph(f"{summary.below:,} below {level} confidence; --min-confidence low shows them.")


def _skipped(page: Page, skipped: Iterable[Skipped], here: str) -> None:
    """What was not read, by reason; what should have been read comes first, with paths."""
    reasons: dict[tuple[bool, str], list[Skipped]] = defaultdict(list)
    for skip in skipped:
        reasons[not skip.failed, skip.reason].append(skip)
    for (by_design, reason), members in sorted(reasons.items(), key=lambda item: item[0][0]):
        verb, color = ("Skipped", "") if by_design else ("Could not read", "high")
        page.paragraph(f"{verb} {len(members):,}: {harmless(reason)}", color=color)
        for text in first(_names(members, here), EXAMPLES):
            page.line(f"  {text}")


def _names(members: Iterable[Skipped], here: str) -> Iterator[str]:
    return (name(skip.origin, here) for skip in members)
