"""A provider, a store and a clock in memory, and a run over them."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from unleak.core.errors import Conflict, LimitReached, NotFound
from unleak.core.fingerprint import fingerprint
from unleak.core.model import Identity, Liveness, SecretRef
from unleak.core.secret import Secret
from unleak.rotate.ledger import Ledger
from unleak.rotate.ports import Acting, Credential, Holder, Key, KeyList, LastUse, Outline, Sweep
from unleak.rotate.rotation import IAM, OPENED, Options, Rotation, as_data, target
from unleak.rotate.run import Run
from unleak.verify.answer import Answer

PRINCIPAL = "arn:aws:iam::123456789012:user/payments"


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self):
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)
        self.later = []

    def now(self):
        return self.moment

    def sleep(self, seconds):
        self.moment += timedelta(seconds=seconds)
        for at, action in list(self.later):
            if self.moment >= at:
                self.later.remove((at, action))
                action()

    def after(self, seconds, action):
        """Call `action` when that much time has passed."""
        self.later.append((self.moment + timedelta(seconds=seconds), action))


@dataclass
class FakeProvider:
    """Keys of one user."""

    clock: FakeClock
    secrets: dict = field(default_factory=dict)
    listed: dict = field(default_factory=dict)
    used: dict = field(default_factory=dict)
    mark: str = ""
    answer: Answer | None = None
    refuses: Exception | None = None

    def add(self, key_id, secret):
        self.secrets[key_id] = secret
        self.listed[key_id] = Key(key_id, True, self.clock.now())

    def use(self, key_id, service="s3"):
        self.used[key_id] = LastUse(self.clock.now(), service, "eu-west-1")

    def verify(self, credential):
        if self.answer:
            return self.answer
        if self.secrets.get(credential.id) != credential.secret.reveal():
            return Answer(Liveness.DEAD)
        return Answer(Liveness.LIVE, Identity("fake", "123456789012", PRINCIPAL, credential.id))

    traits = IAM

    def refusal(self, identity):
        return ""

    def differs(self, old, new):
        return "" if new.principal == old.principal else f"it belongs to {new.principal}"

    def no_room(self, identity, keys):
        return LimitReached(" ".join(keys.ids), "make room") if len(keys.keys) > 1 else None

    def outline(self, identity):
        return Outline("Fake", "user payments", "a new key", "Fake")

    def candidates(self, text):
        return [word for word in text.replace('"', " ").split() if len(word) == 40]

    def acting(self):
        return Acting("AKIAADMIN", "arn:aws:iam::123456789012:user/admin")

    def keys(self, identity):
        return KeyList(self.clock.now(), tuple(self.listed.values()))

    def key(self, identity, key_id):
        return self.listed.get(key_id)

    def find(self, identity, rotation):
        return ()

    def issue(self, identity, rotation):
        if self.refuses:
            raise self.refuses
        self.add("AKIANEW", "n" * 20 + "N4w5" * 5)
        return Credential("AKIANEW", Secret(self.secrets["AKIANEW"]))

    def set_active(self, identity, key_id, active):
        self.listed[key_id] = replace(self.listed[key_id], active=active)

    def revoke(self, identity, key_id):
        self.listed.pop(key_id, None)
        self.secrets.pop(key_id, None)

    def claimed_by(self, identity):
        return self.mark

    def claim(self, identity, rotation):
        self.mark = rotation

    def release(self, identity):
        self.mark = ""

    def last_used(self, identity, key_id):
        return self.used.get(key_id)


@dataclass
class FakeStore:
    """Secrets with versions."""

    texts: dict = field(default_factory=dict)
    currents: dict = field(default_factory=dict)
    pending: set = field(default_factory=set)
    tidied: set = field(default_factory=set)

    def find(self, leaked):
        holders = [Holder(SecretRef("aws-sm", name), version) for name, version in self.currents.items()
                   if leaked.secret.reveal() in self.texts[name, version]]  # fmt: skip
        return Sweep(tuple(holders), (), len(self.currents))

    def look(self, ref, leaked):
        if ref.name not in self.currents:
            raise NotFound(f"there is no {ref}")
        return next((one for one in self.find(leaked).holders if one.ref.name == ref.name), None)

    def read(self, name, version):
        if (name, version) not in self.texts:
            raise NotFound("no such version")
        return Secret(self.texts[name, version])

    def current(self, name):
        return self.currents[name]

    def holds(self, name, version):
        return (name, version) in self.texts

    def put_pending(self, name, version, text):
        self.texts[name, version] = text.reveal()
        self.pending.add((name, version))

    def promote(self, name, new, old):
        if self.currents[name] not in {new, old}:
            raise Conflict("changed by somebody else")
        self.currents[name] = new

    def drop_pending(self, name, version):
        self.pending.discard((name, version))

    def tidy(self, name, versions):
        self.tidied |= {(name, version) for version in versions}


@dataclass
class Quiet:
    """Remembers what was said."""

    notes: list = field(default_factory=list)

    def began(self, title):
        """Not kept."""

    def note(self, text):
        self.notes.append(text)

    def ended(self, title):
        """Not kept."""


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def provider(clock):
    made = FakeProvider(clock)
    made.add("AKIAOLD", "o" * 20 + "O1d2" * 5)
    return made


@pytest.fixture
def store(provider):
    text = json.dumps({"id": "AKIAOLD", "secret": provider.secrets["AKIAOLD"], "other": 1})
    return FakeStore({("prod", "v1"): text}, {"prod": "v1"})


@pytest.fixture
def make_run(tmp_path, clock, provider, store):
    """A maker of runs: options and consumers as wanted."""

    def make(consumers=(), acting=None, ask=lambda: None, **options):
        options = Options(**{"quiet": 60, "grace": 10, "wait": 600} | options)
        identity = Identity("fake", "123456789012", PRINCIPAL, "AKIAOLD")
        secret = provider.secrets["AKIAOLD"]
        rotation = Rotation("r1", identity, secret[-4:], fingerprint(secret), acting or provider.acting(),
                            (target("r1", SecretRef("aws-sm", "prod"), "v1"),), options)  # fmt: skip
        ledger = Ledger(tmp_path / "ledger.sqlite", clock)
        if not ledger.rotations():
            ledger.append("r1", OPENED, as_data(rotation))
        return Run(rotation, provider, {"aws-sm": store}, tuple(consumers), ledger, clock, Quiet(), ask)

    return make
