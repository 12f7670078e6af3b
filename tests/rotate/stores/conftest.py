"""One harness a store: what its own users see and do, without our port."""

import json
import random
import string
from pathlib import Path

import pytest
from services.azure import FakeAzure
from services.doppler import FakeDoppler
from services.gitlab import FakeGitlab
from services.google import FakeGoogle
from services.kubernetes import FakeKubernetes
from services.served import serving
from services.vercel import FakeVercel

from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE
from unleak.rotate.ports import Credential
from unleak.rotate.stores.aws_secretsmanager import SecretsManager
from unleak.rotate.stores.aws_ssm import ParameterStore
from unleak.rotate.stores.azure_keyvault import KeyVault
from unleak.rotate.stores.doppler import Doppler
from unleak.rotate.stores.env import EnvFiles
from unleak.rotate.stores.gitlab_ci import GitlabCi
from unleak.rotate.stores.google_secretmanager import GoogleSecretManager
from unleak.rotate.stores.kubernetes import KubernetesSecrets
from unleak.rotate.stores.vault_kv import VaultKv
from unleak.rotate.stores.vercel import VercelEnv
from unleak.verify.aws_client import Access
from unleak.verify.vault_client import place

TOKEN = "t0ken" * 5


def made_up(seed: int) -> Credential:
    """A key of the shape of AWS's, different for every seed and in no file."""
    choose = random.Random(seed)  # noqa: S311 (has to be the same each time)
    key_id = "AKIA" + "".join(choose.choices(string.ascii_uppercase + "234567", k=16))
    secret = "".join(choose.choices(string.ascii_letters + string.digits, k=37)) + "/+x"
    return Credential(key_id, Secret(secret))


class JsonTexts:
    """Secrets that are JSON objects."""

    searched = True
    """Whether the store finds secrets by itself."""
    limit = 0
    """Bytes that a secret may hold; 0 if the store sets no limit of its own."""
    last_look = "now"
    """The method by which promotion looks a last time before it writes."""

    def compose(self, fields):
        return json.dumps(fields)

    def parse(self, text):
        return json.loads(text)

    def found(self, name):
        """The name by which a search gives it."""
        return name

    def left(self):
        """What there is beside the secrets themselves."""
        return []


class InSecretsManager(JsonTexts):
    limit = 65_536
    last_look = "current"

    def __init__(self, aws):
        self.aws = aws

    def store(self):
        return SecretsManager(Access())

    def make(self, name, text):
        self.aws.secret(name, text)
        return name

    def edit(self, name, text):
        """In two calls, for after a plain one moto has two current versions if AWSCURRENT was moved before."""
        client, now = self.aws.client("secretsmanager"), self.store().current(name)
        made = client.put_secret_value(SecretId=name, SecretString=text, VersionStages=["THEIRS"])
        client.update_secret_version_stage(
            SecretId=name,
            VersionStage="AWSCURRENT",
            MoveToVersionId=made["VersionId"],
            RemoveFromVersionId=now,
        )

    def read(self, name):
        return self.aws.current(name)


class InParameterStore(JsonTexts):
    limit = 4096

    def __init__(self, aws):
        self.aws = aws

    def store(self):
        return ParameterStore(Access())

    def make(self, name, text):
        self.aws.client("ssm").put_parameter(Name=name, Value=text, Type="SecureString")
        return name

    def edit(self, name, text):
        self.aws.client("ssm").put_parameter(Name=name, Value=text, Overwrite=True)

    def read(self, name):
        return self.aws.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]

    def left(self):
        found = self.aws.client("ssm").describe_parameters()["Parameters"]
        return [row["Name"] for row in found if PLACE in row["Name"]]


class InFiles(JsonTexts):
    searched = False

    def __init__(self, folder):
        self.folder = folder

    def compose(self, fields):
        return "".join(f"{name}={value}\n" for name, value in fields.items())

    def parse(self, text):
        return dict(line.split("=", 1) for line in text.splitlines())

    def store(self):
        return EnvFiles()

    def make(self, name, text):
        path = self.folder / f"{name}.env"
        path.write_text(text)
        return str(path)

    def edit(self, name, text):
        Path(name).write_text(text)

    def read(self, name):
        return Path(name).read_text()

    def left(self):
        return list(self.folder.glob(f".{PLACE}"))


class InVault(JsonTexts):
    """A mount of its own. `engine` is the version of the key-value engine."""

    mount = "team/kv"

    def __init__(self, bao, engine):
        self.bao, self.engine = bao, engine
        bao.call("POST", f"sys/mounts/{self.mount}", {"type": "kv", "options": {"version": str(engine)}})

    def store(self):
        return VaultKv(place())

    def make(self, name, text):
        self.edit(f"{self.mount}/{name}", text)
        return f"{self.mount}/{name}"

    def edit(self, name, text):
        fields = json.loads(text)
        self.bao.call("POST", self.path(name), {"data": fields} if self.engine == 2 else fields)

    def read(self, name):
        found = self.bao.call("GET", self.path(name))["data"]
        return json.dumps(found["data"] if self.engine == 2 else found)

    def path(self, name, part="data"):
        return name.replace(self.mount, f"{self.mount}/{part}") if self.engine == 2 else name

    def left(self):
        folder = self.path(f"{self.mount}/{PLACE}", "metadata")
        found = self.bao.call("GET", f"{folder}?list=true", missing=True)
        return found["data"]["keys"] if found else []


class InVariables(JsonTexts):
    """Secrets that are some of the variables of a place; `service` is a fake of what keeps them."""

    def __init__(self, service):
        self.service = service

    def make(self, name, text):
        place = self.place.format(name)
        self.service.fill(place, json.loads(text))
        return f"{place}?{','.join(sorted(json.loads(text)))}"

    def edit(self, name, text):
        self.service.fill(name.partition("?")[0], json.loads(text))

    def read(self, name):
        return json.dumps(self.service.values(name.partition("?")[0]))

    def found(self, name):
        """Variables that have nothing to do with the key are left out."""
        return name.replace("OTHER,", "")


class InDoppler(InVariables):
    place = "{}/prd"

    def store(self):
        return Doppler(self.service.address)

    def left(self):
        return [key for key in self.service.configs if PLACE in key[1]]


class InGitlab(InVariables):
    place = "team/{}@production"

    def store(self):
        return GitlabCi(self.service.address)

    def left(self):
        rows = [row for project in self.service.rows.values() for row in project]
        return [row["key"] for row in rows if row["environment_scope"] == PLACE]


class InVercel(InVariables):
    place = "{}@production"

    def store(self):
        return VercelEnv(self.service.address)

    def read(self, name):
        values = self.service.values(name.partition("?")[0])
        return json.dumps({key: value for key, value in values.items() if not key.startswith("UNLEAK_")})

    def left(self):
        return [
            row["key"]
            for rows in self.service.rows.values()
            for row in rows
            if row["key"].startswith("UNLEAK_")
        ]


class InKubernetes(InVariables):
    place = "default/{}"

    def store(self):
        return KubernetesSecrets(self.service.address)

    def left(self):
        return [name for name in self.service.secrets if PLACE in name]


class InCloud(JsonTexts):
    """Secrets that are whole texts, of which only the newest is read."""

    def __init__(self, service, place):
        self.service, self.place = service, place

    def make(self, name, text):
        self.service.fill(f"{self.place}/{name}", text)
        return f"{self.place}/{name}"

    def edit(self, name, text):
        self.service.fill(name, text)

    def read(self, name):
        return self.service.text(name)

    def left(self):
        names = [name if isinstance(name, str) else name[1] for name in self.service.secrets]
        return [name for name in names if PLACE in name]


class InGoogle(InCloud):
    limit = 65_536

    def store(self):
        return GoogleSecretManager(self.service.address)


class InAzure(InCloud):
    limit = 25_600

    def store(self):
        return KeyVault(self.service.address)


HARNESSES = {
    "aws-sm": lambda request: InSecretsManager(request.getfixturevalue("aws")),
    "aws-ssm": lambda request: InParameterStore(request.getfixturevalue("aws")),
    "azure-kv": lambda request: InAzure(request.getfixturevalue("azure"), "vault"),
    "gcp-sm": lambda request: InGoogle(request.getfixturevalue("google"), "shop-123"),
    "doppler": lambda request: InDoppler(request.getfixturevalue("doppler")),
    "env": lambda request: InFiles(request.getfixturevalue("tmp_path")),
    "gitlab-ci": lambda request: InGitlab(request.getfixturevalue("gitlab")),
    "vercel": lambda request: InVercel(request.getfixturevalue("vercel")),
    "k8s": lambda request: InKubernetes(request.getfixturevalue("kubernetes")),
    "vault-kv-1": lambda request: InVault(request.getfixturevalue("bao"), 1),
    "vault-kv-2": lambda request: InVault(request.getfixturevalue("bao"), 2),
}


@pytest.fixture(params=HARNESSES)
def at(request):
    """A store's harness, each in turn."""
    return HARNESSES[request.param](request)


@pytest.fixture
def doppler(monkeypatch):
    """A Doppler without projects, with its token in the environment."""
    monkeypatch.setenv("DOPPLER_TOKEN", TOKEN)
    with serving(FakeDoppler(TOKEN)) as fake:
        yield fake


@pytest.fixture
def gitlab(monkeypatch):
    """A GitLab without projects, with its token in the environment."""
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    with serving(FakeGitlab(TOKEN)) as fake:
        yield fake


@pytest.fixture
def vercel(monkeypatch):
    """A Vercel without projects, with its token in the environment."""
    monkeypatch.setenv("VERCEL_TOKEN", TOKEN)
    with serving(FakeVercel(TOKEN)) as fake:
        yield fake


@pytest.fixture
def kubernetes(monkeypatch, tmp_path):
    """A cluster without Secrets, with its kubeconfig in the environment."""
    with serving(FakeKubernetes(TOKEN)) as fake:
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        fake.kubeconfig(tmp_path / "kubeconfig")
        yield fake


@pytest.fixture
def google(monkeypatch):
    """A project without secrets, with a token in the environment."""
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "shop-123")
    with serving(FakeGoogle(TOKEN)) as fake:
        yield fake


@pytest.fixture
def azure(monkeypatch):
    """A vault without secrets, with a client's credentials in the environment."""
    with serving(FakeAzure(TOKEN)) as fake:
        given = {
            "TENANT_ID": "tenant",
            "CLIENT_ID": "client",
            "CLIENT_SECRET": "s3cr3t",
            "AUTHORITY_HOST": fake.address,
        }
        for name, value in given.items():
            monkeypatch.setenv(f"AZURE_{name}", value)
        monkeypatch.setenv("KEY_VAULT_NAME", "vault")
        yield fake


@pytest.fixture
def leaked():
    return made_up(1)


@pytest.fixture
def new():
    return made_up(2)
