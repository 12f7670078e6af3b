"""Parameters of AWS Systems Manager (Parameter Store). A parameter's newest version is the current one.

The service has no compare-and-swap. It numbers versions without gaps, though, so a write that gets another
number than the next one has gone over somebody else's, which is then written back.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from unleak.core.errors import AccessDenied, NotFound, RotationError
from unleak.core.secret import Secret
from unleak.rotate.beside import PLACE, Beside, Current, moved
from unleak.rotate.ports import Credential
from unleak.rotate.replace import occurs
from unleak.verify.aws_client import Access, Pair, calling, client

BATCH = 10
PAGES = {"PageSize": 50}
"""The most that the service allows; ten is what it gives unasked."""
SIZES = {"Standard": 4096, "Advanced": 8192}
"""Bytes that a parameter of a tier may hold."""
SECURE = "SecureString"
SWAP = (
    "Parameter Store knows no compare-and-swap: a change that falls between unleak's last look and its "
    "write is written back at once, and the rotation stops"
)
CLEAR = "its type String is not encrypted: make it a SecureString"


class ParameterStore(Beside):
    """The parameters of one account and Region."""

    scheme = "aws-ssm"

    def __init__(self, access: Access) -> None:
        self.access = access
        self._opened: Any = None

    def act_with(self, credential: Credential) -> None:
        """Sign with `credential` from now on."""
        self.access = replace(self.access, pair=Pair(credential.id, credential.secret))
        self._opened = None

    # --- reading ---------------------------------------------------------------------------------

    def everything(self) -> Iterator[tuple[str, Current | None]]:
        """All parameters of the Region, ten a call."""
        with calling("list the parameters", "ssm:DescribeParameters"):
            pages = self._client().get_paginator("describe_parameters").paginate(PaginationConfig=PAGES)
            listed = [row["Name"] for page in pages for row in page["Parameters"]]
        names = [name for name in listed if not name.startswith(f"/{PLACE}/")]
        for at in range(0, len(names), BATCH):
            yield from self._batch(names[at : at + BATCH])

    def now(self, name: str) -> Current:
        """The newest version; its number is its name."""
        if ":" in name:  # would be taken for a number or a label
            raise NotFound(f"there is no parameter {name}", "names of parameters hold no colon")
        with calling(f"read parameter {name}", "ssm:GetParameter"):
            return _current(self._client().get_parameter(Name=name, WithDecryption=True)["Parameter"])

    def kept(self, name: str) -> Mapping[str, Secret]:
        """Parameters under a path of our own, so that services that read a whole path do not see them."""
        with calling(f"read what is kept of {name}", "ssm:GetParametersByPath"):
            pages = self._client().get_paginator("get_parameters_by_path")
            found = pages.paginate(Path=_folder(name), WithDecryption=True)
            rows = [row for page in found for row in page["Parameters"]]
        return {row["Name"].rpartition("/")[2]: Secret(row["Value"]) for row in rows}

    def note(self, name: str) -> str:
        """What Parameter Store cannot do."""
        return SWAP if self._describe(name)["Type"] == SECURE else f"{CLEAR}; {SWAP}"

    def older(self, name: str, current: str, value: str) -> int:
        """The history holds up to a hundred versions."""
        with suppress(RotationError), calling(f"read the history of {name}", "ssm:GetParameterHistory"):
            pages = self._client().get_paginator("get_parameter_history")
            found = pages.paginate(Name=name, WithDecryption=True)
            rows = [row for page in found for row in page["Parameters"]]
            return sum(occurs(row["Value"], value) for row in rows if str(row["Version"]) != current)
        return 0

    # --- writing ---------------------------------------------------------------------------------

    def write(self, name: str, text: Secret, expected: Current) -> None:
        """A new version with the type, key, tier and description of the one before; tags stay by themselves."""
        given = self._settings(name)
        number = self._put(name, text, **given)
        if number == int(expected.version) + 1:
            return
        theirs = self._version(name, number - 1)
        if theirs != text:  # if it is the same, our own call was repeated on its way
            self._put(name, theirs, **given)
            raise moved(f"{self.scheme}://{name}")

    def keep(self, name: str, version: str, text: Secret) -> None:
        """Encrypted with the same key as the parameter itself, and never in clear."""
        like = self._settings(name)
        settings = {key: like[key] for key in ("Tier", "KeyId") if key in like}
        about = f"kept by unleak while {name} is changed; removed when that ends"
        self._put(_folder(name) + "/" + version, text, Type=SECURE, Description=about[:1024], **settings)

    def drop(self, name: str, version: str) -> None:
        """Delete the parameter that holds it."""
        with (
            suppress(NotFound),
            calling(f"remove what is kept of {name}", "ssm:DeleteParameter", changes=True),
        ):
            self._client().delete_parameter(Name=_folder(name) + "/" + version)

    def normal(self, name: str, text: Secret) -> Secret:
        """RotationError if it is larger than the parameter's tier allows."""
        tier = str(self._settings(name)["Tier"])
        if len(text.reveal().encode()) > SIZES[tier]:
            raise RotationError(
                f"the new text of {name} would be larger than the {SIZES[tier]} bytes that tier {tier} allows",
                "make it smaller" + (" or its tier Advanced" if tier == "Standard" else "") + ", or undo",
            )
        return text

    # --- inside ----------------------------------------------------------------------------------

    def _client(self) -> Any:
        self._opened = self._opened or client(self.access, "ssm")
        return self._opened

    def _describe(self, name: str) -> dict[str, Any]:
        named = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        with calling(f"describe parameter {name}", "ssm:DescribeParameters"):
            pages = self._client().get_paginator("describe_parameters").paginate(ParameterFilters=named)
            rows: list[dict[str, Any]] = [row for page in pages for row in page["Parameters"]]
        if not rows:
            raise NotFound(f"there is no parameter {name}", "see that its name is right")
        return rows[0]

    def _settings(self, name: str) -> dict[str, Any]:
        """What has to be said again when a parameter is overwritten. Its policies stay unless others are sent."""
        row = self._describe(name)
        wanted = ("Type", "Description", "AllowedPattern", "DataType")
        kept = {key: row[key] for key in wanted if row.get(key)} | {"Tier": row.get("Tier") or "Standard"}
        return kept | ({"KeyId": row["KeyId"]} if row["Type"] == SECURE and row.get("KeyId") else {})

    def _put(self, name: str, text: Secret, **settings: Any) -> int:
        with calling(f"write parameter {name}", "ssm:PutParameter", changes=True):
            made = self._client().put_parameter(Name=name, Value=text.reveal(), Overwrite=True, **settings)
            return int(made["Version"])

    def _version(self, name: str, number: int) -> Secret:
        with calling(f"read version {number} of {name}", "ssm:GetParameter"):
            found = self._client().get_parameter(Name=f"{name}:{number}", WithDecryption=True)
            return Secret(found["Parameter"]["Value"])

    def _batch(self, names: list[str]) -> Iterator[tuple[str, Current | None]]:
        try:
            with calling("read the parameters", "ssm:GetParameters"):
                rows = self._client().get_parameters(Names=names, WithDecryption=True)["Parameters"]
        except AccessDenied:  # of one of them, or of its key
            yield from ((name, self._readable(name)) for name in names)
            return
        found = {row["Name"]: _current(row) for row in rows}
        yield from ((name, found.get(name)) for name in names)

    def _readable(self, name: str) -> Current | None:
        with suppress(AccessDenied, NotFound):
            return self.now(name)
        return None


def _current(row: Any) -> Current:
    return Current(str(row["Version"]), Secret(row["Value"]))


def _folder(name: str) -> str:
    """By a digest, because hierarchies may be fifteen levels deep only."""
    return f"/{PLACE}/{hashlib.sha256(name.encode()).hexdigest()[:32]}"
