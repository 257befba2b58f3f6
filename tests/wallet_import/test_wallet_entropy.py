"""Entropy of private keys: what is sealed, what is refused, and that no error shows a secret."""

import json
from typing import Any

import pytest
from eth_account import Account
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from places import VECTORS
from solders.keypair import Keypair

from privy_async.encodings import base58
from privy_async.errors import InvalidArgumentError
from privy_async.wallet_import.wallet_entropy import derive_address, private_key_entropy

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


CASES = load("wallet_entropy.json")
SOLANA = CASES["solana"]
STELLAR = CASES["stellar"]
ADDRESSES = load("derived_addresses.json")

HEX_CHAINS = ("aptos", "ethereum", "sui", "tron", "xrpl")
SECP256K1_CHAINS = ("ethereum", "tron", "xrpl")
ONE = "1".zfill(64)
ETHEREUM_ONE = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
ETHEREUM_TWO = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
TRON_ONE = "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC"
KNOWN_ADDRESSES = {
    "aptos": "0x1",
    "ethereum": ETHEREUM_ONE,
    "solana": SOLANA["address"],
    "stellar": STELLAR["address"],
    "sui": "0x2",
    "tron": TRON_ONE,
    "xrpl": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
}

secp256k1_keys = st.integers(1, SECP256K1_ORDER - 1).map(lambda k: k.to_bytes(32, "big"))
seeds = st.binary(min_size=32, max_size=32)


def refused_key(chain_type: str, private_key: Any, address: Any = None) -> InvalidArgumentError:
    if address is None:
        address = KNOWN_ADDRESSES.get(chain_type, "any")
    with pytest.raises(InvalidArgumentError) as caught:
        private_key_entropy(chain_type, private_key, address=address)
    return caught.value


# Private keys


@pytest.mark.parametrize("text", CASES["secp256k1_accept"])
@pytest.mark.parametrize("chain_type", SECP256K1_CHAINS)
def test_keys_at_the_ends_of_the_range_are_accepted(chain_type: str, text: str) -> None:
    """The keys 1 and n - 1 give their 32 bytes, with and without 0x."""
    key = bytes.fromhex(text.removeprefix("0x"))
    address = derive_address(chain_type, key) or "unverified"
    assert private_key_entropy(chain_type, text, address=address) == key


@pytest.mark.parametrize("text", CASES["secp256k1_reject"])
@pytest.mark.parametrize("chain_type", SECP256K1_CHAINS)
def test_keys_of_wrong_length_or_range_are_refused(chain_type: str, text: str) -> None:
    """31 and 33 bytes, zero, n and n + 1 are refused."""
    assert refused_key(chain_type, text).argument == "private_key"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        ONE[1:],
        ONE + "0",
        ONE[:-1] + "g",
        "0X" + ONE,
        "0x0x" + ONE[4:],
        ONE + "\n",
        " " + ONE[1:],
        ONE[:-2] + "1_",
        ONE[:-1] + "\uff11",
    ],
)
@pytest.mark.parametrize("chain_type", HEX_CHAINS)
def test_hex_is_exact(chain_type: str, text: str) -> None:
    """Anything but 64 hex digits is refused: nothing is cut off, padded, trimmed or guessed."""
    error = refused_key(chain_type, text)
    assert str(error) == (
        "private_key: expected 32 bytes: 64 hex digits with or without 0x, or raw bytes"
    )


@pytest.mark.parametrize("key", [bytes(32), b"\xff" * 32])
@pytest.mark.parametrize("chain_type", ["aptos", "sui"])
def test_ed25519_seeds_have_no_range(chain_type: str, key: bytes) -> None:
    """Every 32 bytes are a key on Sui and Aptos, as hex and raw."""
    for form in (key, key.hex(), "0x" + key.hex().upper()):
        assert private_key_entropy(chain_type, form, address="0x1") == key


@pytest.mark.parametrize("chain_type", [*HEX_CHAINS, "stellar"])
@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_raw_bytes_have_32(chain_type: str, size: int) -> None:
    """Raw bytes of another length are refused, 64 ASCII hex digits among them."""
    assert refused_key(chain_type, b"1" * size).argument == "private_key"


def test_a_key_of_eth_account_is_accepted() -> None:
    """eth-account's HexBytes, whose repr shows the key, come back as plain bytes."""
    entropy = private_key_entropy("ethereum", Account.from_key(ONE).key, address=ETHEREUM_ONE)
    assert type(entropy) is bytes
    assert entropy == bytes.fromhex(ONE)


@pytest.mark.parametrize("chain_type", KNOWN_ADDRESSES)
@pytest.mark.parametrize("private_key", [None, 32, [1] * 32])
def test_other_types_are_refused(chain_type: str, private_key: Any) -> None:
    """None (an unset variable), an int and a list are refused by name, not converted."""
    assert refused_key(chain_type, private_key).argument == "private_key"


@pytest.mark.parametrize("chain_type", ["", "bitcoin-segwit", "Ethereum", "ton"])
def test_chain_types_that_cannot_be_imported_are_refused(chain_type: str) -> None:
    """The error lists the chain types Privy imports."""
    error = refused_key(chain_type, ONE)
    assert str(error) == (
        "chain_type: expected one of aptos, ethereum, solana, stellar, sui, tron, xrpl"
    )


def test_solana_key_is_64_bytes_in_base58() -> None:
    """Base58 text and raw bytes give seed and public key; a raw seed is completed."""
    seed = bytes.fromhex(SOLANA["seed_hex"])
    expected = seed + bytes.fromhex(SOLANA["public_key_hex"])
    for form in (SOLANA["private_key"], expected, seed):
        assert private_key_entropy("solana", form, address=SOLANA["address"]) == expected


@pytest.mark.parametrize(
    "private_key",
    [
        "",
        SOLANA["private_key"][:-1],
        SOLANA["private_key"] + "1",
        "1" + SOLANA["private_key"],
        SOLANA["private_key"][:-1] + "0",
        SOLANA["address"],
        base58.encode(bytes.fromhex(SOLANA["seed_hex"])),
        SOLANA["seed_hex"] + SOLANA["public_key_hex"],
        "z" * 1_000_000,
        bytes(31),
        bytes(63),
        bytes(65),
    ],
)
def test_solana_form_is_exact(private_key: str | bytes) -> None:
    """Other lengths and alphabets are refused, an address in the key's place among them."""
    error = refused_key("solana", private_key)
    assert str(error) == (
        "private_key: expected 64 bytes, the seed followed by its public key, in base58 or raw; "
        "or the 32-byte seed, raw"
    )


@given(seeds, seeds)
def test_solana_public_half_must_belong_to_the_seed(seed: bytes, other: bytes) -> None:
    """Halves of two different key pairs are refused, as base58 and raw."""
    assume(seed != other)
    mixed = seed + bytes(Keypair.from_seed(other).pubkey())
    for form in (mixed, base58.encode(mixed)):
        assert str(refused_key("solana", form)) == (
            "private_key: its second half is not the public key of its first half"
        )


def test_stellar_seed_is_unwrapped() -> None:
    """The StrKey of SEP-0005's first test gives its 32-byte seed, and so do the raw bytes."""
    seed = bytes.fromhex(STELLAR["seed_hex"])
    for form in (STELLAR["secret_seed"], seed):
        assert private_key_entropy("stellar", form, address=STELLAR["address"]) == seed


@pytest.mark.parametrize("text", STELLAR["reject"].values(), ids=list(STELLAR["reject"]))
def test_stellar_version_and_checksum_are_verified(text: str) -> None:
    """A typing error, another kind of StrKey and a wrong checksum are refused."""
    assert str(refused_key("stellar", text)) == (
        "private_key: expected a StrKey secret seed, S and 55 characters more, or its 32 bytes raw"
    )


# Addresses


@pytest.mark.parametrize("entry", ADDRESSES["private_keys"])
def test_published_addresses_of_keys(entry: dict[str, str]) -> None:
    """Well-known keys have their well-known addresses."""
    key = bytes.fromhex(entry["private_key"])
    assert derive_address(entry["chain_type"], key) == entry["address"]
    assert private_key_entropy(entry["chain_type"], key, address=entry["address"]) == key


@given(secp256k1_keys)
@settings(max_examples=30)
def test_ethereum_and_tron_addresses_agree_with_eth_account(key: bytes) -> None:
    """The EIP-55 address is eth-account's, and TRON's is base58check of 0x41 and the same."""
    expected = Account.from_key(key).address
    assert derive_address("ethereum", key) == expected
    tron = derive_address("tron", key)
    assert tron is not None
    assert base58.decode_check(tron) == b"\x41" + bytes.fromhex(expected[2:])


@given(seeds)
def test_solana_addresses_agree_with_solders(seed: bytes) -> None:
    """The address is the base58 of the public key, whether seed or pair is given."""
    pair = Keypair.from_seed(seed)
    assert derive_address("solana", seed) == str(pair.pubkey())
    assert derive_address("solana", bytes(pair)) == str(pair.pubkey())


@pytest.mark.parametrize("chain_type", ["aptos", "stellar", "sui", "xrpl", "near", ""])
def test_other_chains_have_no_derived_address(chain_type: str) -> None:
    """None says that the address was not derived, on unknown chain types too."""
    assert derive_address(chain_type, bytes.fromhex(ONE)) is None


@pytest.mark.parametrize("chain_type", ["ethereum", "tron", "solana"])
@pytest.mark.parametrize("key", [b"", b"\x01" * 31, b"\x01" * 33, b"\x01" * 64])
def test_derivation_refuses_bytes_that_are_no_key(chain_type: str, key: bytes) -> None:
    """A wrong length, and 64 bytes that are no Solana pair, raise instead of giving an address."""
    with pytest.raises(InvalidArgumentError) as caught:
        derive_address(chain_type, key)
    assert caught.value.argument == "private_key"


@pytest.mark.parametrize("address", ADDRESSES["checksum_addresses"])
def test_checksum_addresses_of_eip_55(address: str) -> None:
    """EIP-55's own examples pass the form check, so only the key is found not to belong."""
    for spelling in (address, address.lower(), "0x" + address[2:].upper()):
        error = refused_key("ethereum", ONE, spelling)
        assert str(error) == "address: does not belong to this private_key"


@pytest.mark.parametrize(
    "address", [ETHEREUM_ONE, ETHEREUM_ONE.lower(), "0x" + ETHEREUM_ONE[2:].upper()]
)
def test_ethereum_address_may_be_in_one_case(address: str) -> None:
    """EIP-55, lower and upper case all name the same account."""
    assert private_key_entropy("ethereum", ONE, address=address) == bytes.fromhex(ONE)


@pytest.mark.parametrize("position", [n for n in range(2, 42) if ETHEREUM_ONE[n].isalpha()])
def test_ethereum_mixed_case_is_a_checksum(position: int) -> None:
    """Swapping the case of any one letter is refused as a typing error."""
    letter = ETHEREUM_ONE[position]
    swapped = ETHEREUM_ONE[:position] + letter.swapcase() + ETHEREUM_ONE[position + 1 :]
    error = str(refused_key("ethereum", ONE, swapped))
    assert error.startswith("address: its upper and lower case fail EIP-55's checksum")


@pytest.mark.parametrize(
    ("chain_type", "address", "message"),
    [
        ("ethereum", "", "expected an address: 0x and 40 hex digits"),
        ("ethereum", ETHEREUM_ONE[2:], "expected an address: 0x and 40 hex digits"),
        ("ethereum", ETHEREUM_ONE[:-1], "expected an address: 0x and 40 hex digits"),
        ("ethereum", ETHEREUM_ONE + "\n", "expected an address: 0x and 40 hex digits"),
        ("ethereum", bytes(19), "expected an address: 0x and 40 hex digits"),
        ("solana", ETHEREUM_ONE, "expected a Solana address: base58 of 32 bytes"),
        ("solana", SOLANA["address"][:-2], "expected a Solana address: base58 of 32 bytes"),
        ("solana", SOLANA["private_key"], "expected a Solana address: base58 of 32 bytes"),
        ("solana", None, "expected a Solana address: base58 of 32 bytes"),
        ("tron", TRON_ONE[:-1] + "D", "expected a TRON address: base58check that begins with T"),
        ("tron", ETHEREUM_ONE, "expected a TRON address: base58check that begins with T"),
        (
            "tron",
            base58.encode_check(bytes(21)),
            "expected a TRON address: base58check that begins with T",
        ),
        (
            "tron",
            base58.encode_check(b"A" * 20),
            "expected a TRON address: base58check that begins with T",
        ),
        ("tron", None, "expected a TRON address: base58check that begins with T"),
        ("xrpl", "", "expected the address of the wallet to import"),
        ("stellar", " ", "expected the address of the wallet to import"),
        ("sui", None, "expected the address of the wallet to import"),
    ],
)
def test_address_form_is_verified(chain_type: str, address: Any, message: str) -> None:
    """An address of the wrong form or with a wrong checksum is refused before the key is read."""
    with pytest.raises(InvalidArgumentError) as caught:
        private_key_entropy(chain_type, "no key at all", address=address)
    assert str(caught.value) == f"address: {message}"


@pytest.mark.parametrize(
    ("chain_type", "private_key", "address"),
    [
        ("ethereum", ONE, ETHEREUM_TWO),
        ("tron", "2".zfill(64), TRON_ONE),
        ("solana", SOLANA["private_key"], "11111111111111111111111111111111"),
    ],
)
def test_address_must_belong_to_the_key(chain_type: str, private_key: str, address: str) -> None:
    """A well-formed address of somebody else is refused."""
    error = refused_key(chain_type, private_key, address)
    assert str(error) == "address: does not belong to this private_key"


# Secrets


def assert_shows_nothing_of(secret: str, error: InvalidArgumentError) -> None:
    shown = (str(error) + repr(error) + repr(vars(error))).lower()
    runs = {secret[start : start + 4].lower() for start in range(len(secret) - 3)}
    assert not [run for run in runs if run in shown]
    # A decoder's own error could quote the secret, so none may be attached.
    assert error.__cause__ is None
    assert error.__context__ is None


@given(
    st.sampled_from(sorted(KNOWN_ADDRESSES)),
    # No message of ours has four of these characters in a row, so each run found is a leak.
    st.text("0123456789abcdefABCDEFqxzjkvQXZJKV", min_size=4, max_size=140),
)
def test_a_refused_private_key_is_not_shown(chain_type: str, secret: str) -> None:
    """No error shows four characters of text that was refused, in whichever place it was put."""
    assert_shows_nothing_of(secret, refused_key(chain_type, secret + "."))
    assert_shows_nothing_of(secret, refused_key(chain_type, secret.encode() * 3))
    assert_shows_nothing_of(secret, refused_key(secret, ONE))
    if chain_type in ("ethereum", "solana", "tron"):
        assert_shows_nothing_of(secret, refused_key(chain_type, ONE, secret + "."))


@given(st.sampled_from(["ethereum", "tron"]), secp256k1_keys.filter(lambda key: key.hex() != ONE))
def test_a_good_private_key_with_a_wrong_address_is_not_shown(chain_type: str, key: bytes) -> None:
    """A valid key refused for its address is not shown, as hex or raw."""
    for form in (key.hex(), key):
        assert_shows_nothing_of(key.hex(), refused_key(chain_type, form))


@given(seeds)
def test_a_good_solana_key_with_a_wrong_address_is_not_shown(seed: bytes) -> None:
    """A valid pair refused for its address gets the same words as every other pair."""
    error = refused_key("solana", str(Keypair.from_seed(seed)))
    assert vars(error) == vars(refused_key("ethereum", "2".zfill(64)))
    assert error.__context__ is None
