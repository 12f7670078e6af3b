"""Stores and restarts of other clouds by the command line: a rotation goes on where it began."""

import json

import pytest
from services.azure import FakeAzure
from services.google import FakeGoogle
from services.kubernetes import FakeKubernetes
from services.served import Service, serving
from services.vercel import FakeVercel

TOKEN = "t0ken" * 5
FAST = ("--quiet", "0", "--grace", "0", "--wait", "0")


@pytest.fixture
def pair(aws):
    return {"KEY_ID": aws.leaked["AccessKeyId"], "KEY": aws.leaked["SecretAccessKey"]}


@pytest.fixture
def cluster(monkeypatch, tmp_path, pair):
    """With a Secret that holds the leaked key, and a Deployment that reads it."""
    with serving(FakeKubernetes(TOKEN)) as made:
        made.kubeconfig(tmp_path / "kubeconfig")
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        made.fill("prod/shop", pair)
        made.workloads["prod/deployments/shop"] = {
            "metadata": {"generation": 1},
            "spec": {"replicas": 1, "template": {}},
            "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
        }
        yield made


@pytest.fixture
def rotate(aws, unleak):
    """Rotates the leaked key."""
    given = f"{aws.leaked['AccessKeyId']} {aws.leaked['SecretAccessKey']}"
    return lambda *more: unleak("rotate", "--stdin", "--yes", *FAST, *more, given=given)


def test_a_secret_of_kubernetes_and_its_rollout(aws, unleak, rotate, cluster, tmp_path, monkeypatch, pair):
    where = ("--store", "k8s", "--restart", "k8s://prod/deployment/shop")
    ran = rotate(*where)
    assert ran.returncode == 4, ran.stdout
    assert "k8s://prod/shop?KEY,KEY_ID" in ran.stdout
    assert cluster.workloads["prod/deployments/shop"]["metadata"]["generation"] == 2
    with serving(FakeKubernetes(TOKEN)) as other:
        other.kubeconfig(tmp_path / "other")
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "other"))
        ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
        assert ran.returncode == 2
        assert "no context of the kubeconfig" in ran.stdout
        assert other.asked == []
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
    assert ran.returncode == 0, ran.stdout
    values = cluster.values("prod/shop")
    assert aws.lives({"AccessKeyId": values["KEY_ID"], "SecretAccessKey": values["KEY"]})
    assert values["KEY_ID"] != pair["KEY_ID"]
    assert list(cluster.secrets) == ["prod/shop"]


def test_variables_of_a_team_at_vercel_and_the_redeploy(aws, unleak, rotate, pair, monkeypatch):
    monkeypatch.setenv("VERCEL_TOKEN", TOKEN)
    monkeypatch.setenv("VERCEL_TEAM_ID", "team_1")
    with serving(FakeVercel(TOKEN, "team_1")) as vercel:
        monkeypatch.setenv("VERCEL_API_URL", vercel.address)
        vercel.fill("shop@production", pair)
        vercel.deployments["shop"] = [{"uid": "dpl_old", "name": "shop", "readyState": "READY"}]
        ran = rotate("--store", "vercel", "--restart", "vercel://shop")
        assert ran.returncode == 4, ran.stdout
        assert "vercel://shop is not restarted yet" in ran.stdout
        vercel.deployments["shop"][-1]["readyState"] = "READY"
        for name in ("VERCEL_TEAM_ID", "VERCEL_API_URL"):
            monkeypatch.delenv(name)
        ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
        assert ran.returncode == 0, ran.stdout
        values = vercel.values("shop@production")
        assert values.keys() == pair.keys()
        assert aws.lives({"AccessKeyId": values["KEY_ID"], "SecretAccessKey": values["KEY"]})
        assert len(vercel.deployments["shop"]) == 2


def test_secrets_of_google_and_azure_at_once(aws, unleak, rotate, pair, monkeypatch):
    with serving(FakeGoogle(TOKEN)) as google, serving(FakeAzure(TOKEN)) as azure:
        for name, value in {
            "GOOGLE_OAUTH_ACCESS_TOKEN": TOKEN,
            "GOOGLE_CLOUD_PROJECT": "shop-123",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": google.address,
            "KEY_VAULT_NAME": "vault",
            "AZURE_KEY_VAULT_URL": azure.address,
            "AZURE_AUTHORITY_HOST": azure.address,
            "AZURE_TENANT_ID": "tenant",
            "AZURE_CLIENT_ID": "client",
            "AZURE_CLIENT_SECRET": "s3cr3t",
        }.items():
            monkeypatch.setenv(name, value)
        google.fill("shop-123/payments", json.dumps(pair))
        azure.fill("vault/payments", json.dumps(pair))
        ran = rotate("--store", "gcp-sm", "--target", "azure-kv://vault/payments#KEY")
        assert ran.returncode == 4, ran.stdout
        for name in ("CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER", "AZURE_KEY_VAULT_URL"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        ran = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
        assert ran.returncode == 0, ran.stdout
        values = json.loads(google.text("shop-123/payments"))
        assert values == json.loads(azure.text("vault/payments"))
        assert aws.lives({"AccessKeyId": values["KEY_ID"], "SecretAccessKey": values["KEY"]})
        assert list(google.secrets) == [("shop-123", "payments")]
        assert list(azure.secrets) == ["payments"]


class Hook(Service):
    """Takes whatever comes."""

    def handle(self, method, target, headers, content):
        self.asked.append(f"{method} {target}")


def test_a_webhook_is_called_once_and_its_address_kept_nowhere(aws, unleak, rotate, monkeypatch, tmp_path):
    aws.json_secret()
    with serving(Hook("")) as hook:
        monkeypatch.setenv("HOOK", f"{hook.address}/h00k")
        ran = rotate("--restart", "webhook://env:HOOK", "--restart", "command://true")
        assert ran.returncode == 4, ran.stdout
        assert "webhook://env:HOOK" in ran.stdout
        more = unleak("incidents", "resume", unleak.only_id(), "--revoke-anyway")
        assert more.returncode == 0, more.stdout
        assert hook.asked == ["POST /h00k"]
    assert "h00k" not in ran.stdout + more.stdout
    for path in (tmp_path / "state").rglob("*"):
        assert path.is_dir() or b"h00k" not in path.read_bytes()


def test_a_command_that_fails_leaves_both_keys_at_work(aws, unleak, rotate):
    aws.json_secret()
    ran = rotate("--restart", "command://false")
    assert ran.returncode == 4
    assert "the command ended with 1" in ran.stdout
    assert aws.lives(aws.leaked)
    assert aws.lives(aws.current_key())
