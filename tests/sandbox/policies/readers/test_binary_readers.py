"""How bytes are read for policies: Sui's commands, Solana's instructions, and those of an IDL."""

from typing import Any

import pytest
from policy_engine import TOKEN_PROGRAM, Engine, condition, rule, solana, uleb
from solders.pubkey import Pubkey

from privy_async.sandbox.policies.chains.solana import _Instruction, _subject
from privy_async.sandbox.policies.chains.solana_idl import (
    MAX_IDL_SIZE,
    idl_size,
    instruction_data_source,
    read_idl,
)
from privy_async.sandbox.policies.chains.sui import transaction_subjects
from privy_async.sandbox.policies.subjects import Subject, UndecidableError
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal

GAS = b"\x00"
FIVE, SEVEN = (b"\x00\x08" + number.to_bytes(8, "little") for number in (5, 7))
RECIPIENT = b"\x00\x20" + bytes(range(32))
OWNED = b"\x01\x00" + bytes(32 + 8) + b"\x20" + bytes(32)
SHARED = b"\x01\x01" + bytes(32 + 8 + 1)
INPUTS = [FIVE, RECIPIENT, OWNED, SHARED, SEVEN]
UNKNOWN = b"\x00"


def given(index: int) -> bytes:
    """An input."""
    return b"\x01" + index.to_bytes(2, "little")


def result(command: int, part: int | None = None) -> bytes:
    """The result of a command, or a part of it."""
    end = b"" if part is None else part.to_bytes(2, "little")
    return (b"\x02" if part is None else b"\x03") + command.to_bytes(2, "little") + end


def vector(*items: bytes) -> bytes:
    """A vector of encoded items."""
    return uleb(len(items)) + b"".join(items)


def sui(*commands: bytes, inputs: list[bytes] = INPUTS, kind: bytes = b"\x00\x00") -> bytes:
    """A Sui transaction."""
    return b"\x00\x00\x00" + kind + vector(*inputs) + vector(*commands)


def give(*coins: bytes, to: bytes = given(1)) -> bytes:
    """TransferObjects."""
    return b"\x01" + vector(*coins) + to


SPLIT = b"\x02" + GAS + vector(given(0), given(4))


def moved(raw: bytes, field: str = "amount") -> Any:
    """What the first TransferObjects of a transaction moves, or whom it is for."""
    source = "sui_transfer_objects_command"
    subjects = transaction_subjects(raw) or ()
    (subject, *_) = [each for each in subjects if source in each.sources]
    return subject.read(FieldReference(source, field))


@pytest.mark.parametrize(
    ("commands", "amount"),
    [
        ([SPLIT, give(result(0, 0))], 5),
        ([SPLIT, give(result(0, 1))], 7),
        ([SPLIT, give(result(0))], 5),
        ([SPLIT, give(result(0, 0), result(0, 1))], 12),
        ([SPLIT, give()], 0),
        # What is split off from a coin later, or merged into another, is not merged into it.
        ([SPLIT, b"\x02" + result(0, 0) + vector(given(0)), give(result(0, 0))], 5),
        ([SPLIT, b"\x03" + result(0, 1) + vector(given(2)), give(result(0, 0))], 5),
        ([SPLIT, give(result(0, 0)), UNKNOWN], 5),
    ],
)
def test_amounts_of_sui(commands: list[bytes], amount: int) -> None:
    """Each coin that is given was split off in the transaction itself."""
    assert moved(sui(*commands)) == amount


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([SPLIT, give(result(0, 2))], "an object of unknown value"),
        ([SPLIT, give(result(2, 0))], "an object of unknown value"),
        ([SPLIT, give(result(9, 0))], "an object of unknown value"),
        ([SPLIT, give(given(0))], "an object of unknown value"),
        ([give(result(0, 0))], "an object of unknown value"),
        ([give(result(1, 0)), UNKNOWN], "an object of unknown value"),
        (
            [SPLIT, b"\x03" + result(0, 0) + vector(given(2)), give(result(0, 0))],
            "an object of unknown value",
        ),
        ([b"\x02" + GAS + vector(given(2)), give(result(0, 0))], "not in the transaction"),
        ([b"\x02" + GAS + vector(given(1)), give(result(0, 0))], "not in the transaction"),
        ([b"\x02" + GAS + vector(given(5)), give(result(0, 0))], "not in the transaction"),
        ([b"\x02" + GAS + vector(result(0)), give(result(0, 0))], "not in the transaction"),
    ],
)
def test_amounts_that_sui_does_not_tell(commands: list[bytes], words: str) -> None:
    """What objects hold, and what stands nowhere."""
    with pytest.raises(UndecidableError, match=words):
        moved(sui(*commands))


def test_recipients_of_sui() -> None:
    """An input of 32 bytes, and nothing else."""
    assert moved(sui(give()), "recipient") == f"0x{bytes(range(32)).hex()}"
    for to in (given(0), given(2), given(5), given(6), result(1), result(1, 0), GAS):
        with pytest.raises(UndecidableError, match="not in the transaction"):
            moved(sui(SPLIT, give(to=to)), "recipient")


def commands_of(raw: bytes) -> list[Any]:
    """The names of a transaction's commands; None for one without fields."""
    name = FieldReference("sui_transaction_command", "commandName")
    return [subject.read(name) for subject in transaction_subjects(raw) or ()]


NAMES = ["SplitCoins", "TransferObjects", "MergeCoins"]
THREE = (SPLIT, give(GAS), b"\x03" + GAS + vector(given(2)))


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (sui(*THREE), NAMES),
        (sui(), [None]),
        # Behind a command that is unknown nothing can be read.
        (sui(SPLIT, UNKNOWN, SPLIT), ["SplitCoins", None]),
        (sui(UNKNOWN, SPLIT), [None]),
        (sui(b"\x04", SPLIT), [None]),
        (sui(*THREE, kind=b"\x01\x00"), [None]),
        (sui(*THREE, kind=b"\x00\x01"), [None]),
        (sui(SPLIT, inputs=[b"\x02" + OWNED[1:], *INPUTS]), [None]),
        (sui(SPLIT, inputs=[b"\x01\x02" + OWNED[2:], *INPUTS]), ["SplitCoins"]),
        (sui(b"\x02\x04\x00\x00" + vector(given(0))), [None]),
        (sui(SPLIT, inputs=[FIVE] * 2048), ["SplitCoins"]),
        (sui(SPLIT, inputs=[FIVE] * 2049), [None]),
        (b"\x00\x00\x00\x00\x00" + b"\x80" * 4 + b"\x00" + vector(THREE[1]), ["TransferObjects"]),
        (b"\x00\x00\x00\x00\x00" + b"\x80" * 5 + b"\x00" + vector(THREE[1]), [None]),
        (b"\x00\x00\x01", []),
        (b"", []),
    ],
)
def test_commands_of_sui(raw: bytes, names: list[Any]) -> None:
    """Each has a name as far as they can be read; of another transaction nothing is known."""
    assert commands_of(raw) == names


@pytest.mark.parametrize("inputs", [[FIVE], [OWNED], [SHARED], []])
def test_sui_bytes_that_are_cut_off(inputs: list[bytes]) -> None:
    """Wherever it is, nothing is known of them."""
    raw = sui(*THREE, inputs=inputs)
    assert commands_of(raw) == NAMES
    for end in range(3, len(raw)):
        assert transaction_subjects(raw[:end]) == (Subject(),)


PROGRAM = "Program1111111111111111111111111"


def idl(kind: Any, *types: Any) -> Any:
    """An IDL whose instruction has an argument of this type, and an integer behind it."""
    arguments = [{"name": "value", "type": kind}, {"name": "after", "type": "u8"}]
    run = {"name": "run", "discriminator": [0], "args": arguments}
    return {"instructions": [run], "types": list(types)}


def read(described: Any, data: str, field: str = "run.after") -> Any:
    """What a field of the instruction is read as."""
    source = instruction_data_source(PROGRAM, (), bytes.fromhex(f"00{data}"))
    return source(FieldReference("solana_instruction_data", field, idl=described))


def nested(kind: str, depth: int) -> tuple[Any, list[Any]]:
    """A type of so many levels, and the types that it needs."""
    inner: Any = "u8"
    types = list[Any]()
    for number in range(depth):
        if kind == "option":
            inner = {"option": inner}
        elif kind == "vec":
            inner = {"vec": inner}
        elif kind == "array":
            inner = {"array": [inner, 1]}
        else:
            types.append({"name": f"T{number}", "type": made(kind, inner)})
            inner = {"defined": {"name": f"T{number}"}}
    return inner, types


def made(kind: str, inner: Any) -> Any:
    """A defined type around another."""
    return {
        "struct": {"kind": "struct", "fields": [{"name": "a", "type": inner}]},
        "tuple": {"kind": "struct", "fields": [inner]},
        "type": {"kind": "type", "alias": inner},
        "enum": {"kind": "enum", "variants": [{"name": "A", "fields": [inner]}]},
    }[kind]


@pytest.mark.parametrize(
    ("kind", "before"),
    [
        ("option", "01"),
        ("vec", "01000000"),
        ("array", ""),
        ("struct", ""),
        ("tuple", ""),
        ("type", ""),
        ("enum", "00"),
    ],
)
def test_how_deep_an_idl_goes(kind: str, before: str) -> None:
    """Sixteen levels of each kind, and no more."""
    data = before * 16 + "0709"
    wanted, types = nested(kind, 16)
    assert read(idl(wanted, *types), data) == 9
    wanted, types = nested(kind, 17)
    with pytest.raises(UndecidableError, match="types nested too deeply"):
        read(idl(wanted, *types), before + data)


ALIAS = {"name": "Alias", "type": {"kind": "type", "alias": "u16"}}
BARE = {"name": "Bare", "type": {"kind": "struct"}}
CHOICE = {"name": "Choice", "type": {"kind": "enum", "variants": [{"name": "A"}]}}
NEVER = {"name": "Never", "type": {"kind": "enum"}}


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        ("i8", "ff", -1),
        ("u16", "0102", 0x201),
        ("i32", "feffffff", -2),
        ("u256", "01" + "00" * 31, 1),
        ("bool", "01", "true"),
        ("bool", "00", "false"),
        ("pubkey", "00" * 32, str(Pubkey.default())),
        ("string", "02000000c3bc", "ü"),
        ("bytes", "02000000c3bc", None),
        ("f32", "00" * 4, None),
        ("f64", "00" * 8, None),
        ({"option": "u8"}, "00", None),
        ({"option": "u8"}, "0105", 5),
        ({"vec": "u8"}, "020000000506", None),
        ({"defined": {"name": "Alias"}}, "0102", 0x201),
        ({"defined": {"name": "Bare"}}, "", None),
        ({"defined": {"name": "Choice"}}, "00", None),
    ],
)
def test_values_of_an_idl(kind: Any, data: str, value: Any) -> None:
    """Each has its size, so that what stands behind it is found; some have a value."""
    described = idl(kind, ALIAS, BARE, CHOICE, NEVER)
    assert read(described, f"{data}09", "run.value") == value
    assert read(described, f"{data}09") == read(described, f"{data}09", "run.args.after") == 9
    assert read(described, f"{data}09", "other.after") is None
    assert read(described, f"{data}09", "instruction_name") == "run"
    with pytest.raises(UndecidableError, match="do not fit the IDL"):
        read(described, data)


def test_items_of_an_array_have_numbers() -> None:
    """And members of structs names, or numbers where they have none."""
    wanted, types = nested("struct", 1)
    assert read(idl({"array": [wanted, 2]}, *types), "050609", "run.value.1.a") == 6
    wanted, types = nested("tuple", 1)
    assert read(idl(wanted, *types), "0509", "run.value.0") == 5


@pytest.mark.parametrize(
    ("kind", "types", "words"),
    [
        ({"array": []}, [], "an IDL that cannot be read"),
        ({"defined": {}}, [], "an IDL that cannot be read"),
        ({"defined": "Unit"}, [], "an IDL that cannot be read"),
        ({"defined": {"name": "Unit"}}, [7], "an IDL that cannot be read"),
        ({"defined": {"name": "Unit"}}, [{"name": "Unit"}], "an IDL that cannot be read"),
        ({"array": ["u8", {"generic": "N"}]}, [], "a type that cannot be read"),
        ({"generic": {"name": "Bare"}}, [BARE], "a type that cannot be read"),
        ({"defined": {"name": "Choice"}}, [], "a type that cannot be read: Choice"),
        ({"defined": {"name": "Never"}}, [NEVER], "a type that cannot be read: Never"),
        ("u9", [], "a type that cannot be read: u9"),
    ],
)
def test_what_no_idl_says(kind: Any, types: list[Any], words: str) -> None:
    """It is told from data that do not fit."""
    for data in ("00" * 40, "ff" * 40):
        with pytest.raises(UndecidableError, match=words):
            read(idl(kind, *types), data)


def refused(described: Any, field: str = "run.value") -> str:
    """What is said of an IDL that is refused."""
    with pytest.raises(Refusal) as caught:
        read_idl(Fields({"idl": described, "field": field}, ""))
    return caught.value.message


def test_accounts_need_names() -> None:
    """Those in a group too."""
    described = idl("u8")
    described["instructions"][0]["accounts"] = [{"name": "a", "accounts": [{"name": "b"}]}]
    assert read_idl(Fields({"idl": described, "field": "run.a.b"}, "")) == described
    described["instructions"][0]["accounts"][0]["accounts"] = [{}]
    assert "instructions.0.accounts.0.accounts.0.name" in refused(described)


def test_how_long_an_idl_is() -> None:
    """32 KiB, and not a byte more."""
    described = idl("u8")
    described["docs"] = ""
    described["docs"] = "x" * (MAX_IDL_SIZE - idl_size(described))
    assert read_idl(Fields({"idl": described, "field": "run.value"}, "")) == described
    described["docs"] += "x"
    assert "at most 32768 bytes" in refused(described)


def test_accounts_that_a_token_instruction_lacks() -> None:
    """They are not in the transaction; those that are there can be read."""
    data = bytes([3]) + (7).to_bytes(8, "little")
    source = "solana_token_program_instruction"
    subject = _subject(_Instruction(str(TOKEN_PROGRAM), ("a", None), data))
    assert subject.read(FieldReference(source, "Transfer.source")) == "a"
    assert subject.read(FieldReference(source, "Transfer.amount")) == 7
    for name in ("destination", "authority", "mint"):
        with pytest.raises(UndecidableError, match=f"{name} is not in the transaction itself"):
            subject.read(FieldReference(source, f"Transfer.{name}"))
    assert subject.read(FieldReference(source, "Burn.amount")) is None


def test_a_solana_transaction_without_instructions() -> None:
    """Rules without conditions decide on it; no condition holds of it."""
    asked = solana(payer=Pubkey(bytes([1]) * 32), method="signTransaction")
    program = condition("solana_program_instruction", "programId", "in", ["x"])
    assert Engine("solana").allows(rule("signTransaction"), asked=asked)
    assert not Engine("solana").allows(rule("signTransaction", program), asked=asked)
    assert not Engine("solana").allows(asked=asked)
