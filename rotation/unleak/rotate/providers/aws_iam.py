"""AWS IAM access keys of users. docs/rotation.md lists the permissions that each call needs."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from unleak.core.clock import iso
from unleak.core.errors import LimitReached, NotFound
from unleak.core.model import Identity, Liveness
from unleak.core.secret import Secret
from unleak.rotate.ports import Acting, Credential, Key, KeyList, LastUse, Outline, Trait
from unleak.verify import aws_sts
from unleak.verify.answer import Answer
from unleak.verify.aws_client import Access, Pair, calling, client, session

TAG = "unleak:rotation"
MOST = 2
"""Keys that a user may have."""
_SECRET = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_RUN = re.compile(r"[A-Za-z0-9/+]{41,400}")
_WIDTH = 40
_USER = ":user/"


class AwsIam:
    """The access keys of IAM users. They carry neither name nor tag."""

    traits = frozenset({Trait.PAIR, Trait.MARK, Trait.DISABLE, Trait.LAST_USE})

    def __init__(self, access: Access) -> None:
        self.access = access
        self._iam: Any = None
        self._once: Any = None

    def act_with(self, credential: Credential) -> None:
        """Sign with `credential` from now on."""
        self.access = replace(self.access, pair=Pair(credential.id, credential.secret))
        self._iam = self._once = None

    # --- what a key is ---------------------------------------------------------------------------

    def verify(self, credential: Credential) -> Answer:
        """Ask STS; an account that contradicts the key's own is UNKNOWN."""
        answer = aws_sts.verify(credential.id, credential.secret, self.access.region)
        named = aws_sts.account_of(credential.id)
        if answer.identity and named and named != answer.identity.account:
            return Answer(Liveness.UNKNOWN, why=f"the key id names account {named}, STS another one")
        return answer

    def refusal(self, identity: Identity) -> str:
        """Only long-lived keys of IAM users can be replaced."""
        arn = identity.principal
        if arn.endswith(":root"):
            return (
                "it is a key of the account's root user, which no API replaces: sign in as root, delete it "
                "under Security credentials, and use an IAM user or a role instead"
            )
        if ":assumed-role/" in arn or identity.credential_id.startswith("ASIA"):
            return (
                "it is a temporary key of a role session, which cannot be deleted: revoke the role's active "
                "sessions in the IAM console (Roles, Revoke sessions) and close the way it was got"
            )
        if ":federated-user/" in arn:
            return (
                "it is a temporary key of a federated user: replace the key of the IAM user that called "
                "GetFederationToken and deny that user's older sessions by aws:TokenIssueTime"
            )
        if _USER not in arn:
            return "it belongs to no IAM user, and only keys of IAM users can be replaced"
        return ""

    def candidates(self, text: str) -> list[str]:
        """See `candidates`."""
        return candidates(text)

    def acting(self) -> Acting:
        """Whose credentials sign. RotationError if there are none or AWS does not accept them."""
        with calling("find out who acts", "sts:GetCallerIdentity"):
            credentials = session(self.access).get_credentials()
            key_id = credentials.access_key if credentials else ""
            said = client(self.access, "sts").get_caller_identity()
        return Acting(str(key_id or ""), str(said["Arn"]), str(said["Account"]))

    def differs(self, old: Identity, new: Identity) -> str:
        """A new key belongs to the same user."""
        return (
            "" if new.principal == old.principal else f"it belongs to {new.principal}, not to the same user"
        )

    # --- the plan --------------------------------------------------------------------------------

    def no_room(self, identity: Identity, keys: KeyList) -> LimitReached | None:
        """Names every key, its status and last use, and what a person may run."""
        if len(keys.keys) < MOST:
            return None
        user = user_of(identity)
        lines = [f"    {key.id}  {self._status(identity, key)}" for key in keys.keys]
        other = next((key.id for key in keys.keys if key.id != identity.credential_id), "KEY_ID")
        return LimitReached(
            f"user {user} already has {len(keys.keys)} access keys, the most that IAM allows:\n"
            + "\n".join(lines),
            "unleak deletes no key that is not proved to be the leaked one.\n  If nobody needs the other one:\n"
            f"    aws iam update-access-key --user-name {user} --access-key-id {other} --status Inactive\n"
            f"    aws iam delete-access-key --user-name {user} --access-key-id {other}\n"
            "  then run this again.",
        )

    def outline(self, identity: Identity) -> Outline:
        """What IAM and STS are asked to do."""
        owner = f"user {user_of(identity)}"
        return Outline(
            "IAM", owner, f"a new key for {owner}", "STS",
            ("sessions that were made from the leaked key (GetSessionToken, AssumeRole) outlive it, "
             "up to 36 hours",),
        )  # fmt: skip

    def _status(self, identity: Identity, key: Key) -> str:
        used = self.last_used(identity, key.id)
        made = f"{'active' if key.active else 'inactive'}, created {iso(key.created) if key.created else '?'}"
        return (
            f"{made}, last used {iso(used.at)} ({used.service}, {used.region})"
            if used
            else f"{made}, never used"
        )

    # --- changing them ---------------------------------------------------------------------------

    def keys(self, identity: Identity) -> KeyList:
        """The user's keys, with the time that AWS gives in its answer."""
        with calling("list the user's keys", "iam:ListAccessKeys"):
            answer = self._client().list_access_keys(UserName=user_of(identity))
        keys = tuple(
            Key(row["AccessKeyId"], row["Status"] == "Active", _whole(row["CreateDate"]))
            for row in answer["AccessKeyMetadata"]
        )
        return KeyList(_date(answer), keys)

    def key(self, identity: Identity, key_id: str) -> Key | None:
        """From the list, since IAM tells of no single key."""
        return self.keys(identity).get(key_id)

    def find(self, identity: Identity, rotation: str) -> tuple[str, ...]:
        """None: what a rotation issued is told from the keys that there were before."""
        return ()

    def issue(self, identity: Identity, rotation: str) -> Credential:
        """One CreateAccessKey, sent at most once."""
        self._once = self._once or client(self.access, "iam", once=True)
        with calling("issue a new key", "iam:CreateAccessKey", changes=True):
            made = self._once.create_access_key(UserName=user_of(identity))["AccessKey"]
        return Credential(made["AccessKeyId"], Secret(made["SecretAccessKey"]))

    def set_active(self, identity: Identity, key_id: str, active: bool) -> None:
        """Active or Inactive."""
        status = "Active" if active else "Inactive"
        with calling(f"set key {key_id} {status.lower()}", "iam:UpdateAccessKey", changes=True):
            self._client().update_access_key(UserName=user_of(identity), AccessKeyId=key_id, Status=status)

    def revoke(self, identity: Identity, key_id: str) -> None:
        """Delete the key; one that is gone already is what was wanted."""
        try:
            with calling(f"delete key {key_id}", "iam:DeleteAccessKey", changes=True):
                self._client().delete_access_key(UserName=user_of(identity), AccessKeyId=key_id)
        except NotFound:
            if self.key(identity, key_id):
                raise

    # --- the user's mark, and use ----------------------------------------------------------------

    def claimed_by(self, identity: Identity) -> str:
        """The value of the user's tag."""
        with calling("read the user's tags", "iam:ListUserTags"):
            pages = self._client().get_paginator("list_user_tags").paginate(UserName=user_of(identity))
            tags = [tag for page in pages for tag in page["Tags"]]
        return next((str(tag["Value"]) for tag in tags if tag["Key"] == TAG), "")

    def claim(self, identity: Identity, rotation: str) -> None:
        """Tag the user."""
        with calling("tag the user", "iam:TagUser", changes=True):
            self._client().tag_user(UserName=user_of(identity), Tags=[{"Key": TAG, "Value": rotation}])

    def release(self, identity: Identity) -> None:
        """Untag the user."""
        with calling("untag the user", "iam:UntagUser", changes=True):
            self._client().untag_user(UserName=user_of(identity), TagKeys=[TAG])

    def last_used(self, identity: Identity, key_id: str) -> LastUse | None:
        """The last use that IAM recorded; it may lag behind by minutes."""
        with calling("see when the key was last used", "iam:GetAccessKeyLastUsed"):
            used = self._client().get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]
        if "LastUsedDate" not in used:
            return None
        return LastUse(_whole(used["LastUsedDate"]), used["ServiceName"], used["Region"])

    def _client(self) -> Any:
        self._iam = self._iam or client(self.access, "iam")
        return self._iam


def candidates(text: str) -> list[str]:
    """Every run of 40 characters of the secret's alphabet; parts of longer runs come last."""
    plain = text.replace("\\/", "/")
    found = _SECRET.findall(plain)
    for run in _RUN.findall(plain):
        found += [run[at : at + _WIDTH] for at in range(len(run) - _WIDTH + 1)]
    return list(dict.fromkeys(found))


def user_of(identity: Identity) -> str:
    """The user's name: the last part of its ARN, whatever its path."""
    return identity.principal.partition(_USER)[2].rpartition("/")[2]


def _date(answer: Any) -> datetime:
    header = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _whole(moment: datetime) -> datetime:
    """To the second, which is as exact as the Date of an answer that it is compared with."""
    return moment.astimezone(UTC).replace(microsecond=0)
