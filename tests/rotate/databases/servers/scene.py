"""A rotation of a database password over a store in memory, which can be killed at every change."""

import json
from dataclasses import replace

from servers.world import OLD

from unleak.core.clock import SystemClock
from unleak.core.errors import Conflict, NotFound
from unleak.core.fingerprint import fingerprint
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate import plan, provable, sequence
from unleak.rotate.database import parse
from unleak.rotate.ledger import Ledger
from unleak.rotate.ports import Credential, Holder, Sweep, Trait
from unleak.rotate.rotation import OPENED, Options, Rotation, as_data, target
from unleak.rotate.run import Memory, Run

NAME = "prod/payments"


class Killed(BaseException):
    """The process is gone."""


class Fate:
    """Kills after the `at`-th change from now."""

    left = 0

    def set(self, at):
        self.left = at

    def mortal(self, call):
        def changing(*arguments, **named):
            self.left -= 1
            last = self.left == 0
            answer = call(*arguments, **named)
            if last:
                raise Killed
            return answer

        return changing


class Store:
    """One secret with versions."""

    def __init__(self, text):
        self.texts, self.now = {"v1": text}, "v1"

    def find(self, leaked):
        holds = leaked.secret.reveal() in self.texts[self.now]
        return Sweep((Holder(SecretRef("aws-sm", NAME), self.now),) if holds else (), (), 1)

    def read(self, name, version):
        if version not in self.texts:
            raise NotFound("no such version")
        return Secret(self.texts[version])

    def current(self, name):
        return self.now

    def holds(self, name, version):
        return version in self.texts

    def put_pending(self, name, version, text):
        self.texts[version] = text.reveal()

    def promote(self, name, new, old):
        if self.now not in {new, old}:
            raise Conflict("changed by somebody else")
        self.now = new

    def drop_pending(self, name, version):
        """Nothing is marked."""

    def tidy(self, name, versions):
        """Nothing is kept."""


class Quiet:
    """Says nothing."""

    began = note = ended = staticmethod(lambda text: None)


class Hurried(SystemClock):
    """Nobody is waited for."""

    def sleep(self, seconds):
        """At once."""


class Scene:
    """A rotation of the leaked password, planned and opened."""

    def __init__(self, world, folder, **options):
        self.world, self.folder = world, folder
        self.store = Store(self.text())
        self.stores = {"aws-sm": self.store}
        self.ledger = Ledger(folder / "ledger.sqlite", SystemClock())
        self.options = Options(**{"quiet": 0, "grace": 0, "wait": 0} | options)
        self.plan = plan.make(
            world.leaked, self.world.provider(), self.stores, plan.Where(("aws-sm",)), self.options
        )
        assert self.plan.refusals == ()
        assert provable.refusals(self.leaked, self.plan.holders, self.stores, self.plan.traits) == []
        targets = tuple(target("0a1b2c3d4e", one.ref, one.version) for one in self.plan.holders)
        self.rotation = Rotation("0a1b2c3d4e", self.plan.identity, self.plan.last4, fingerprint(OLD), self.plan.acting,
                                 targets, self.options, self.plan.traits)  # fmt: skip
        self.ledger.append(self.rotation.id, OPENED, as_data(self.rotation))
        self.done = set()

    def text(self):
        """What services read: a connection string, and its parts beside neighbours with the same words."""
        return json.dumps({"url": self.world.url(), "username": self.world.user, "password": OLD,
                           "dbname": self.world.user, "note": f"of {self.world.user}"})  # fmt: skip

    @property
    def leaked(self):
        return Credential(self.plan.identity.credential_id, Secret(OLD))

    def credential(self):
        """What a service would read now; its two forms agree."""
        said = json.loads(self.store.texts[self.store.now])
        server, password = parse(Secret(said["url"]))
        assert (server.user, password.reveal()) == (said["username"], said["password"])
        assert (said["dbname"], said["note"]) == (self.world.user, f"of {self.world.user}")
        return Credential(server.user, password)

    def run(self, *consumers, leaked=True, **overrides):
        """What a new process would work with."""
        rotation = replace(self.rotation, options=replace(self.options, **overrides))
        return Run(rotation, self.world.provider(), self.stores, consumers, self.ledger, Hurried(), Quiet(),
                   lambda: Secret(OLD), memory=Memory(self.leaked if leaked else None))  # fmt: skip

    def walk(self, run, *, back=False):
        """Every step that no process has ended yet."""
        for name, _, work in sequence.back(self.rotation) if back else sequence.forward(self.rotation):
            if name not in self.done:
                work(run)
                self.done.add(name)

    def one_live_credential(self):
        """The stored one, and nothing secret was written down."""
        stored = self.credential()
        assert stored.secret.reveal() != OLD
        assert self.world.lives(stored)
        assert not self.world.lives(self.world.leaked)
        if Trait.SINGLE not in self.rotation.traits:
            keys = self.world.provider().keys(self.rotation.identity)
            assert [key.id for key in keys.keys if key.active] == [
                self.world.provider().verify(stored).identity.credential_id
            ]
        assert self.world.provider().claimed_by(self.rotation.identity) == ""
        for path in self.folder.rglob("*"):
            held = path.read_bytes()
            assert OLD.encode() not in held
            assert stored.secret.reveal().encode() not in held
