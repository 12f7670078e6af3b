"""What is packed is unpacked, within limits; what is not says why."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
import zlib

import pytest

from unleak.core.errors import Exit
from unleak.core.model import Blob, File, GitObject, Skipped, Stdin
from unleak.scan import unpacking
from unleak.scan.decoders.containers import kind
from unleak.scan.sources.segments import cut


def noise(size: int) -> bytes:
    """What cannot be compressed."""
    return random.Random(1).randbytes(size)  # noqa: S311


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return file.getvalue()


def seven(members: dict[str, bytes], password: str | None = None) -> bytes:
    py7zr = pytest.importorskip("py7zr")
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", password=password) as archive:
        for name, content in members.items():
            archive.writef(io.BytesIO(content), name)
    return file.getvalue()


def pdf(text: bytes) -> bytes:
    content = zlib.compress(b"BT /F1 12 Tf 50 700 Td (%s) Tj ET" % text)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table, len(out)
    )  # fmt: skip


CASES = {
    "zip": (lambda t: zipped({"empty": b"", "dir/file": t}), "dir/file"),
    "zip, stored": (lambda t: zipped({"dir/file": t}, zipfile.ZIP_STORED), "dir/file"),
    "zip, bzip2": (lambda t: zipped({"f": t}, zipfile.ZIP_BZIP2), "f"),
    "zip behind a shebang": (lambda t: b"#!/usr/bin/env python3\n" + zipped({"app.py": t}), "app.py"),
    "jar in war": (lambda t: zipped({"WEB-INF/lib/a.jar": zipped({"a.xml": t})}), "WEB-INF/lib/a.jar!/a.xml"),
    "tar": (lambda t: tarred({"dir/file": t}), "dir/file"),
    "tar of GNU": (
        lambda t: tarred({"long/" * 40 + "file": t}, form=tarfile.GNU_FORMAT),
        "long/" * 40 + "file",
    ),
    "tar.gz": (lambda t: tarred({"dir/file": t}, "w:gz"), "dir/file"),
    "tar.xz in zip": (lambda t: zipped({"a.tar.xz": tarred({"f": t}, "w:xz")}), "a.tar.xz!/f"),
    "gz": (gzip.compress, "log"),
    "gz, two streams": (lambda t: gzip.compress(b"") + gzip.compress(t), "log"),
    "bz2": (bz2.compress, "log"),
    "xz": (lzma.compress, "log"),
    "xz, two streams": (lambda t: lzma.compress(b"") + b"\0" * 4 + lzma.compress(t), "log"),
    "gz in zip": (lambda t: zipped({"a/b.txt.gz": gzip.compress(t)}), "a/b.txt.gz!/b.txt"),
    "7z": (lambda t: seven({"a": b"x", "dir/file": t}), "dir/file"),
    "UTF-16 in zip": (lambda t: zipped({"f": t.decode().encode("utf-16")}), "f"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_key_is_found_in_its_member(name, scan, key, engine) -> None:
    pack, member = CASES[name]
    outcome = scan(pack(f"first\n  token: {key}\n".encode()), engine=engine, origin=File(".", b"a/log.zip"))
    assert outcome.places == {key: [(member, 2, 10, 2, 39)]}
    assert outcome.skipped == []
    assert scan(pack(b"first\n  token: none\n"), engine=engine).exit is Exit.CLEAN


@pytest.mark.parametrize("name", CASES)
def test_damage_is_told_and_nothing_breaks(name, scan, key) -> None:
    whole = CASES[name][0](f"first\n  token: {key}\n".encode() + noise(3000).hex().encode())
    dice = random.Random(2)  # noqa: S311
    told = 0
    for _ in range(30):
        data = bytearray(whole[: dice.randrange(40, len(whole))])
        for _ in range(3):
            data[dice.randrange(20, len(data))] = dice.randrange(256)
        outcome = scan(bytes(data))
        told += bool(outcome.skipped)
        assert all(reason and "\n" not in reason for _, reason, _ in outcome.skipped)
    assert told


def test_a_damaged_archive_makes_the_scan_incomplete(scan, key) -> None:
    outcome = scan(gzip.compress(key.encode())[:-9])
    assert outcome.skipped == [("", "damaged: it cannot be unpacked", True)] or outcome.skipped[0][2]
    assert outcome.exit is Exit.INCOMPLETE_SCAN


def test_what_is_stored_in_a_damaged_archive_is_found_all_the_same(scan, key) -> None:
    outcome = scan(zipped({"f": b" %s " % key.encode()}, zipfile.ZIP_STORED)[:-20])
    assert [place[0] for place in outcome.places[key]] == [""]
    assert outcome.exit is Exit.INCOMPLETE_SCAN


def test_pdf(scan, key) -> None:
    pytest.importorskip("pypdf")
    outcome = scan(pdf(b"token " + key.encode()))
    assert outcome.places == {key: [("page 1", 1, 7, 1, 36)]}
    assert outcome.skipped == []


@pytest.mark.parametrize(
    ("module", "data"), [("pypdf", pdf(b"text")), ("py7zr", b"7z\xbc\xaf\x27\x1c" + b"0" * 50)]
)
def test_without_the_library_the_install_line_is_shown(module, data, scan, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    outcome = scan(data)
    [(_, reason, failed)] = outcome.skipped
    assert "pip install 'unleak[archives]" in reason
    assert (failed, outcome.exit) == (False, Exit.CLEAN)


def encrypted_zip() -> bytes:
    data = bytearray(zipped({"f": b"text"}))
    data[6] |= 1  # of the local header, and of the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(("data", "skip"), [
    (encrypted_zip, ("f", "encrypted", False)),
    (lambda: seven({"f": b"text"}, password="x"), ("", "encrypted", False)),
    (lambda: zipped({"f": b"text"}).replace(b"\x08\x00", b"\x63\x00"),
     ("f", "compressed in a way that cannot be read", False)),
])  # fmt: skip
def test_what_cannot_be_opened_by_design(data, skip, scan) -> None:
    outcome = scan(data())
    assert outcome.skipped == [skip]
    assert outcome.exit is Exit.CLEAN


def test_hostile_names_are_only_names(scan, key) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind_ in (
            ("../../etc/passwd", tarfile.REGTYPE),
            ("/abs", tarfile.REGTYPE),
            ("l", tarfile.SYMTYPE),
        ):
            header = tarfile.TarInfo(name)
            header.type, header.linkname = kind_, "/etc/passwd"
            header.size = 29 if kind_ == tarfile.REGTYPE else 0
            archive.addfile(header, io.BytesIO(key.encode()))
    assert [place[0] for place in scan(file.getvalue()).places[key]] == ["../../etc/passwd", "/abs"]


# --- limits ----------------------------------------------------------------------------------------


def quine_like() -> bytes:
    data = zipped({"a": b"text"})
    for _ in range(unpacking.DEPTH):
        data = zipped({"a.zip": data, "b.zip": data})
    return data


def huge_header() -> bytes:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 8**11 - 1
    return gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(30 << 20))


def many_members() -> bytes:
    return gzip.compress(tarfile.TarInfo("m").tobuf() * 3000, mtime=0)


def huge_directory() -> bytes:
    data = bytearray(zipped({"a": b"x"}))
    at = data.rindex(b"PK\x05\x06") + 12
    data[at : at + 4] = (1 << 30).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(("make", "reason"), [
    (lambda: gzip.compress(bytes(40 << 20)), "200 times its size"),
    (lambda: bz2.compress(bytes(40 << 20)), "200 times its size"),
    (lambda: lzma.compress(bytes(40 << 20)), "200 times its size"),
    (lambda: zipped({"a": bytes(40 << 20)}), "200 times its size"),
    (lambda: tarred({"a": bytes(40 << 20)}, "w:gz"), "200 times its size"),
    (lambda: seven({"a": bytes(40 << 20)}), "32 MiB"),
    (quine_like, "6 deep"),
    (huge_header, "tar header"),
    (huge_directory, "zip directory"),
])  # fmt: skip
def test_a_bomb_is_left_at_its_limit(make, reason, scan) -> None:
    outcome = scan(make())
    assert outcome.exit is Exit.INCOMPLETE_SCAN
    assert any(
        told.startswith("over a limit") and reason in told and failed for _, told, failed in outcome.skipped
    )


def test_the_number_of_members_is_limited(scan, monkeypatch) -> None:
    monkeypatch.setattr(unpacking, "MEMBERS", 2999)
    assert scan(many_members()).skipped == [("", "over a limit: more than 2,999 files", True)]


def test_the_total_is_limited(scan, monkeypatch) -> None:
    monkeypatch.setattr(unpacking, "TOTAL", 5 << 20)
    data = noise(3 << 20)
    assert "more than 5 MiB" in scan(zipped({"a": data, "b": data})).skipped[0][1]
    assert scan(zipped({"a": data})).skipped == []


def test_what_precedes_a_limit_is_found(scan, key) -> None:
    outcome = scan(zipped({"a": key.encode(), "b": bytes(40 << 20)}))
    assert outcome.places[key][0] == ("a", 1, 1, 1, 30)
    assert outcome.exit is Exit.INCOMPLETE_SCAN


def test_memory_stays_bounded(scan) -> None:
    import tracemalloc

    bomb = gzip.compress(bytes(200 << 20))
    tracemalloc.start()
    scan(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 << 20


# --- large ones ------------------------------------------------------------------------------------


def segments(data: bytes, origin=File(".", b"f")) -> list[Blob]:  # noqa: B008
    return list(cut(origin, io.BytesIO(data), size=8000, margin=500))


@pytest.mark.parametrize("name", ["tar", "tar.gz", "gz", "bz2", "xz", "zip", "7z"])
def test_an_archive_in_segments_is_read_as_a_whole(name, scan, key) -> None:
    filler = noise(30_000).hex().encode()
    data = CASES[name][0](filler + b"\n" + key.encode() + b"\n" + filler)
    blobs = segments(data, GitObject("/r", "a" * 40, "blob"))
    assert len(blobs) > 3
    outcome = scan(*blobs)
    assert len(outcome.places[key]) == 1
    assert outcome.skipped == []


def test_a_large_zip_is_opened_where_it_lies(scan, key, tmp_path) -> None:
    data = zipped({"a": noise(30_000), "b": key.encode()})
    (tmp_path / "big.zip").write_bytes(data)
    outcome = scan(*segments(data, File(str(tmp_path), b"big.zip")))
    assert outcome.places == {key: [("b", 1, 1, 1, 30)]}


def test_a_large_zip_from_elsewhere_is_held_up_to_a_limit(scan, key, monkeypatch) -> None:
    monkeypatch.setattr(unpacking, "HELD", 20_000)
    data = zipped({"a": noise(30_000), "b": key.encode()})
    outcome = scan(*segments(data, Stdin()))
    assert outcome.skipped[0][1].startswith("over a limit")
    assert outcome.exit is Exit.INCOMPLETE_SCAN


def test_content_that_ends_too_early_is_told(scan, key) -> None:
    data = tarred({"a": noise(30_000), "b": key.encode()})
    blobs = segments(data)[:2]
    outcome = scan(*blobs, Skipped(File(".", b"f"), "input/output error", failed=True))
    assert outcome.exit is Exit.INCOMPLETE_SCAN


def test_the_next_content_is_read_after_one_that_is_not_read_to_its_end(scan, key, monkeypatch) -> None:
    monkeypatch.setattr(unpacking, "MEMBERS", 1)
    data = tarred({"a": b"", "b": noise(30_000)})
    outcome = scan(*segments(data), Blob(File(".", b"g"), key.encode()))
    assert list(outcome.places) == [key]


# --- the rest --------------------------------------------------------------------------------------


def test_a_preimage_makes_what_is_packed_in_it_old(scan, key) -> None:
    old = Blob(File(".", b"f"), zipped({"a": key.encode()}), preimage=True)
    assert scan(old, Blob(File(".", b"f"), zipped({"b": key.encode()}))).places == {}


def test_a_damaged_preimage_is_not_told(scan) -> None:
    assert scan(Blob(File(".", b"f"), gzip.compress(b"text")[:-5], preimage=True)).skipped == []


@pytest.mark.parametrize(
    "head", [b"PK", b"BZhello", b"7zip", b"\x1f\x8b", b"%P", b"#!/bin/sh\n", b"", b"ustar"]
)
def test_other_content_is_no_archive(head) -> None:
    assert kind(head) == ""
