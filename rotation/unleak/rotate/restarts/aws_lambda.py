"""A function of AWS Lambda: a change of its configuration ends the environments that keep what they read.

The description is what is changed, because nothing depends on it: a note at its end names the rotation.
"""

import re
from typing import Any

from unleak.core.errors import RotationError
from unleak.verify.aws_client import Access, calling, client

READ, WRITE = "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"
LONGEST = 256
"""Characters of a description."""
OURS = re.compile(r" ?\(secrets renewed [0-9a-f]+\)$")


class LambdaFunction:
    """The function's newest state, `$LATEST`, in the Region of the rotation."""

    def __init__(self, name: str, access: Access) -> None:
        self.name, self._access = name, access

    def problem(self) -> str:
        """Whether it may be changed now."""
        return "" if self._row().get("State", "Active") != "Failed" else "its last change failed"

    def note(self) -> str:
        """What a change of the configuration does not reach."""
        return "published versions keep what they read until their environments end: publish anew, or wait some hours"

    def begin(self, rotation: str) -> str:
        """Note the rotation in the description."""
        row = self._row()
        ours = f" (secrets renewed {rotation})"
        kept = OURS.sub("", row.get("Description", ""))[: LONGEST - len(ours)]
        with calling(f"restart {self.name}", WRITE, changes=True):
            client(self._access, "lambda").update_function_configuration(
                FunctionName=self.name, Description=(kept + ours).strip()
            )
        return rotation

    def done(self, name: str) -> bool:
        """Whether the change is through. RotationError if it failed."""
        state = self._row().get("LastUpdateStatus", "Successful")
        if state == "Failed":
            raise RotationError(
                f"function {self.name} could not be changed",
                "see why in the console; both keys still work. Then resume, or undo",
            )
        return bool(state == "Successful")

    def _row(self) -> Any:
        with calling(f"look at function {self.name}", READ):
            return client(self._access, "lambda").get_function_configuration(FunctionName=self.name)
