"""Values of a Solana instruction that only its IDL tells: enums, accounts left out, sizes."""

import json
from typing import Any

import pytest

from privy_async.sandbox.policies.chains.solana_idl import idl_size, instruction_data_source
from privy_async.sandbox.policies.subjects import UndecidableError
from privy_async.sandbox.records.policies import FieldReference

PROGRAM, SOMEBODY = "Program1111111111111111111111111", "Somebody111111111111111111111111"
CHOICE = {
    "name": "Choice",
    "type": {"kind": "enum", "variants": [{"name": "A"}, {"name": "B", "fields": ["u16"]}]},
}
RUN = {
    "name": "run",
    "discriminator": [1],
    "accounts": [{"name": "payer"}, {"name": "referrer", "optional": True}],
    "args": [
        {"name": "choice", "type": {"defined": {"name": "Choice"}}},
        {"name": "after", "type": "u8"},
    ],
}


def read(field: str, data: str, *accounts: str | None) -> Any:
    """What a field of `run` is read as."""
    source = instruction_data_source(PROGRAM, accounts, bytes.fromhex(f"01{data}"))
    idl = {"instructions": [RUN], "types": [CHOICE]}
    return source(FieldReference("solana_instruction_data", field, idl=idl))


def test_an_enum_is_read_over() -> None:
    """What comes behind it is found, whichever of its kinds it is; there are no others."""
    assert read("run.after", "0007") == 7
    assert read("run.after", "01ffff09") == 9
    for data in ("0207", "01ff"):
        with pytest.raises(UndecidableError):
            read("run.after", data)


def test_an_account_that_is_left_out() -> None:
    """The program's own address stands in its place; where it must be given, that is its value."""
    assert read("run.referrer", "0007", SOMEBODY, SOMEBODY) == SOMEBODY
    assert read("run.referrer", "0007", SOMEBODY, PROGRAM) is None
    assert read("run.payer", "0007", PROGRAM, SOMEBODY) == PROGRAM
    for accounts in ((SOMEBODY,), (SOMEBODY, None)):
        with pytest.raises(UndecidableError):
            read("run.referrer", "0007", *accounts)


def test_the_size_of_an_idl_is_its_bytes() -> None:
    """In UTF-8, without blanks: letters of other languages are not longer than they are."""
    idl = {"docs": ["Größe", "大"], "b": 1}
    assert idl_size(idl) == len(json.dumps(idl, separators=(",", ":"), ensure_ascii=False).encode())
    assert idl_size({"a": "ü"}) == len('{"a":"ü"}'.encode()) == 10
