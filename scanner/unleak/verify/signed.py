"""Services whose requests are signed, so that no rule file can describe them."""

from collections.abc import Callable

from unleak.core.errors import UnleakError
from unleak.core.install import need
from unleak.core.model import Liveness
from unleak.verify.answer import Answer
from unleak.verify.ports import Question

TEMPORARY = "ASIA"


def aws(question: Question) -> Answer:
    """An AWS access key: its id is the part, its secret is asked about with a call that STS checks."""
    key_id = question.parts.get("access_key_id", "")
    if not key_id:
        return Answer(Liveness.UNKNOWN, why="the secret access key was not found near the id")
    if key_id.startswith(TEMPORARY):  # AWS answers as to an unknown key if its session token is missing
        return Answer(Liveness.UNKNOWN, why="a temporary key can be asked about only with its session token")
    try:
        need("boto3", "rotate")
        from unleak.verify import aws_sts

        return aws_sts.verify(key_id, question.secret)
    except UnleakError as error:
        return Answer(
            Liveness.UNKNOWN, why=f"{error.message} ({error.hint})" if error.hint else error.message
        )


SIGNED: dict[str, Callable[[Question], Answer]] = {"aws.access-key": aws}
"""By the id of the rule."""
