"""Whether an AWS access key lives, and whose it is: STS GetCallerIdentity signed with it.

The call needs no permission and works even under an explicit deny. Only `InvalidClientTokenId` means
dead; a wrong signature means that the id lives with another secret, and everything else is unknown.
"""

import base64
import binascii

from botocore.exceptions import ClientError

from unleak.core.errors import RotationError
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.verify.answer import Answer
from unleak.verify.aws_client import REJECTED, Access, Pair, calling, client, error_code

HOMES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The Region of each partition that is always switched on."""
_ACCOUNT_BITS = 0x7FFFFFFFFF80


def verify(key_id: str, secret: Secret, region: str = "") -> Answer:
    """Ask STS about the pair. Never raises for what AWS or the network answers.

    A Region that the account has not switched on does not know its keys either, so that dead needs the
    word of the partition's home Region as well.
    """
    answer, home = _ask(key_id, secret, region)
    if answer.liveness is Liveness.DEAD and home:
        confirmed, _ = _ask(key_id, secret, home)
        if confirmed.liveness is not Liveness.DEAD:
            return Answer(Liveness.UNKNOWN, why=f"STS does not know the key here, but {home} does not agree")
    return answer


def _ask(key_id: str, secret: Secret, region: str) -> tuple[Answer, str]:
    """The answer, and the home Region if that was another one."""
    sts = client(Access(region=region, pair=Pair(key_id, secret)), "sts")
    home = HOMES.get(sts.meta.partition, "")
    elsewhere = home if home != sts.meta.region_name else ""
    try:
        with calling("verify the key", "sts:GetCallerIdentity"):
            try:
                said = sts.get_caller_identity()
            except ClientError as error:
                if error_code(error) in REJECTED:
                    return Answer(Liveness.DEAD), elsewhere
                if error_code(error) == "SignatureDoesNotMatch":
                    why = "the key id exists, but the secret is not its secret (or this machine's clock is wrong)"
                    return Answer(Liveness.UNKNOWN, why=why), elsewhere
                raise
    except RotationError as error:
        return Answer(Liveness.UNKNOWN, why=error.message), elsewhere
    return Answer(Liveness.LIVE, Identity("aws-iam", said["Account"], said["Arn"], key_id)), elsewhere


def account_of(key_id: str) -> str:
    """The account that an access key id names, 12 digits; empty for ids of before 2019, which do not.

    The id is base32 after its four letters of kind; the account stands in its first 48 bits.
    """
    if len(key_id) != 20 or key_id[4] in "IJ":
        return ""
    try:
        number = int.from_bytes(base64.b32decode(key_id[4:])[:6], "big")
    except binascii.Error:
        return ""
    return f"{(number & _ACCOUNT_BITS) >> 7:012d}"
