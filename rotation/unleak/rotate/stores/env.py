"""Files of environment variables (`.env`). A file is replaced as a whole, and whoever opens it reads either text.

The texts that wait are kept in a folder beside the file that only its owner reads and that git ignores.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

from unleak.core.errors import AccessDenied, NotFound, RotationError, UsageError
from unleak.core.fingerprint import fingerprint
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, Beside, Current, moved
from unleak.rotate.ports import Credential, Holder

SIZE = 1 << 20
"""Bytes that a file may hold."""
ASSIGNMENT = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*((?:"(?:[^"\\]|\\.)*"|'[^']*')?[^\r\n]*)""",
    re.MULTILINE | re.DOTALL,
)
UNFINISHED = ".new"
"""In the place of a version: a text that is being written. A crash leaves it, and the next text replaces it."""
SPECIAL = "\"'\\$#` \t"
"""Characters that readers of such files may take for something else than themselves."""


class EnvFiles(Beside):
    """The files of this machine. A secret's name is its path."""

    scheme: ClassVar[str] = "env"

    # --- reading ---------------------------------------------------------------------------------

    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """Files are not searched for."""
        raise UsageError(
            "unleak does not search this machine for .env files",
            "name each one: --target env:///srv/app/.env; unleak scan finds what holds a key",
        )

    def look(self, ref: SecretRef, leaked: Credential) -> Holder | None:
        """As of every store; the path becomes absolute, so that it means the same when resumed elsewhere."""
        path = os.path.abspath(os.path.expanduser(ref.name))
        return Beside.look(self, SecretRef(ref.store, path, ref.field), leaked)

    def now(self, name: str) -> Current:
        """The text, named by its digest. Bytes that are no UTF-8 stay what they are."""
        with _using("read", name):
            text = _read(name)
        return Current(fingerprint(text), Secret(text))

    def kept(self, name: str) -> Mapping[str, Secret]:
        """Files named after the file and the version."""
        begin = _kept(name, "").name
        with _using("read what is kept of", name):
            found = [path for path in _folder(name).glob("*") if path.name.startswith(begin)]
            texts = {path.name.removeprefix(begin): Secret(_read(str(path))) for path in found}
        # with a dot in it, it is of a file with a longer name, or unfinished
        return {version: text for version, text in texts.items() if "." not in version}

    def fields(self, text: str, value: str) -> list[str]:
        """The variables whose value holds `value`."""
        return [name for name, given in ASSIGNMENT.findall(text) if value in given]

    def problem(self, name: str) -> str:
        """A file with a second name would be split from it; one of somebody else cannot be given back."""
        found = os.lstat(name)
        if found.st_nlink > 1:
            return "it has more than one name (hard links), and only one of them would get the new key"
        groups = {os.getegid(), *os.getgroups()}
        if os.geteuid() and (found.st_uid != os.geteuid() or found.st_gid not in groups):
            return "it belongs to another user or group, and the new one could not: run this as its owner"
        if not os.access(Path(name).parent, os.W_OK | os.X_OK):
            return "its folder cannot be written"
        return ""

    def note(self, name: str) -> str:
        """What a file cannot do."""
        return (
            f"its old and new text are kept in {_folder(name)} (mode 0700) until the rotation ends; "
            "services read the file when they start, so restart them"
        )

    # --- writing ---------------------------------------------------------------------------------

    def normal(self, name: str, text: Secret) -> Secret:
        """RotationError if a new value has more characters than the old one that may need quotes."""
        before, after = (ASSIGNMENT.findall(one.reveal()) for one in (self.now(name).text, text))
        for (variable, old), (_, new) in zip(before, after, strict=False):
            if _specials(new) > _specials(old):
                raise RotationError(
                    f"the new value of {variable} in {name} has characters that need quotes",
                    f"put {variable} between single quotes in the file; undo this rotation, then start a new one",
                )
        return text

    def write(self, name: str, text: Secret, expected: Current) -> None:
        """A new file with the owner, mode and attributes of the old one takes its place at once."""
        with _using("replace", name), _written(name, text) as path:
            like = os.lstat(name)
            os.chown(path, like.st_uid, like.st_gid)
            shutil.copystat(name, path, follow_symlinks=False)
            os.utime(path)  # it is new: who watches the time of change has to see it
            if self.now(name).version != expected.version:
                raise moved(f"{self.scheme}://{name}")
            _take_place(path, Path(name))

    def keep(self, name: str, version: str, text: Secret) -> None:
        """In a file of mode 0600."""
        with _using("keep a text beside", name), _written(name, text) as path:
            _take_place(path, _kept(name, version))

    def drop(self, name: str, version: str) -> None:
        """Remove the file, and the folder with the last one."""
        with _using("remove what is kept of", name):
            _kept(name, version).unlink(missing_ok=True)
            _kept(name, UNFINISHED).unlink(missing_ok=True)
            if {path.name for path in _folder(name).glob("*")} <= {".gitignore"}:
                shutil.rmtree(_folder(name), ignore_errors=True)


def _specials(value: str) -> int:
    """Between single quotes only these themselves do not stand for themselves."""
    return sum(map(value.count, "'" if value.startswith("'") else SPECIAL))


def _folder(name: str) -> Path:
    return Path(name).parent / f".{PLACE}"


def _kept(name: str, version: str) -> Path:
    return _folder(name) / f"{Path(name).name}.{version}"


def _made(name: str) -> Path:
    """The folder, made if need be; RotationError if it is not ours alone."""
    folder = _folder(name)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise RotationError(
            f"{folder} is not a folder that only its owner reads", "see who made it; remove it, then go on"
        )
    (folder / ".gitignore").write_text("*\n")
    return folder


def _read(name: str) -> str:
    """OSError for a symbolic link: where it leads may change between two looks."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RotationError(f"{name} is not a regular file", "name the file itself")
        data = file.read(SIZE + 1)
    if len(data) > SIZE:
        raise RotationError(f"{name} is larger than {SIZE} bytes", "that is no file of variables")
    return data.decode("utf-8", "surrogateescape")


@contextmanager
def _written(name: str, text: Secret) -> Iterator[Path]:
    """A file with `text` that has reached the disk; it is gone afterwards unless it took another's place."""
    path = _made(name) / _kept(name, UNFINISHED).name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            file.write(text.reveal().encode("utf-8", "surrogateescape"))
            file.flush()
            os.fsync(descriptor)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _take_place(new: Path, of: Path) -> None:
    """Rename, and see the rename on the disk."""
    os.replace(new, of)
    descriptor = os.open(of.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _using(what: str, name: str) -> Iterator[None]:
    """Turn the errors of the system inside into ours."""
    try:
        yield
    except FileNotFoundError:
        raise NotFound(
            f"could not {what} {name}: there is no such file", "see that the path is right"
        ) from None
    except PermissionError:
        raise AccessDenied(
            f"could not {what} {name}: permission denied", "run this as the file's owner"
        ) from None
    except OSError as error:
        if os.path.islink(name):
            raise RotationError(
                f"could not {what} {name}: it is a symbolic link", f"name the file: {os.path.realpath(name)}"
            ) from None
        raise RotationError(f"could not {what} {name}: {error.strerror}", "see to that, then go on") from None
