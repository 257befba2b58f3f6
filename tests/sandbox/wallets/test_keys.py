"""Wallet keys: addresses, derivation, import and export."""

import re
from base64 import b64decode, urlsafe_b64decode

import base58
import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic
from solders.keypair import Keypair

from privy_async.sandbox.keys import address_encodings, addresses, curves
from privy_async.sandbox.keys.chain_types import CHAINS
from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES, WalletKey
from privy_async.sandbox.requests.refusal import Refusal

ABANDON = "abandon " * 11 + "about"
SHOOT = "shoot island position soft burden budget tooth cruel issue economy destroy above"
ILLNESS = "illness spike retreat truth genius clock brain pass fit cave bargain toe"
FILM = (
    "film crazy soon outside stand loop subway crumble thrive popular green nuclear "
    "struggle pistol arm wife phrase warfare march wheat nephew ask sunny firm"
)
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
STARK_ORDER = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F
IMPORTABLE = ("ethereum", "solana", "aptos", "stellar", "sui", "tron", "xrpl")


def fixed_bytes(count: int) -> bytes:
    """Stands in for a random source: 1, 2, 3 …"""
    return bytes(range(1, count + 1))


@pytest.mark.parametrize(
    ("chain_type", "public_key", "address"),
    [
        # The key 0x46…46 of EIP-155's example.
        (
            "ethereum",
            "024bc2a31265153f07e70e0bab08724e6b85e217f8cd628ceb62974247bb493382",
            "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F",
        ),
        # BIP-84 and BIP-86, first receiving address.
        (
            "bitcoin-segwit",
            "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c",
            "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
        ),
        (
            "bitcoin-taproot",
            "02cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115",
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        ),
        # The same x coordinate with an odd y is the same Taproot output.
        (
            "bitcoin-taproot",
            "03cc8a4bc64d897bddc5fbc2f670f7a8ba0b386779106cf1223c6fc5d7cd6fc115",
            "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        ),
        # XRPL documentation, "Address encoding" (an Ed25519 key, which hashes in the same way).
        (
            "xrpl",
            "ED9434799226374926EDA3B54B1B461B4ABF7237962EAE18528FEA67595397FA32",
            "rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN",
        ),
        # SEP-23.
        (
            "stellar",
            "3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
        ),
        # Tests of Aptos's own SDK; Movement runs the same accounts.
        (
            "aptos",
            "de19e5d1880cac87d57484ce9ed2e84cf0f9599f12e7cc3a52e4e7657a763f2c",
            "0x978c213990c4833df71548df7ce49d54c759d6b6d932de22b24d56060b7af2aa",
        ),
        (
            "movement",
            "de19e5d1880cac87d57484ce9ed2e84cf0f9599f12e7cc3a52e4e7657a763f2c",
            "0x978c213990c4833df71548df7ce49d54c759d6b6d932de22b24d56060b7af2aa",
        ),
        # Tests of Sui's own SDK.
        (
            "sui",
            b64decode("ImR/7u82MGC9QgWhZxoV8QoSNnZZGLG19jjYLzPPxGk=").hex(),
            "0xa2d14fad60c56049ecf75246a481934691214ce413e6a8ae2fe6834c173a6133",
        ),
        (
            "near",
            "de19e5d1880cac87d57484ce9ed2e84cf0f9599f12e7cc3a52e4e7657a763f2c",
            "de19e5d1880cac87d57484ce9ed2e84cf0f9599f12e7cc3a52e4e7657a763f2c",
        ),
    ],
)
def test_addresses_match_published_ones(chain_type: str, public_key: str, address: str) -> None:
    """Each chain's address is the one its own documents or tests give for that public key."""
    assert CHAINS[chain_type].address(bytes.fromhex(public_key)) == address


def test_ton_address_is_that_of_wallet_v4r2() -> None:
    """A TON address names the account that TON's own SDK computes, with the bit "no bounce"."""
    key = bytes.fromhex("5754865e86d0ade1199301bbb0319a25ed6b129c4b0a57f28f62449b3df9c522")
    ours = urlsafe_b64decode(addresses.ton_address(key))
    published = urlsafe_b64decode("EQDnBF4JTFKHTYjulEJyNd4dstLGH1m51UrLdu01_tw4z2Au")
    assert ours[1:34] == published[1:34]
    assert (ours[0], published[0]) == (0x51, 0x11)
    assert addresses.ton_address(key).startswith("UQ")


@pytest.mark.parametrize(
    ("chain_type", "shape"),
    [
        ("pearl", r"prl1p[02-9ac-hj-np-z]{58}"),
        ("spark", r"spark1[02-9ac-hj-np-z]+"),
        ("starknet", r"0x0[0-3][0-9a-f]{62}"),
    ],
)
def test_approximated_addresses_have_the_real_shape(chain_type: str, shape: str) -> None:
    """Where the address is an approximation it still looks like one of that chain."""
    assert re.fullmatch(shape, WalletKey.generate(chain_type, fixed_bytes).address)


@pytest.mark.parametrize(
    ("chain_type", "words", "index", "address"),
    [
        ("ethereum", ABANDON, 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
        ("ethereum", ABANDON, 1, "0x6Fac4D18c912343BF86fa7049364Dd4E424Ab9C0"),
        ("ethereum", "test " * 11 + "junk", 2, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
        ("solana", ABANDON, 0, "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk"),
        ("solana", ABANDON, 1, "Hh8QwFUA6MtVu1qAoq12ucvFHNwCcVTV7hpWjeY1Hztb"),
        ("tron", ABANDON, 0, "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"),
        ("xrpl", ABANDON, 0, "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3"),
        ("stellar", ILLNESS, 0, "GDRXE2BQUC3AZNPVFSCEZ76NJ3WWL25FYFK6RGZGIEKWE4SOOHSUJUJ6"),
        ("stellar", ILLNESS, 1, "GBAW5XGWORWVFE2XTJYDTLDHXTY2Q2MO73HYCGB3XMFMQ562Q2W2GJQX"),
        ("sui", FILM, 0, "0xa2d14fad60c56049ecf75246a481934691214ce413e6a8ae2fe6834c173a6133"),
        ("aptos", SHOOT, 0, "0x07968dab936c1bad187c60ce4082f307d030d780e91e694ae03aef16aba73f30"),
    ],
)
def test_mnemonics_derive_the_accounts_of_known_wallets(
    chain_type: str, words: str, index: int, address: str
) -> None:
    """An imported mnemonic leads to the account that the chain's usual wallets show."""
    key = WalletKey.from_entropy(chain_type, "hd", words.encode(), index)
    assert key.address == address
    assert key.export_seed_phrase() == words


@pytest.mark.parametrize("chain_type", ["ethereum", "solana"])
def test_generated_hd_wallets_come_from_their_words(chain_type: str) -> None:
    """A generated wallet's 12 words are valid and lead to its key in other libraries."""
    requested: list[int] = []

    def random_bytes(count: int) -> bytes:
        requested.append(count)
        return fixed_bytes(count)

    key = WalletKey.generate(chain_type, random_bytes)
    words = key.export_seed_phrase()
    assert requested == [16]
    assert Mnemonic("english").to_entropy(words) == fixed_bytes(16)
    seed = Mnemonic.to_seed(words)
    if chain_type == "ethereum":
        Account.enable_unaudited_hdwallet_features()
        assert Account.from_mnemonic(words).key == key.secret
    else:
        pair = Keypair.from_seed_and_derivation_path(seed, "m/44'/501'/0'/0'")
        assert str(pair.pubkey()) == key.address
        assert pair.secret() == key.secret


@pytest.mark.parametrize("chain_type", CHAIN_TYPES)
def test_generation_follows_from_the_random_bytes(chain_type: str) -> None:
    """The same random bytes make the same wallet, other ones another."""
    key = WalletKey.generate(chain_type, fixed_bytes)
    assert key == WalletKey.generate(chain_type, fixed_bytes)
    assert key.address != WalletKey.generate(chain_type, lambda count: b"\x77" * count).address
    assert key.chain_type == chain_type
    assert len(key.secret) == 32


@pytest.mark.parametrize(
    ("chain_type", "order"), [("tron", SECP256K1_ORDER), ("starknet", STARK_ORDER)]
)
@pytest.mark.parametrize("byte", [b"\x00", b"\xff"])
def test_generated_secrets_are_in_range(chain_type: str, order: int, byte: bytes) -> None:
    """The most extreme random bytes still make a private key of the curve."""
    secret = WalletKey.generate(chain_type, lambda count: byte * count).secret
    assert 1 <= int.from_bytes(secret) < order


def test_all_chain_types_of_privy_are_known() -> None:
    """The chain types are those of Privy's Python SDK 0.7.0."""
    assert set(CHAIN_TYPES) == {
        *("aptos", "bitcoin-segwit", "bitcoin-taproot", "cosmos", "ethereum", "movement"),
        *("near", "pearl", "solana", "spark", "starknet", "stellar", "sui", "ton", "tron", "xrpl"),
    }


@pytest.mark.parametrize("chain_type", IMPORTABLE)
def test_a_private_key_survives_export_and_import(chain_type: str) -> None:
    """What an imported wallet exports imports to the same address again."""
    key = WalletKey.generate(chain_type, fixed_bytes)
    text = key.export_private_key()
    entropy = base58.b58decode(text) if chain_type == "solana" else bytes.fromhex(text)
    imported = WalletKey.from_entropy(chain_type, "private-key", entropy)
    assert (imported.address, imported.secret) == (key.address, key.secret)
    assert imported.mnemonic is None


def test_exported_keys_open_the_wallet_elsewhere() -> None:
    """Ethereum exports 64 hex digits without 0x, Solana base58 of seed and public key."""
    ethereum = WalletKey.generate("ethereum", fixed_bytes)
    assert re.fullmatch("[0-9a-f]{64}", ethereum.export_private_key())
    assert Account.from_key(ethereum.export_private_key()).address == ethereum.address
    solana = WalletKey.generate("solana", fixed_bytes)
    assert str(Keypair.from_base58_string(solana.export_private_key()).pubkey()) == solana.address


@pytest.mark.parametrize(
    ("chain_type", "public_key"),
    [
        ("sui", r"[1-9A-HJ-NP-Za-km-z]{43,44}"),
        ("ton", r"00[0-9a-f]{64}"),
        ("starknet", r"0x0[0-9a-f]{63}"),
        ("near", r"[0-9a-f]{64}"),
        ("aptos", r"[0-9a-f]{64}"),
        ("tron", r"0[23][0-9a-f]{64}"),
        ("cosmos", r"0[23][0-9a-f]{64}"),
    ],
)
def test_public_keys_are_written_as_privy_writes_them(chain_type: str, public_key: str) -> None:
    """`public_key` has the encoding of Privy's samples for that chain."""
    assert re.fullmatch(public_key, WalletKey.generate(chain_type, fixed_bytes).public_key)


def test_the_repr_holds_no_secret() -> None:
    """Printing a key shows the chain type and the address, nothing else."""
    key = WalletKey.generate("ethereum", fixed_bytes)
    assert repr(key) == f"WalletKey(chain_type='ethereum', address='{key.address}')"


@pytest.mark.parametrize(
    ("chain_type", "entropy_type", "entropy", "index", "message"),
    [
        ("ethereum", "private-key", bytes(31), None, "32 bytes, received 31"),
        ("ethereum", "private-key", bytes(33), None, "32 bytes, received 33"),
        ("ethereum", "private-key", bytes(32), None, "range"),
        ("ethereum", "private-key", SECP256K1_ORDER.to_bytes(32), None, "range"),
        ("tron", "private-key", (SECP256K1_ORDER + 1).to_bytes(32), None, "range"),
        ("solana", "private-key", fixed_bytes(32), None, "64 bytes, received 32"),
        ("solana", "private-key", bytes(64), None, "do not belong together"),
        ("near", "private-key", fixed_bytes(32), None, "near cannot be imported"),
        ("dogecoin", "private-key", fixed_bytes(32), None, "`chain_type`"),
        ("ethereum", "keystore", fixed_bytes(32), None, "`entropy_type`"),
        ("ethereum", "hd", ABANDON.encode(), None, "`index`: Required"),
        ("ethereum", "hd", ABANDON.encode(), -1, "`index`"),
        ("ethereum", "hd", ABANDON.encode(), 2**31, "`index`"),
        ("ethereum", "hd", b"abandon " * 11 + b"abandon", 0, "BIP-39"),
        ("solana", "hd", b"abandon about", 0, "BIP-39"),
        ("solana", "hd", b"abandon " * 11 + b"nonsense", 0, "BIP-39"),
        ("ethereum", "hd", b"\xff\xfe", 0, "BIP-39"),
    ],
)
def test_wrong_entropy_is_refused(
    chain_type: str, entropy_type: str, entropy: bytes, index: int | None, message: str
) -> None:
    """What cannot be imported is answered with 400 and the reason."""
    with pytest.raises(Refusal) as refused:
        WalletKey.from_entropy(chain_type, entropy_type, entropy, index)
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert message in refused.value.message


@pytest.mark.parametrize("key", [1, SECP256K1_ORDER - 1])
def test_the_ends_of_the_range_can_be_imported(key: int) -> None:
    """The smallest and the largest private key of secp256k1 are keys."""
    imported = WalletKey.from_entropy("ethereum", "private-key", key.to_bytes(32))
    assert imported.address == Account.from_key(key.to_bytes(32)).address


def test_a_wallet_without_words_exports_none() -> None:
    """Asking for the seed phrase of a wallet that has none is answered with 400."""
    key = WalletKey.from_entropy("ethereum", "private-key", fixed_bytes(32))
    with pytest.raises(Refusal, match="no seed phrase") as refused:
        key.export_seed_phrase()
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")


@given(st.binary(max_size=80))
def test_base58_equals_another_library(data: bytes) -> None:
    """base58 and base58check, in both alphabets, encode like the base58 package."""
    assert address_encodings.base58(data) == base58.b58encode(data).decode()
    assert address_encodings.base58check(data) == base58.b58encode_check(data).decode()
    ripple = address_encodings.RIPPLE_ALPHABET
    expected = base58.b58encode_check(data, alphabet=base58.RIPPLE_ALPHABET).decode()
    assert address_encodings.base58check(data, alphabet=ripple) == expected


@pytest.mark.parametrize(
    ("prefix", "version", "program", "address"),
    [
        (
            "bc",
            0,
            "751e76e8199196d454941c45d1b3a323f1433bd6",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ),
        (
            "tb",
            0,
            "1863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        ),
        (
            "bc",
            1,
            "751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
            "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        ),
        ("bc", 16, "751e", "bc1sw50qgdz25j"),
        (
            "bc",
            1,
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ),
    ],
)
def test_segwit_addresses_match_bip_350(
    prefix: str, version: int, program: str, address: str
) -> None:
    """Witness programs encode as in BIP-350's test vectors."""
    encoded = address_encodings.segwit_address(prefix, version, bytes.fromhex(program))
    assert encoded == address


def test_cosmos_addresses_are_bech32_of_the_key_hash() -> None:
    """The first account of a well-known mnemonic has the address Cosmos wallets show."""
    # m/44'/118'/0'/0/0 of "abandon … about".
    key = bytes.fromhex("c4a48e2fce1481cd3294b4490f6678090ea98d3d0e5cd984558ab0968741b104")
    address = addresses.cosmos_address(curves.secp256k1_public_key(key))
    assert address == "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"
