"""Azure's keys with a mark of four characters before the end: the checksum behind it.

Marks, seeds and hash are those of microsoft/security-utilities.
"""

import base64
import binascii

from unleak.scan.marvin import marvin32
from unleak.scan.ports import Outcome, Verdict

LENGTH = 4
"""Bytes of the checksum; the last six characters."""
_MESSAGING = ("Send0000", "Manage00", "Listen00", "System00", "Unknown0")
SEEDS = {
    "+ASb": _MESSAGING,
    "+AEh": _MESSAGING,
    "+ARm": _MESSAGING,
    "+ABa": ("AbAcct00",),
    "AzFu": ("Master00", "System00", "Functi00"),
    "ACDb": ("SysAll00", "Resour00", "MastRO00", "SystRO00", "Encryp00", "MastRW00", "SystRW00"),
    "AzCa": ("Access00",),
    "+ASt": ("Default0",),
    "AzSe": ("Query000", "PAdmin00"),
    "+ACR": ("ACRDflt0",),
    "AIoT": ("IoTHub00", "DpsKey00", "Device00"),
    "APIM": ("Tenant00", "IoTHub00", "Gatewy00", "GitKey00"),
    "AZEG": ("SendRecv",),
}
"""Mark of a product, and the names of its kinds of keys, which seed the hash."""


def check(value: str) -> Verdict:
    """Proven if the checksum fits one of the mark's kinds, else plausible: older keys have no mark."""
    text = value.rstrip("=")
    seeds = SEEDS.get(text[-10:-6], ())
    try:
        data = base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return Verdict(Outcome.PLAUSIBLE)
    right = any(checksum(data[:-LENGTH], seed) == data[-LENGTH:] for seed in seeds)
    return Verdict(Outcome.PROVEN if right else Outcome.PLAUSIBLE)


def checksum(head: bytes, seed: str) -> bytes:
    """Four bytes: Marvin32 of the key without them, seeded with the name of its kind."""
    return marvin32(head, int.from_bytes(seed.encode(), "big"))
