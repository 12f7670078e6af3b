"""Redis with an ACL file."""

from functools import cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from servers.world import ADMIN, OLD, World, program

from unleak.rotate.providers.redis_acl import RedisAcl


class Server(World):
    kind = scheme = "redis"
    database = "0"
    adapter = RedisAcl
    unclear = b"EXEC"
    changes = ((RedisAcl, "_change"), (RedisAcl, "_keep"))
    """The methods that change something at the server."""
    weak = "+@all -acl"
    configuration = ()

    def start(self):
        self.acl = self.folder / "users.acl"
        self.acl.write_text(f"user default off\nuser admin on >{ADMIN} +@all ~* &*\n")
        self.acl.chmod(0o666)
        self.folder.chmod(0o777)
        options = {"--bind": "127.0.0.1", "--port": f"{self.port}", "--save": "", "--dir": f"{self.folder}"}
        kept = self.configuration or ("--aclfile", f"{self.acl}")
        self.root = self.spawn(
            program("redis-server"), *(one for pair in options.items() for one in pair), *kept
        )

    def connect_admin(self):
        client = Redis("127.0.0.1", self.port, username="admin", password=ADMIN, decode_responses=True)
        client.ping()
        return client

    def fresh(self):
        for name in self.root.acl_users():
            if name not in {"default", "admin"}:
                self.root.acl_deluser(name)
        self.root.config_resetstat()
        self.root.execute_command("ACL SETUSER", self.user, "on", f">{OLD}", "+@read", "+@write", "~pay:*")
        self.root.execute_command("ACL SETUSER", "weak", "on", f">{ADMIN}", "+@all", "-acl|setuser", "~*")

    def session(self, password, user=""):
        """An open session; `close()` it, or `call()` something."""
        client = Redis("127.0.0.1", self.port, username=self.user, password=password,
                       single_connection_client=True, retry=Retry(NoBackoff(), 0))  # fmt: skip
        client.call = lambda: client.get("pay:1")
        client.call()
        return client

    def rights(self, user):
        """What the user may do."""
        said = self.root.execute_command("ACL GETUSER", user)
        return said["commands"], said["keys"], said["flags"]

    def texts(self):
        """All that the server wrote or shows of what it was sent."""
        return self.log.read_text() + self.acl.read_text() + f"{self.root.slowlog_get(100)}"


@cache
def running():
    return Server()
