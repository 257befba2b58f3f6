"""PrivyAccount takes what eth-account's LocalAccount takes, by name and form, to the same result.

Each input is given to both. What Privy cannot sign is an InvalidArgumentError and nothing is sent.
"""

import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import account_inputs as inputs
import account_typed_data as typed_data
import pytest
from account_helpers import Person, local_account, person
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from sdk_helpers import nothing_sent
from typed_data_cases import any_member, digest_of_sent
from typed_data_cases import typed_data as cases

from privy_async import InvalidArgumentError
from privy_async.integrations._ethereum_typed_data import read_typed_data
from privy_sync.integrations.eth_account import PrivyAccount

METHODS: dict[str, dict[str, Any]] = {
    "sign_message": inputs.MESSAGES,
    "unsafe_sign_hash": inputs.HASHES,
    "sign_authorization": inputs.AUTHORIZATIONS,
    "sign_transaction": inputs.TRANSACTIONS,
}
# LocalAccount signs these, and PrivyAccount does not: Privy cannot, or nobody should.
REFUSED = {
    ("sign_authorization", name) for name in ("a mistyped address", "an address of an int")
} | {
    ("sign_transaction", name)
    for name in (
        "an access list", "an access list, type 1", "blob hashes",
        "without chain id", "without chain id, legacy", "chain id None", "without nonce, type 4",
        "a value of more than 256 bits", "eleven authorizations",
        "an authorization for a mistyped address",
    )
}  # fmt: skip
# PrivyAccount signs these, and LocalAccount does not: they have but one meaning.
TAKEN = {("sign_authorization", "a hex chain id")} | {
    ("sign_transaction", name)
    for name in (
        "type 0", "type 0x0", "type None", "input", "to in lower case", "to in upper case",
        "to without 0x", "to 0x", "to of bytearray", "value None", "data None",
        "data of memoryview", "access list None", "an authorization in snake case",
        "an authorization with yParity 0x01",
    )
}  # fmt: skip
ALL = [(method, name) for method, table in METHODS.items() for name in table]


@pytest.fixture(scope="module")
def owner() -> Iterator[Person]:
    with person("ethereum") as owner:
        yield owner


@pytest.fixture(scope="module")
def account(owner: Person) -> PrivyAccount:
    return PrivyAccount(owner.privy, owner.wallet)


@pytest.fixture(scope="module")
def local(owner: Person) -> LocalAccount:
    return local_account(owner)


@pytest.mark.parametrize(("method", "name"), ALL, ids=[" - ".join(pair) for pair in ALL])
def test_one_argument(
    owner: Person, account: PrivyAccount, local: LocalAccount, method: str, name: str
) -> None:
    """The same values come back, or both refuse, save for the few that are named above."""
    given = METHODS[method][name]
    try:
        expected = getattr(local, method)(given)
    except Exception:
        expected = None
    taken = (expected is not None and (method, name) not in REFUSED) or (method, name) in TAKEN
    if not taken:
        with nothing_sent(owner.sandbox), pytest.raises(InvalidArgumentError):
            getattr(account, method)(given)
        return
    signed = getattr(account, method)(given)
    if (method, name) in TAKEN:
        assert expected is None
    else:
        assert signed == expected
        assert type(signed) is type(expected)
    if method == "sign_transaction":
        assert Account.recover_transaction(signed.raw_transaction) == local.address


def test_the_table_is_long() -> None:
    """So many inputs are compared."""
    typed = len(typed_data.SAME) + len(typed_data.CANNOT) + len(typed_data.REFUSED)
    assert len(ALL) + typed > 300


@pytest.mark.parametrize("arguments", typed_data.SAME.values(), ids=typed_data.SAME)
def test_typed_data(account: PrivyAccount, local: LocalAccount, arguments: dict[str, Any]) -> None:
    """Values are read as eth-account reads them, in whatever form they are."""
    assert account.sign_typed_data(**arguments) == local.sign_typed_data(**arguments)


@pytest.mark.parametrize("arguments", typed_data.CANNOT.values(), ids=typed_data.CANNOT)
def test_typed_data_that_privy_cannot_sign(
    owner: Person, account: PrivyAccount, local: LocalAccount, arguments: dict[str, Any]
) -> None:
    """What eth-account takes and Privy has no form for is refused by its path."""
    assert local.sign_typed_data(**arguments)
    with nothing_sent(owner.sandbox), pytest.raises(InvalidArgumentError) as caught:
        account.sign_typed_data(**arguments)
    assert caught.value.argument.startswith(
        ("typed_data.message.a", "typed_data.domain.", "typed_data.types.")
    )


@pytest.mark.parametrize("arguments", typed_data.REFUSED.values(), ids=typed_data.REFUSED)
def test_typed_data_that_nobody_signs(
    owner: Person, account: PrivyAccount, local: LocalAccount, arguments: dict[str, Any]
) -> None:
    """What eth-account refuses in one of a dozen ways is an InvalidArgumentError."""
    with pytest.raises(Exception):  # noqa: B017
        local.sign_typed_data(**arguments)
    with nothing_sent(owner.sandbox), pytest.raises(InvalidArgumentError):
        account.sign_typed_data(**arguments)


@settings(max_examples=400, deadline=None)
@given(any_member())
def test_typed_data_of_any_value(member: tuple[str, object]) -> None:
    """Whatever is given is sent as what eth-account hashes, or refused."""
    arguments = typed_data.member(*member)
    try:
        formatted, expected = read_typed_data(*arguments.values(), None)
    except InvalidArgumentError:
        return
    assert digest_of_sent(formatted) == expected


@settings(max_examples=30, deadline=None)
@given(pair=cases())
def test_typed_data_of_any_type(
    account: PrivyAccount, local: LocalAccount, pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """Structs in structs and arrays in arrays are signed as with the key."""
    exact = pair[1]
    signed = account.sign_typed_data(full_message=exact)
    assert signed == local.sign_typed_data(full_message=exact)


PUBLIC = [name for name in dir(LocalAccount) if not name.startswith("_")]


@pytest.mark.parametrize("name", PUBLIC)
def test_signatures_of_methods(name: str) -> None:
    """Each public name of LocalAccount is there, with its parameters, their kinds and defaults."""
    theirs, ours = getattr(LocalAccount, name), getattr(PrivyAccount, name)
    assert isinstance(theirs, property) is isinstance(ours, property)
    if not isinstance(theirs, property):
        expected, found = (
            [(p.name, p.kind, p.default) for p in inspect.signature(method).parameters.values()]
            for method in (theirs, ours)
        )
        assert found == expected


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("sign_message", {"signable_message": inputs.MESSAGES["text"]}),
        ("sign_transaction", {"transaction_dict": inputs.DYNAMIC, "blobs": None}),
        ("sign_authorization", {"authorization": inputs.AUTHORIZATION}),
        ("unsafe_sign_hash", {"message_hash": inputs.HASHES["hex"]}),
    ],
)
def test_arguments_by_name(
    account: PrivyAccount, local: LocalAccount, method: str, given: dict[str, Any]
) -> None:
    """The names are eth-account's."""
    assert getattr(account, method)(**given) == getattr(local, method)(**given)


def test_typed_data_by_position(account: PrivyAccount, local: LocalAccount) -> None:
    """Its parts may come without names, `full_message` too."""
    parts = typed_data.member("uint256", 5).values()
    assert account.sign_typed_data(*parts) == local.sign_typed_data(*parts)
    whole = typed_data.whole()["full_message"]
    signed = account.sign_typed_data(None, None, None, whole)
    assert signed == local.sign_typed_data(None, None, None, whole)


def test_the_sender(account: PrivyAccount, local: LocalAccount) -> None:
    """`from` may name the wallet's own address, with or without checksum."""
    expected = local.sign_transaction(inputs.dynamic(**{"from": local.address}))
    for sender in (local.address, local.address.lower()):
        assert account.sign_transaction(inputs.dynamic(**{"from": sender})) == expected


def test_what_needs_the_key(owner: Person, account: PrivyAccount) -> None:
    """Privy keeps it: that is said, and `hasattr` tells that there is none."""
    assert not hasattr(account, "key")
    for ask in (lambda: account.key, lambda: account.encrypt("password"), lambda: bytes(account)):
        with nothing_sent(owner.sandbox), pytest.raises(InvalidArgumentError) as caught:
            ask()
        assert "Privy keeps the key" in str(caught.value)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(InvalidArgumentError, match=r"^blobs: Privy signs no"):
        account.sign_transaction(inputs.DYNAMIC, blobs=[b""])


@pytest.mark.parametrize("name", ["all in hex", "data of bytearray", "an authorization in hex"])
def test_what_is_given_is_not_changed(account: PrivyAccount, name: str) -> None:
    """The caller's own transaction stays as it was."""
    given = inputs.TRANSACTIONS[name]
    before = repr(given)
    account.sign_transaction(given)
    assert repr(given) == before
