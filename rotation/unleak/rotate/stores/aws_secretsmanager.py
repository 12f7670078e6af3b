"""AWS Secrets Manager. Two phases: AWSPENDING first, then AWSCURRENT moves by compare-and-swap.

Every read names a stage or a version: a read without one answers with whatever the service holds as
its default, which test servers are known to get wrong after AWSCURRENT has moved.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from unleak.core.errors import AccessDenied, Conflict, NotFound, RotationError
from unleak.core.model import SecretRef
from unleak.core.secret import Secret
from unleak.rotate.ports import Credential, Holder, Sweep
from unleak.rotate.replace import fields, occurs
from unleak.verify.aws_client import Access, Pair, calling, client

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
BATCH = 20
SIZE = 65_536
"""Bytes that a secret may hold."""
ROTATES = "its automatic rotation is on; its function must cope with a key that it did not make"


class SecretsManager:
    """The secrets of one account and Region."""

    scheme = "aws-sm"

    def __init__(self, access: Access) -> None:
        self.access = access
        self._opened: Any = None

    def act_with(self, credential: Credential) -> None:
        """Sign with `credential` from now on."""
        self.access = replace(self.access, pair=Pair(credential.id, credential.secret))
        self._opened = None

    @property
    def region(self) -> str:
        """The Region whose secrets these are."""
        return str(self._client().meta.region_name)

    # --- reading ---------------------------------------------------------------------------------

    def find(self, leaked: Credential) -> Sweep:
        """Look into every secret of the Region."""
        with calling("list the secrets", "secretsmanager:ListSecrets"):
            pages = self._client().get_paginator("list_secrets").paginate()
            rows = {row["ARN"]: row["Name"] for page in pages for row in page["SecretList"]}
        arns, holders, id_only = list(rows), [], []
        for at in range(0, len(arns), BATCH):
            for row in self._batch(arns[at : at + BATCH]):
                name = rows.pop(row["ARN"])
                if _holds(row, leaked.secret.reveal()):
                    holders.append(self._holder(SecretRef(self.scheme, name), row, leaked))
                elif _holds(row, leaked.id):
                    id_only.append(name)
        return Sweep(tuple(holders), tuple(rows.values()), len(arns) - len(rows), tuple(id_only))

    def look(self, ref: SecretRef, leaked: Credential) -> Holder | None:
        """One secret; a field that is named must be the one that holds the value."""
        row = self._get(ref.name, VersionStage=CURRENT)
        value = leaked.secret.reveal()
        if not _holds(row, value):
            return None
        if ref.field and ref.field not in fields(row.get("SecretString", ""), value):
            return None
        return self._holder(ref, row, leaked)

    def read(self, name: str, version: str) -> Secret:
        """The text of one version."""
        return Secret(str(self._get(name, VersionId=version)["SecretString"]))

    def current(self, name: str) -> str:
        """The id of the version that is AWSCURRENT."""
        return self.staged(name, CURRENT)

    def staged(self, name: str, stage: str) -> str:
        """The id of the version with this stage; empty if there is none."""
        return next((version for version, stages in self._stages(name).items() if stage in stages), "")

    # --- writing ---------------------------------------------------------------------------------

    def holds(self, name: str, version: str) -> bool:
        """A version without any stage is as good as deleted."""
        return bool(self._stages(name).get(version))

    def put_pending(self, name: str, version: str, text: Secret) -> None:
        """PutSecretValue under our own version id, so that repeating it does nothing."""
        self.check(name, text)
        with calling(f"put the new key into {name}", "secretsmanager:PutSecretValue", changes=True):
            self._client().put_secret_value(
                SecretId=name, ClientRequestToken=version, SecretString=text.reveal(), VersionStages=[PENDING]
            )

    def check(self, name: str, text: Secret) -> None:
        """RotationError if it is larger than a secret may be."""
        if len(text.reveal().encode()) > SIZE:
            raise RotationError(
                f"the new text of {name} would be larger than the {SIZE} bytes AWS allows",
                "make the secret smaller, or undo",
            )

    def behind(self, name: str) -> str:
        """The Regions whose replicas are not in sync."""
        rows = self._describe(name).get("ReplicationStatus", [])
        if failed := [row["Region"] for row in rows if row.get("Status") == "Failed"]:
            raise RotationError(
                f"the replica of {name} in {', '.join(failed)} does not get the current version",
                "see why with describe-secret; both keys still work. Replicate it again there, then go on",
            )
        return ", ".join(row["Region"] for row in rows if row.get("Status") != "InSync")

    def promote(self, name: str, new: str, old: str) -> None:
        """Move AWSCURRENT from `old` to `new`; Conflict if it is elsewhere, and nothing is overwritten."""
        now = self.current(name)
        if now == new:
            return
        if now != old:
            raise _moved(name)
        try:
            with calling(
                f"move {CURRENT} of {name}", "secretsmanager:UpdateSecretVersionStage", changes=True
            ):
                self._client().update_secret_version_stage(
                    SecretId=name, VersionStage=CURRENT, MoveToVersionId=new, RemoveFromVersionId=old
                )
        except Conflict:
            if self.current(name) != new:
                raise _moved(name) from None

    def drop_pending(self, name: str, version: str) -> None:
        """Take AWSPENDING off `version`, or RotateSecret would see a rotation in progress."""
        if PENDING not in self._stages(name).get(version, []):
            return
        try:
            with calling(
                f"drop {PENDING} of {name}", "secretsmanager:UpdateSecretVersionStage", changes=True
            ):
                self._client().update_secret_version_stage(
                    SecretId=name, VersionStage=PENDING, RemoveFromVersionId=version
                )
        except Conflict:  # a repeated call, or somebody else was faster
            if PENDING in self._stages(name).get(version, []):
                raise

    def tidy(self, name: str, versions: Iterable[str]) -> None:
        """Nothing to do: the service keeps the version before the current one, and forgets the rest."""

    # --- inside ----------------------------------------------------------------------------------

    def _client(self) -> Any:
        self._opened = self._opened or client(self.access, "secretsmanager")
        return self._opened

    def _get(self, name: str, **which: str) -> Any:
        with calling(f"read {name}", "secretsmanager:GetSecretValue"):
            return self._client().get_secret_value(SecretId=name, **which)

    def _describe(self, name: str) -> Any:
        with calling(f"describe {name}", "secretsmanager:DescribeSecret"):
            return self._client().describe_secret(SecretId=name)

    def _stages(self, name: str) -> dict[str, list[str]]:
        return dict(self._describe(name).get("VersionIdsToStages", {}))

    def _batch(self, arns: list[str]) -> list[Any]:
        """The current versions of those of the secrets that could be read."""
        try:
            with calling("read the secrets", "secretsmanager:BatchGetSecretValue"):
                rows = self._client().batch_get_secret_value(SecretIdList=arns)["SecretValues"]
        except (AccessDenied, NotFound, Conflict):
            return self._singly(arns)
        fresh = [row for row in rows if CURRENT in row.get("VersionStages", [])]
        return fresh + self._singly([row["ARN"] for row in rows if row not in fresh])

    def _singly(self, arns: list[str]) -> list[Any]:
        found = []
        for arn in arns:
            with suppress(AccessDenied, NotFound, Conflict):
                found.append(self._get(arn, VersionStage=CURRENT))
        return found

    def _holder(self, ref: SecretRef, row: Any, leaked: Credential) -> Holder:
        described = self._describe(ref.name)
        others = [
            version for version in described.get("VersionIdsToStages", {}) if version != row["VersionId"]
        ]
        older = sum(self._also(ref.name, version, leaked.secret.reveal()) for version in others)
        note = ROTATES if described.get("RotationEnabled") else ""
        problem = self._problem(row, described)
        return Holder(ref, row["VersionId"], problem, note, older, _holds(row, leaked.id))

    def _also(self, name: str, version: str, value: str) -> bool:
        try:
            return _holds(self._get(name, VersionId=version), value)
        except RotationError:
            return False

    def _problem(self, row: Any, described: Any) -> str:
        if "SecretString" not in row:
            return "it is a binary secret, which unleak does not rewrite: change it by hand first"
        primary = described.get("PrimaryRegion", "")
        if primary and primary != self.region:
            return f"it is a replica: run with --region {primary}, its primary Region"
        pending = [
            v
            for v, stages in described.get("VersionIdsToStages", {}).items()
            if PENDING in stages and CURRENT not in stages
        ]
        return (
            "another rotation of it is in progress (AWSPENDING is set): finish or cancel that"
            if pending
            else ""
        )


def _holds(row: Any, value: str) -> bool:
    if "SecretString" in row:
        return occurs(row["SecretString"], value)
    return value.encode() in row.get("SecretBinary", b"")


def _moved(name: str) -> Conflict:
    return Conflict(
        f"{name} was changed by somebody else since it was read; nothing was overwritten",
        "look at its versions; undo this rotation, then start a new one",
    )
