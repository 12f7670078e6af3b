"""The payments service of the demo: reads its key through AWS's caching client and uses it all the time.

Runs as a process of its own: `python -m unleak.demo.aws_consumer STATISTICS REFRESH SECRET`. It acts
with the credentials of its environment to read the secret, and with the key in the secret otherwise.
It never retries, so every call that fails is counted.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import boto3
from aws_secretsmanager_caching import SecretCache, SecretCacheConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PAUSE = 0.05
"""Seconds between calls."""


class Consumer:
    """Counts its calls and its failures, and which key ids it used."""

    def __init__(self, statistics: Path, refresh: float, secret: str) -> None:
        self.statistics = statistics
        self.secret = secret
        self.calls = 0
        self.failed = 0
        self.keys: list[str] = []
        self.running = True
        reader = boto3.client("secretsmanager")
        settings = SecretCacheConfig(secret_refresh_interval=refresh)
        self.cache = SecretCache(config=settings, client=reader)

    def stop(self, signal_number: int, frame: FrameType | None) -> None:
        """Finish the call under way, then end."""
        self.running = False

    def run(self) -> None:
        """Call until told to stop."""
        client: Any = None
        while self.running:
            value = json.loads(self.cache.get_secret_string(self.secret))
            key = value["AWS_ACCESS_KEY_ID"]
            if client is None or key != self.keys[-1]:
                client = self._client(key, value["AWS_SECRET_ACCESS_KEY"])
                self.keys.append(key)
            self._call(client)
            self._write()
            time.sleep(PAUSE)

    def _client(self, key: str, secret: str) -> Any:
        once = Config(retries={"total_max_attempts": 1})
        return boto3.client("sts", aws_access_key_id=key, aws_secret_access_key=secret, config=once)

    def _call(self, client: Any) -> None:
        self.calls += 1
        try:
            client.get_caller_identity()
        except (BotoCoreError, ClientError):
            self.failed += 1

    def _write(self) -> None:
        content = {"calls": self.calls, "failed": self.failed, "keys": self.keys}
        temporary = self.statistics.with_suffix(".new")
        temporary.write_text(json.dumps(content))
        os.replace(temporary, self.statistics)


def main(statistics: str, refresh: str, secret: str) -> None:
    """Run until SIGTERM."""
    consumer = Consumer(Path(statistics), float(refresh), secret)
    signal.signal(signal.SIGTERM, consumer.stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    consumer.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
