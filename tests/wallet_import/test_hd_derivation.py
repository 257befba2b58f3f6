"""Seed phrases: which are accepted, what they derive, and that no error shows a word."""

import hashlib
import json
from importlib.resources import files
from typing import Any

import pytest
from eth_account import Account
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mnemonic import Mnemonic
from places import VECTORS
from solders.keypair import Keypair

from privy_async.errors import InvalidArgumentError
from privy_async.wallet_import import hd_derivation
from privy_async.wallet_import.wallet_entropy import derive_address, seed_phrase_entropy

Account.enable_unaudited_hdwallet_features()
ENGLISH = Mnemonic("english")


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


PHRASES = load("bip39.json")["phrases"]
ABANDON = PHRASES[1]
ADDRESSES = load("derived_addresses.json")
KNOWN_ADDRESSES = {
    "ethereum": "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    "solana": "11111111111111111111111111111111",
    "tron": "TMVQGm1qAQYVdetCeGRRkTWYYrLXuHK2HC",
}

phrases = st.sampled_from([16, 20, 24, 28, 32]).flatmap(
    lambda size: st.binary(min_size=size, max_size=size).map(ENGLISH.to_mnemonic)
)
indexes = st.integers(0, 2**31 - 1)


def refused_phrase(
    chain_type: str, phrase: Any, *, index: Any = 0, address: Any = None
) -> InvalidArgumentError:
    if address is None:
        address = KNOWN_ADDRESSES.get(chain_type, "any")
    with pytest.raises(InvalidArgumentError) as caught:
        seed_phrase_entropy(chain_type, phrase, index=index, address=address)
    return caught.value


@pytest.mark.parametrize("phrase", PHRASES)
def test_published_phrases_are_accepted(phrase: str) -> None:
    """Trezor's vectors pass, in upper case and with stray blanks too, and come out normal."""
    assert hd_derivation.normalize_seed_phrase(phrase) == phrase
    untidy = "\n\t" + phrase.upper().replace(" ", "  \u3000") + " "
    assert hd_derivation.normalize_seed_phrase(untidy) == phrase


def test_full_width_letters_are_the_same_letters() -> None:
    """A phrase typed with an East Asian keyboard in full-width letters comes out in ASCII."""
    full_width = ABANDON.translate({code: code + 0xFEE0 for code in range(ord("a"), ord("z") + 1)})
    assert full_width != ABANDON
    assert hd_derivation.normalize_seed_phrase(full_width) == ABANDON


@given(phrases)
def test_phrases_of_every_length_agree_with_mnemonic(phrase: str) -> None:
    """12, 15, 18, 21 and 24 words pass and give the seed of the reference implementation."""
    assert hd_derivation.normalize_seed_phrase(phrase) == phrase
    assert hd_derivation.phrase_to_seed(phrase) == Mnemonic.to_seed(phrase)


@given(st.lists(st.sampled_from(ENGLISH.wordlist), min_size=12, max_size=12))
@example(["abandon"] * 12)
@example(["abandon"] * 11 + ["about"])
def test_checksum_agrees_with_mnemonic(words: list[str]) -> None:
    """Of random words, those pass that the reference implementation passes, 1 in 16."""
    phrase = " ".join(words)
    if ENGLISH.check(phrase):
        assert hd_derivation.normalize_seed_phrase(phrase) == phrase
        return
    assert str(refused_phrase("ethereum", phrase)) == (
        "seed_phrase: the checksum of BIP-39 fails: a word is wrong or out of place"
    )


def test_word_list_is_the_published_one() -> None:
    """The list has the words and the SHA-256 of the file published with BIP-39."""
    published = files("privy_async.wallet_import").joinpath("bip39_english.txt").read_bytes()
    assert published.decode().split() == ENGLISH.wordlist
    assert hashlib.sha256(published).hexdigest() == (
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    )


@pytest.mark.parametrize("count", [0, 1, 11, 13, 14, 16, 23, 25, 48])
def test_other_word_counts_are_refused(count: int) -> None:
    """The error says how many words there are."""
    assert str(refused_phrase("ethereum", " ".join(["zoo"] * count))) == (
        f"seed_phrase: expected 12, 15, 18, 21 or 24 English words, got {count}"
    )


@pytest.mark.parametrize("position", [1, 7, 12])
@pytest.mark.parametrize("word", ["aband", "abandons", "ábaco", "0x1", "あいこくしん"])
def test_unknown_words_are_refused_by_position(position: int, word: str) -> None:
    """Cut-off, inflected and foreign words are refused, named by position only."""
    words = ABANDON.split()
    words[position - 1] = word
    assert str(refused_phrase("ethereum", " ".join(words))) == (
        f"seed_phrase: word number {position} is not in the English list of BIP-39"
    )


@pytest.mark.parametrize("phrase", [None, ABANDON.encode(), ABANDON.split()])
def test_phrases_of_other_types_are_refused(phrase: Any) -> None:
    """Bytes and lists are refused by name."""
    assert str(refused_phrase("ethereum", phrase)) == "seed_phrase: expected a str of English words"


@pytest.mark.parametrize("curve", ["secp256k1", "ed25519"])
def test_published_key_derivation(curve: str) -> None:
    """Test vector 1 of BIP-32 and SLIP-0010 gives the published private key at every step."""
    vector = ADDRESSES["key_derivation"]
    derive = getattr(hd_derivation, f"derive_{curve}_key")
    keys = {path: derive(bytes.fromhex(vector["seed"]), path).hex() for path in vector[curve]}
    assert keys == vector[curve]


@pytest.mark.parametrize("entry", ADDRESSES["seed_phrases"])
def test_published_addresses_of_phrases(entry: dict[str, Any]) -> None:
    """Well-known phrases have their well-known addresses, and the sealed bytes are the phrase."""
    for index, address in enumerate(entry["addresses"]):
        entropy = seed_phrase_entropy(
            entry["chain_type"], entry["phrase"].upper(), index=index, address=address
        )
        assert entropy == entry["phrase"].encode()


@pytest.mark.parametrize("coin_type", [60, 195])
@given(phrase=phrases, index=indexes)
@settings(max_examples=10, deadline=None)
@example(phrase=ABANDON, index=2**31 - 1)
def test_secp256k1_paths_agree_with_eth_account(coin_type: int, phrase: str, index: int) -> None:
    """Ethereum's and TRON's keys at any index are those of eth-account's HD wallet."""
    path = f"m/44'/{coin_type}'/0'/0/{index}"
    key = bytes(Account.from_mnemonic(phrase, account_path=path).key)
    chain_type = {60: "ethereum", 195: "tron"}[coin_type]
    address = derive_address(chain_type, key)
    assert address is not None
    entropy = seed_phrase_entropy(chain_type, phrase, index=index, address=address)
    assert entropy == phrase.encode()


@given(phrase=phrases, index=indexes)
@settings(max_examples=20, deadline=None)
@example(phrase=ABANDON, index=2**31 - 1)
def test_solana_path_agrees_with_solders(phrase: str, index: int) -> None:
    """Solana's address at any index is that of m/44'/501'/{index}'/0' in solders."""
    pair = Keypair.from_seed_and_derivation_path(
        Mnemonic.to_seed(phrase), f"m/44'/501'/{index}'/0'"
    )
    entropy = seed_phrase_entropy("solana", phrase, index=index, address=str(pair.pubkey()))
    assert entropy == phrase.encode()


@pytest.mark.parametrize("entry", ADDRESSES["seed_phrases"])
def test_address_must_be_the_one_at_the_index(entry: dict[str, Any]) -> None:
    """The address of another index is refused, and the error names the path that was looked at."""
    error = refused_phrase(
        entry["chain_type"], entry["phrase"], index=7, address=entry["addresses"][0]
    )
    path = {
        "ethereum": "m/44'/60'/0'/0/7",
        "solana": "m/44'/501'/7'/0'",
        "tron": "m/44'/195'/0'/0/7",
    }[entry["chain_type"]]
    assert str(error) == f"address: is not the address of this seed_phrase at {path}"


@pytest.mark.parametrize("index", [-1, 2**31, 1.0, "0", None, True])
def test_index_must_be_a_child_number(index: Any) -> None:
    """Negative, too large, and anything but an int is refused; True is not 1."""
    error = refused_phrase("ethereum", ABANDON, index=index)
    assert str(error) == "index: expected an integer from 0 to 2147483647"


@pytest.mark.parametrize("chain_type", ["aptos", "stellar", "sui", "xrpl", "Solana", ""])
def test_chain_types_without_a_known_path_are_refused(chain_type: str) -> None:
    """Where the path is not known the address cannot be verified, so nothing is sealed."""
    error = refused_phrase(chain_type, ABANDON)
    assert str(error) == "chain_type: expected one of ethereum, solana, tron"


@pytest.mark.parametrize("chain_type", ["ethereum", "solana", "tron"])
def test_phrase_address_form_is_verified(chain_type: str) -> None:
    """An address of the wrong form is refused before the phrase is read."""
    assert refused_phrase(chain_type, "no phrase", address="0x1").argument == "address"


# Secrets


# No message of ours has four of these characters in a row, so each run found is a leak.
@given(st.text("0123456789qxzjkvQXZJKV", min_size=4, max_size=40))
def test_a_refused_phrase_is_not_shown(secret: str) -> None:
    """No error shows four characters of what was refused, in whichever place it was put."""
    errors = (
        refused_phrase("ethereum", secret),
        refused_phrase("ethereum", f"{secret} " * 12),
        refused_phrase("ethereum", ABANDON, index=secret),
        refused_phrase("ethereum", ABANDON, address=secret),
        refused_phrase(secret, ABANDON),
    )
    runs = {secret[start : start + 4].lower() for start in range(len(secret) - 3)}
    for error in errors:
        shown = (str(error) + repr(error) + repr(vars(error))).lower().replace("2147483647", "")
        assert not [run for run in runs if run in shown]
        assert error.__context__ is None


@given(phrases.filter(lambda phrase: phrase != ABANDON))
@settings(max_examples=20, deadline=None)
def test_a_good_phrase_with_a_wrong_address_is_not_shown(phrase: str) -> None:
    """A valid phrase refused for its address gets the same words as every other phrase."""
    error = refused_phrase("ethereum", phrase)
    assert vars(error) == vars(refused_phrase("ethereum", ABANDON))
    assert error.__context__ is None
