"""What files of variables need beyond the contract."""

import os
import subprocess
import sys

import pytest

from unleak.core.errors import AccessDenied, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.replace import replace
from unleak.rotate.stores.env import EnvFiles

NEW = "11111111-1111-5111-8111-111111111111"


@pytest.fixture
def store():
    return EnvFiles()


def rotated(store, path, old, new):
    """The whole way of one value by the port."""
    version = store.current(str(path))
    text = store.read(str(path), version).reveal()
    store.put_pending(str(path), NEW, Secret(replace(text, {old: new}, str(path))))
    store.promote(str(path), NEW, version)
    store.tidy(str(path), (version, NEW))


@pytest.mark.parametrize(
    "content",
    [
        b"# of payments\r\nexport KEY = OLD\r\n\r\nB='x'\r\n",
        b"\xef\xbb\xbfZ=1\nA=\"OLD\" # why\nKEY='OLD'",
        b"NAME=caf\xe9\nKEY=OLD\n\n\n",
        b'PEM="-----\nKEY=inner\n-----"\nURL=https://u:OLD@h/?a=b#c\n',
    ],
)
def test_every_other_byte_stays(store, tmp_path, content):
    path = tmp_path / ".env"
    path.write_bytes(content)
    rotated(store, path, "OLD", "NEWER")
    assert path.read_bytes() == content.replace(b"OLD", b"NEWER")


def test_mode_stays_and_the_change_is_seen(store, tmp_path):
    path = tmp_path / ".env"
    path.write_text("KEY=OLD\n")
    path.chmod(0o640)
    os.utime(path, (1, 1))
    rotated(store, path, "OLD", "NEW")
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_mtime > 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays(store, tmp_path):
    path = tmp_path / ".env"
    path.write_text("KEY=OLD\n")
    os.chown(path, 1234, 2345)
    rotated(store, path, "OLD", "NEW")
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_who_has_it_open_reads_the_old_text_to_its_end(store, tmp_path):
    path = tmp_path / ".env"
    path.write_text("KEY=OLD\n")
    with path.open() as service:
        rotated(store, path, "OLD", "NEW")
        assert service.read() == "KEY=OLD\n"
    assert path.read_text() == "KEY=NEW\n"


def test_what_is_kept_is_its_owners_and_no_part_of_the_repository(store, tmp_path, make_repo):
    repo = make_repo("repo")
    path = repo.path / "app.env"
    path.write_text("KEY=OLD\n")
    repo.commit()
    store.put_pending(str(path), NEW, Secret("KEY=NEW\n"))
    (folder,) = [found for found in repo.path.iterdir() if found.name not in {".git", "app.env"}]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {found.stat().st_mode & 0o777 for found in folder.glob("app*")} == {0o600}
    assert repo.git("status", "--porcelain") == ""


def test_files_with_like_names_are_kept_apart(store, tmp_path):
    for name in (".env", ".env.local"):
        (tmp_path / name).write_text("KEY=OLD\n")
    store.put_pending(str(tmp_path / ".env.local"), NEW, Secret("KEY=NEW\n"))
    assert not store.holds(str(tmp_path / ".env"), NEW)
    store.put_pending(str(tmp_path / ".env"), NEW, Secret("KEY=OTHER\n"))
    store.tidy(str(tmp_path / ".env"), (NEW,))
    assert store.read(str(tmp_path / ".env.local"), NEW).reveal() == "KEY=NEW\n"


def test_a_crash_while_writing_leaves_nothing_in_the_end(store, tmp_path):
    path = tmp_path / ".env"
    path.write_text("KEY=OLD\n")
    program = (
        "import os, sys; from unleak.core.secret import Secret; from unleak.rotate.stores.env import EnvFiles\n"
        "os.replace = lambda *paths: os._exit(9)\n"
        f"EnvFiles().put_pending(sys.argv[1], {NEW!r}, Secret('KEY=NEW\\n'))"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode == 9
    assert not store.holds(str(path), NEW)
    rotated(store, path, "OLD", "NEW")
    assert [found.name for found in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("content", "old", "new"),
    [("KEY=OLD\n", "OLD", "a b"), ('KEY="OLD"\n', "OLD", 'x"y'), ("KEY='OLD'\n", "OLD", "x'y"),
     ("KEY=OLD\n", "OLD", "x#y"), ('KEY="OLD"\n', "OLD", "x$y")],
)  # fmt: skip
def test_a_value_that_needs_other_quotes_is_refused(store, tmp_path, content, old, new):
    path = tmp_path / ".env"
    path.write_text(content)
    with pytest.raises(RotationError, match="characters that need quotes") as caught:
        store.put_pending(str(path), NEW, Secret(content.replace(old, new)))
    assert new not in str(caught.value)
    assert not store.holds(str(path), NEW)


def test_single_quotes_take_everything_else(store, tmp_path):
    path = tmp_path / ".env"
    path.write_text("KEY='OLD'\n")
    store.put_pending(str(path), NEW, Secret("KEY='x $y#\"'\n"))
    assert store.holds(str(path), NEW)


def test_a_symbolic_link_is_refused_and_says_where_it_leads(store, tmp_path, leaked):
    (tmp_path / "real").write_text(f"KEY={leaked.secret.reveal()}\n")
    (tmp_path / ".env").symlink_to("real")
    with pytest.raises(RotationError, match="symbolic link") as caught:
        store.look(SecretRef("env", str(tmp_path / ".env")), leaked)
    assert str(tmp_path / "real") in caught.value.hint


def test_a_file_with_two_names_is_a_problem(store, tmp_path, leaked):
    (tmp_path / "a").write_text(f"KEY={leaked.secret.reveal()}\n")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert "hard links" in store.look(SecretRef("env", str(tmp_path / "a")), leaked).problem


def test_a_path_becomes_absolute(store, tmp_path, leaked, monkeypatch):
    (tmp_path / ".env").write_text(f"KEY={leaked.secret.reveal()}\n")
    monkeypatch.chdir(tmp_path)
    assert str(store.look(SecretRef("env", ".env", "KEY"), leaked).ref) == f"env://{tmp_path}/.env#KEY"


def test_a_folder_that_somebody_else_prepared_is_not_used(store, tmp_path):
    (tmp_path / ".env").write_text("KEY=OLD\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".unleak-rotation").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RotationError, match="not a folder that only its owner reads"):
        store.put_pending(str(tmp_path / ".env"), NEW, Secret("KEY=NEW\n"))
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_only_files_are_read(store, tmp_path, make):
    make(tmp_path / ".env")
    with pytest.raises(RotationError):
        store.current(str(tmp_path / ".env"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(store, tmp_path):
    (tmp_path / ".env").write_text("KEY=OLD\n")
    (tmp_path / ".env").chmod(0)
    with pytest.raises(AccessDenied):
        store.current(str(tmp_path / ".env"))


def test_a_text_that_was_removed_by_hand_stops_the_promotion(store, tmp_path):
    path = tmp_path / ".env"
    path.write_text("KEY=OLD\n")
    with pytest.raises(NotFound, match="not kept any longer"):
        store.promote(str(path), NEW, store.current(str(path)))
