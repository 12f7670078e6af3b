"""Who may import what, and how large things may grow."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("scanner/unleak/**/*.py"), *ROOT.glob("rotation/unleak/**/*.py")])
ENGINES = {"core", "scan", "verify", "rotate", "respond"}
LEAVES = {
    *("sources", "matchers", "checks", "encodings", "containers", "suppress", "reports"),
    *("providers", "stores", "write_only", "consumers", "restarts"),
}
ENTRIES = {"rotate/aws_lambda.py"}
HOMES = {
    "hyperscan": {"scan/matchers/hyperscan_matcher.py", "scan/matchers/triggers.py"},
    "regex": {"scan/patterns.py"},
    "git": {"scan/sources/attribution.py"},
    "httpx": {"verify/http.py"},
    "jmespath": {"verify/judge.py"},
    "dbos": {"rotate/workflow.py"},
    "pymysql": {"rotate/providers/mariadb.py"},
    "yaml": {"verify/kubeconfig.py"},
    "google": {"verify/cloud_tokens.py"},
    "nacl": {"rotate/write_only/github.py"},
    "psycopg": {"rotate/providers/postgresql.py"},
    "redis": {"rotate/providers/redis_acl.py"},
}
HEAVY = {
    *("boto3", "botocore", "dbos", "httpx", "jmespath", "git", "pygit2", "rich", "asyncio", "hyperscan"),
    *("tarfile", "gzip", "py7zr", "pypdf"),
}


def module(path: Path) -> str:
    return path.relative_to(ROOT).as_posix().split("unleak/", 1)[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield f"{node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_layers(path: Path) -> None:
    package = module(path).split("/")[0].removesuffix(".py")
    allowed = {
        "core": {"core"},
        "scan": {"core", "scan"},
        "verify": {"core", "verify"},
        "rotate": {"core", "verify", "rotate"},
        "demo": {"core", "demo"},
        "cli": ENGINES | {"cli", "demo"},
        "__main__": {"core", "cli"},
    }[package]
    if (
        module(path) in ENTRIES
    ):  # joins the parts for a caller of its own, as the command line does for people
        allowed = allowed | {"cli"}
    for name in imports(path):
        if name.startswith("unleak."):
            assert name.split(".")[1] in allowed, f"{module(path)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_leaves_know_neither_siblings_nor_engine(path: Path) -> None:
    folder = path.parent.name
    if folder not in LEAVES or path.stem == "__init__":
        return
    engine = {"pipeline", "confirm", "matching", "workflow", "plan"}
    for name in imports(path):
        assert not set(name.split(".")[2:]) & engine, f"{module(path)} imports the engine"
        if folder in {
            "checks",
            "matchers",
            "encodings",
            "containers",
            "reports",
            "providers",
            "stores",
            "write_only",
            "consumers",
            "restarts",
        }:
            assert f".{folder}." not in name, f"{module(path)} imports its sibling {name}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_third_parties_have_one_home(path: Path) -> None:
    for name in imports(path):
        top = name.split(".")[0]
        if top in {"boto3", "botocore"}:
            assert path.name.startswith("aws_"), f"{module(path)} imports {top}"
        elif top in {"click", "rich"}:
            assert module(path).startswith(("cli/", "__main__")), f"{module(path)} imports {top}"
        elif top in HOMES:
            assert module(path) in HOMES[top], f"{module(path)} imports {top}"


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_sizes(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 350
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= 50, f"{node.name} has {lines} lines"
            taken = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = [a for a in taken if a.arg not in {"self", "cls"}]
            assert len(parameters) <= 5, f"{node.name} takes {len(parameters)} parameters"


@pytest.mark.parametrize(
    "table",
    ["checks:CHECKS", "decoders.encodings:ENCODINGS", "decoders.containers:CONTAINERS", "reports:REPORTS"],
)
def test_scan_tables_equal_their_folders(table: str) -> None:
    assert_table("unleak.scan", table)


@pytest.mark.parametrize(
    "table",
    [
        "providers:PROVIDERS",
        "stores:STORES",
        "write_only:WRITE_ONLY",
        "consumers:CONSUMERS",
        "restarts:RESTARTS",
    ],
)
def test_rotation_tables_equal_their_folders(table: str) -> None:
    assert_table("unleak.rotate", table)


def assert_table(package: str, table: str) -> None:
    folder, attribute = table.split(":")
    loaded = __import__(f"{package}.{folder}", fromlist=[attribute])
    registry = getattr(loaded, attribute)
    named = {target.split(":")[0] for target in registry.table.values()}
    present = {path.stem for path in Path(loaded.__file__).parent.glob("*.py")} - {"__init__"}
    assert named == present
    assert all(callable(registry[name]) for name in registry)


@pytest.mark.parametrize("folder", ["scanner/unleak", "rotation/unleak"])
def test_unleak_stays_a_namespace(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


def test_a_staged_scan_imports_nothing_heavy(repo) -> None:
    repo.commit("first")
    repo.write("app.py", "print('hello')\n")
    repo.git("add", "-A")
    program = (
        "import sys; from unleak.cli.program import run; code = run(['scan', '--staged']);"
        f"heavy = sorted({HEAVY!r} & set(sys.modules)); sys.exit(f'{{code}} {{heavy}}')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "0 []"
