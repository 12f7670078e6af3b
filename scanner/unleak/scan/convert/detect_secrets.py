"""Reads plugins of detect-secrets: Python files with subclasses of RegexBasedDetector. They are never run."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unleak.core.errors import UsageError
from unleak.scan.convert import MAX_RULES, Foreign, Remark

BASE = "RegexBasedDetector"
LISTS = ("denylist", "blacklist")
"""The second is that of old versions."""
FLAGS = {
    "I": re.IGNORECASE, "IGNORECASE": re.IGNORECASE, "X": re.VERBOSE, "VERBOSE": re.VERBOSE,
    "S": re.DOTALL, "DOTALL": re.DOTALL, "M": re.MULTILINE, "MULTILINE": re.MULTILINE,
    "A": 0, "ASCII": 0, "U": 0, "UNICODE": 0,
}  # fmt: skip
ASSIGNMENT = (
    r"(?:\[|)(?:\"|'|)(?:{prefix_regex})(?:_|-|)(?:{secret_keyword_regex})(?:\"|'|)(?:\]|)"
    r"(?: {{0,20}})(?:=|:|:=|=>| {{1,20}}|::)(?: {{0,20}})(?:\"|'|){secret_regex}(?:\"|'|)"
)
"""What `RegexBasedDetector.build_assignment_regex` builds, without the lookbehind at its beginning."""
ARGUMENTS = ("prefix_regex", "secret_keyword_regex", "secret_regex")
LONGEST = 100_000
"""Characters of a text that is put together."""

STEPS = 10_000
NO_CALL = "it is no call of re.compile that stands in the denylist"
UNREADABLE = "its text cannot be read without running the plugin"


@dataclass(slots=True)
class Scope:
    """What names stand for within a plugin."""

    names: Mapping[str, ast.expr]
    left: int = STEPS
    """Steps that may still be taken: names may be put together of one another again and again."""

    def text(self, node: ast.expr) -> str:
        """The text that `node` stands for, if it is put together of texts. Raises ValueError."""
        self.left -= 1
        if self.left < 0:
            raise ValueError(UNREADABLE)
        match node:
            case ast.Constant(value=str() as found):
                pass
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                found = self.text(self.named(name))
            case ast.BinOp(left, ast.Add(), right):
                found = self.text(left) + self.text(right)
            case ast.JoinedStr(values):
                found = "".join(map(self.text, values))
            case ast.FormattedValue(value, -1, None):
                found = self.text(value)
            case ast.Call(ast.Attribute(value=joint, attr="join"), [items], []):
                found = self.text(joint).join(map(self.text, self.items(items)))
            case _:
                raise ValueError(UNREADABLE)
        if len(found) > LONGEST:
            raise ValueError("its text is too long")
        return found

    def items(self, node: ast.expr) -> list[ast.expr]:
        """What a list is written of."""
        if isinstance(node, ast.Name):
            node = self.named(node.id)
        if not isinstance(node, ast.List | ast.Tuple | ast.Set):
            raise ValueError(UNREADABLE)
        return node.elts

    def named(self, name: str) -> ast.expr:
        """What is assigned to `name`."""
        if name not in self.names:
            raise ValueError(UNREADABLE)
        return self.names[name]


def read(text: str) -> list[Foreign | Remark]:
    """The regular expressions of the plugins in `text`, or why one cannot be read. Raises UsageError."""
    try:
        tree = ast.parse(text)
        found = [item for plugin in _plugins(tree) for item in _expressions(plugin, _assigned(tree.body))]
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"This is no Python: {type(error).__name__}.") from None
    except (RecursionError, MemoryError):
        raise UsageError("This is no plugin: it is nested too deeply.") from None
    if not found:
        raise UsageError(f"The file holds no subclass of {BASE} with a denylist.",
                         "Name the Python file of a plugin of detect-secrets.")  # fmt: skip
    if len(found) > MAX_RULES:
        raise UsageError(
            f"The file holds {len(found):,} expressions; the limit is {MAX_RULES:,}.", "Divide it."
        )
    return found


def _plugins(tree: ast.Module) -> Iterator[ast.ClassDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_last(base) == BASE for base in node.bases):
            yield node


def _last(node: ast.expr) -> str:
    """The last name of `a.b.c`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """What is assigned to names, and what properties return."""
    found: dict[str, ast.expr] = {}
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
            case ast.FunctionDef(name=name, decorator_list=[ast.Name(id="property")], body=inner):
                returned = [item.value for item in inner if isinstance(item, ast.Return) and item.value]
                found |= {name: returned[0]} if len(returned) == 1 else {}
    return found


def _expressions(plugin: ast.ClassDef, outer: Mapping[str, ast.expr]) -> Iterator[Foreign | Remark]:
    scope = Scope({**outer, **_assigned(plugin.body)})
    name = plugin.name.removesuffix("Detector")
    try:
        items = scope.items(scope.named(next(key for key in LISTS if key in scope.names)))
    except (StopIteration, ValueError):
        yield Remark(name, f"it has no {LISTS[0]} that can be read without running the plugin", True)
        return
    title = _title(scope, name)
    for number, item in enumerate(items, 1):
        label = name if len(items) == 1 else f"{name}-{number}"
        try:
            pattern, flags, lost = _compiled(item, scope)
        except (ValueError, RecursionError) as error:
            yield Remark(label, f"{error}" if isinstance(error, ValueError) else UNREADABLE, True)
            continue
        yield Foreign(label, title, _first_line(plugin), pattern, flags, lost=lost)


def _title(scope: Scope, name: str) -> str:
    try:
        return scope.text(scope.named("secret_type"))
    except (ValueError, RecursionError):
        return name


def _first_line(plugin: ast.ClassDef) -> str:
    said = ast.get_docstring(plugin) or ""
    return said.strip().partition("\n")[0]


def _compiled(node: ast.expr, scope: Scope) -> tuple[str, int, tuple[str, ...]]:
    """Pattern, flags and what is lost of `re.compile(…)` or `build_assignment_regex(…)`."""
    if isinstance(node, ast.Name):
        node = scope.named(node.id)
    if not isinstance(node, ast.Call):
        raise ValueError(NO_CALL)
    named = {word.arg: word.value for word in node.keywords if word.arg}
    match _last(node.func):
        case "compile" if node.args or "pattern" in named:
            flags = node.args[1] if len(node.args) > 1 else named.get("flags")
            return scope.text(node.args[0] if node.args else named["pattern"]), _flags(flags), ()
        case "build_assignment_regex":
            given = dict(zip(ARGUMENTS, node.args, strict=False)) | named
            if not set(ARGUMENTS) <= given.keys():
                raise ValueError("its build_assignment_regex lacks an argument")
            parts = {key: scope.text(given[key]) for key in ARGUMENTS}
            return ASSIGNMENT.format(**parts), re.IGNORECASE, ("the name may also end a longer word",)
    raise ValueError(NO_CALL)


def _flags(node: ast.expr | None) -> int:
    match node:
        case None:
            return 0
        case ast.BinOp(left, ast.BitOr(), right):
            return _flags(left) | _flags(right)
        case ast.Attribute() | ast.Name() if _last(node) in FLAGS:
            return int(FLAGS[_last(node)])
        case ast.Constant(value=0):
            return 0
    raise ValueError("its flags cannot be read without running the plugin")
