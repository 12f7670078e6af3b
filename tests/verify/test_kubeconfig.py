"""Contexts, and the ways to their credentials."""

import json
import sys
from base64 import b64encode

import pytest

from unleak.core.errors import RotationError, UsageError
from unleak.verify import kubeconfig

HERE, THERE = "https://here.example:6443", "https://there.example:6443"


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Writes a kubeconfig with two clusters."""
    path = tmp_path / "kubeconfig"
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    def write(user, **cluster):
        names = {"here": HERE, "there": THERE}
        path.write_text(json.dumps({
            "current-context": "here",
            "contexts": [{"name": one, "context": {"cluster": one, "user": "u", "namespace": one}} for one in names],
            "clusters": [{"name": one, "cluster": {"server": at, **cluster}} for one, at in names.items()],
            "users": [{"name": "u", "user": user}],
        }))  # fmt: skip

    return write


def test_the_current_context_is_meant_and_the_one_of_an_address_is_found(config):
    config({"token": "t0ken"})
    assert kubeconfig.server() == HERE
    assert kubeconfig.login(HERE).namespace == "here"
    there = kubeconfig.login(THERE)
    assert (there.server, there.namespace, there.token.reveal()) == (THERE, "there", "t0ken")
    with pytest.raises(UsageError, match="no context"):
        kubeconfig.login("https://elsewhere.example")


def test_files_are_meant_from_where_the_kubeconfig_is(config, tmp_path):
    (tmp_path / "token").write_text("t0ken\n")
    (tmp_path / "ca.pem").write_text("authority")
    config({"tokenFile": "token"}, **{"certificate-authority": "ca.pem"})
    found = kubeconfig.login(HERE)
    assert (found.token.reveal(), found.authority) == ("t0ken", b"authority")


def test_certificates_stand_in_the_file_or_beside_it(config):
    coded = {f"client-{name}-data": b64encode(name.encode()).decode() for name in ("certificate", "key")}
    config(coded)
    found = kubeconfig.login(HERE)
    assert (found.certificate, found.key.reveal(), found.token) == (b"certificate", "key", None)


def test_a_plugin_is_asked_as_kubectl_asks_it(config, tmp_path):
    program = tmp_path / "plugin.py"
    program.write_text(
        "import json, os, sys; info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "token = f\"{sys.argv[1]}-{os.environ['MORE']}-{info['kind']}\"\n"
        "print(json.dumps({'kind': 'ExecCredential', 'status': {'token': token}}))"
    )
    said = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable}
    config({"exec": {**said, "args": [str(program), "arg"], "env": [{"name": "MORE", "value": "more"}]}})
    assert kubeconfig.login(HERE).token.reveal() == "arg-more-ExecCredential"
    config({"exec": {**said, "args": ["-c", "print('s3cr3t'); exit(1)"]}})
    with pytest.raises(RotationError, match="gave no credentials") as caught:
        kubeconfig.login(HERE)
    assert "s3cr3t" not in str(caught.value)
    config({"exec": {**said, "command": "./absent"}})
    with pytest.raises(UsageError, match="not there"):
        kubeconfig.login(HERE)


def test_a_pod_has_its_service_account(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setattr(kubeconfig, "ACCOUNT", tmp_path)
    for name in ("namespace", "ca.crt", "token"):
        (tmp_path / name).write_text(name)
    address = kubeconfig.server()
    assert address == "https://10.0.0.1:443"
    found = kubeconfig.login(address)
    assert (found.namespace, found.authority, found.token.reveal()) == ("namespace", b"ca.crt", "token")
    with pytest.raises(UsageError, match="another cluster"):
        kubeconfig.login(HERE)


@pytest.mark.parametrize(
    ("user", "cluster"),
    [
        ({}, {}),
        ({"username": "u", "password": "p"}, {}),
        ({"token": "t"}, {"insecure-skip-tls-verify": True}),
        ({"token": "t"}, {"server": "http://here.example"}),
        ({"token": "t"}, {"certificate-authority-data": "no base64"}),
    ],
)
def test_what_is_not_safe_or_not_there_is_refused(config, user, cluster):
    config(user, **cluster)
    with pytest.raises(UsageError):
        kubeconfig.login(kubeconfig.server())


def test_without_a_kubeconfig_nothing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError, match="no cluster"):
        kubeconfig.server()
    (tmp_path / "absent").write_text("{not yaml: [")
    with pytest.raises(UsageError, match="cannot be read"):
        kubeconfig.server()
