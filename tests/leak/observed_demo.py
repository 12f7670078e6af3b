"""The real demo; every key that it makes is written to the file that UNLEAK_TEST_KEYS names."""

import json
import os
from pathlib import Path

from unleak.demo import aws_cloud, scene


def main():
    """Play it, with the places where keys are known observed."""
    furnish, prove = aws_cloud._furnish, scene.prove_dead
    note = Path(os.environ["UNLEAK_TEST_KEYS"])  # the demo clears its environment
    keys = []

    def furnished(endpoint):
        made = furnish(endpoint)
        keys.extend(key.secret for key in (made.admin, made.reader, made.service))
        return made

    def proved(aws):
        prove(aws)
        now = aws.client("secretsmanager").get_secret_value(SecretId=scene.SECRET, VersionStage="AWSCURRENT")
        keys.append(json.loads(now["SecretString"])["AWS_SECRET_ACCESS_KEY"])
        note.write_text(json.dumps(keys))

    aws_cloud._furnish, scene.prove_dead = furnished, proved
    from unleak.__main__ import main as program

    program()


if __name__ == "__main__":
    main()
