"""Private keys of SSH: found in texts, taken apart, and made anew in the same form."""

import json
import shutil
import subprocess

import pytest

from unleak.core.errors import RotationError
from unleak.core.secret import Secret
from unleak.rotate import ssh_keys
from unleak.rotate.replace import occurs, replace
from unleak.rotate.ssh_keys import OPENSSH, PKCS8, Form
from unleak.scan.checks import pem
from unleak.scan.examples import expand

KEYGEN = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no ssh-keygen")
FORMS = [Form(OPENSSH, "ed25519"), Form(PKCS8, "ed25519"), Form(PKCS8, "rsa-2048"), Form("RSA PRIVATE KEY", "rsa-2048"),
         Form("EC PRIVATE KEY", "nistp256"), Form(OPENSSH, "nistp521"), Form(OPENSSH, "rsa-2048")]  # fmt: skip


@pytest.fixture(scope="module")
def pair():
    return ssh_keys.made(Form(OPENSSH, "ed25519"))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_new_key_is_of_the_form_that_was_asked_for(form):
    made = ssh_keys.made(form)
    again = ssh_keys.read(made.private)
    assert (again.form, again.public, again.blob) == (form, made.public, made.blob)
    assert ssh_keys.public_blob(f"{made.public} ada@laptop") == made.blob


@KEYGEN
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_ssh_reads_it_and_sees_the_same_public_half(form, tmp_path):
    if form == Form(PKCS8, "ed25519"):
        pytest.skip("older OpenSSH does not read Ed25519 in this form")
    made, file = ssh_keys.made(form), tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(made.private.reveal() + "\n")
    shown = subprocess.run(
        ["ssh-keygen", "-y", "-f", file], capture_output=True, text=True, check=True
    ).stdout
    assert ssh_keys.public_blob(shown) == made.blob
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", file], capture_output=True, text=True, check=True
    ).stdout
    assert made.fingerprint in listed


@pytest.mark.parametrize(("old", "new"), [
    (Form(OPENSSH, "rsa-4096"), Form(OPENSSH, "ed25519")),
    (Form("RSA PRIVATE KEY", "rsa-4096"), Form("RSA PRIVATE KEY", "rsa-4096")),
    (Form(PKCS8, "rsa-1024"), Form(PKCS8, "rsa-2048")), (Form("EC PRIVATE KEY", "nistp384"), ) * 2,
    (Form(PKCS8, "ed25519"), ) * 2,
])  # fmt: skip
def test_which_form_replaces_which(old, new):
    assert old.renewed == new


@KEYGEN
@pytest.mark.parametrize("form", [[], ["-m", "PKCS8"], ["-m", "PEM"]], ids=["OpenSSH", "PKCS8", "PEM"])
def test_an_encrypted_key_is_said_to_be_one(form, tmp_path):
    file, words = tmp_path / "key", "some words"
    kind = ["-t", "rsa", "-b", "2048"]
    subprocess.run(["ssh-keygen", "-q", *kind, *form, "-N", words, "-f", file], check=True)
    (found,) = ssh_keys.candidates(file.read_text())
    with pytest.raises(RotationError, match="is encrypted"):
        ssh_keys.read(Secret(found))


@pytest.mark.parametrize("template", ["${pem:RSA}", "${openssh}", "${pem}"])
def test_what_only_looks_like_a_key_is_refused(template):
    with pytest.raises(RotationError, match="cannot be read"):
        ssh_keys.read(Secret(expand(template, 3)))


def wraps(key):
    """How texts hold a key."""
    lines = key.replace("\n", "\\n")
    indented = "\n".join("    " + line for line in key.splitlines())
    return {
        "a file": f"{key}\n", "JSON": json.dumps({"key": f"{key}\n", "port": 22}), "a variable": f'KEY="{lines}\\n"\n',
        "JSON within JSON": json.dumps({"inner": json.dumps({"key": key})}), "YAML": f"key: |\n{indented}\nport: 22\n",
        "lines of Windows": key.replace("\n", "\r\n"), "JSON of PHP": json.dumps({"key": key}).replace("/", "\\/"),
    }  # fmt: skip


@pytest.mark.parametrize("name", wraps(""))
def test_it_is_found_however_its_lines_are_ended(pair, name):
    key = pair.private.reveal()
    found = ssh_keys.candidates(wraps(key)[name])
    assert found[0] == key


@pytest.mark.parametrize("name", ["a file", "JSON", "a variable", "JSON within JSON", "JSON of PHP"])
def test_it_is_replaced_there_and_nothing_else(pair, name):
    new = ssh_keys.made(pair.form).private.reveal()
    text = wraps(pair.private.reveal())[name]
    changed = replace(text, {pair.private.reveal(): new}, "prod/web")
    assert not occurs(changed, pair.private.reveal())
    assert ssh_keys.candidates(changed)[0] == new
    assert "/" in new or changed == wraps(new)[name]


def test_the_scan_and_the_rotation_have_one_fingerprint(pair):
    texts = wraps(pair.private.reveal()).values()
    bodies = {pem.check(one).canonical for text in texts for one in ssh_keys.candidates(text)}
    assert bodies == {"".join(pair.private.reveal().splitlines()[1:-1])}


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-ed25519 AA=="])
def test_a_line_without_a_public_half_is_refused(line):
    with pytest.raises(RotationError):
        ssh_keys.public_blob(line)
