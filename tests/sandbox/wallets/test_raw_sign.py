"""`raw_sign` on every curve."""

from base64 import b64encode
from hashlib import blake2b, sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_keys import keys
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.secp256k1 import secp256k1

from privy_async.sandbox.keys import curves
from privy_async.sandbox.keys.wallet_keys import CHAIN_TYPES, WalletKey
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import raw_sign

DIGEST = keccak(b"hello")
ECDSA = ("ethereum", "tron", "cosmos", "bitcoin-segwit", "xrpl")
ED25519 = ("solana", "stellar", "sui", "near", "ton", "aptos", "movement")
# A field element: the first nibble keeps it below Stark's limit of 2^251.
SMALL_DIGEST = b"\x01" + DIGEST[1:]
STARK_KEY = 0x3C1E9550E66958296D11B60F8E8E7A7AD990D07FA65D5F7652C4A6C87D4E3CC
SECRETS = st.integers(1, secp256k1.N - 1).map(lambda scalar: scalar.to_bytes(32))
DIGESTS = st.binary(min_size=32, max_size=32)


def wallet(chain_type: str) -> WalletKey:
    """A wallet of that chain type, always the same."""
    return WalletKey.generate(chain_type, lambda count: bytes(range(7, 7 + count)))


def sign(chain_type: str, params: dict[str, object]) -> bytes:
    """The 64 bytes that `raw_sign` answers."""
    data = raw_sign(wallet(chain_type), {"params": params})
    assert data.keys() == {"signature", "encoding"}
    assert data["encoding"] == "hex"
    signature = str(data["signature"])
    assert signature.startswith("0x")
    assert len(signature) == 130
    return bytes.fromhex(signature[2:])


def verify_ecdsa(signature: bytes, digest: bytes, public_key: str) -> None:
    """Verify r‖s with OpenSSL, for the wallet's compressed public key."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), bytes.fromhex(public_key))
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA256())))


def verify_schnorr(signature: bytes, message: bytes, public_x: bytes) -> bool:
    """Verify as BIP-340 says, with py_ecc's arithmetic."""
    x = int.from_bytes(public_x)
    y = pow(x**3 + 7, (secp256k1.P + 1) // 4, secp256k1.P)
    even = (x, y if y % 2 == 0 else secp256k1.P - y)
    tag = sha256(b"BIP0340/challenge").digest()
    data = tag + tag + signature[:32] + public_x + message
    challenge = int.from_bytes(sha256(data).digest()) % secp256k1.N
    negated = secp256k1.multiply(even, secp256k1.N - challenge)
    point = secp256k1.add(secp256k1.multiply(secp256k1.G, int.from_bytes(signature[32:])), negated)
    return point[1] % 2 == 0 and point[0].to_bytes(32) == signature[:32]


@pytest.mark.parametrize("chain_type", ECDSA)
def test_ecdsa_chains_answer_r_and_s(chain_type: str) -> None:
    """secp256k1 wallets sign the hash as it is; s is in the lower half of the order."""
    signature = sign(chain_type, {"hash": "0x" + DIGEST.hex()})
    verify_ecdsa(signature, DIGEST, wallet(chain_type).public_key)
    assert int.from_bytes(signature[32:]) <= secp256k1.N // 2


@pytest.mark.parametrize("chain_type", ED25519)
@pytest.mark.parametrize("message", [DIGEST, b"x", b"a signing message " * 20])
def test_ed25519_chains_sign_messages_of_any_length(chain_type: str, message: bytes) -> None:
    """Ed25519 wallets sign `hash` itself, be it a hash or a whole message."""
    signature = sign(chain_type, {"hash": "0x" + message.hex()})
    key = wallet(chain_type)
    Ed25519PublicKey.from_public_bytes(curves.ed25519_public_key(key.secret)).verify(
        signature, message
    )


@pytest.mark.parametrize("chain_type", ["bitcoin-taproot", "pearl"])
def test_taproot_chains_sign_for_their_output_key(chain_type: str) -> None:
    """Taproot wallets sign BIP-340 with the tweaked key, which the address commits to."""
    signature = sign(chain_type, {"hash": "0x" + DIGEST.hex()})
    output_key = curves.taproot_output_key(bytes.fromhex(wallet(chain_type).public_key))
    assert verify_schnorr(signature, DIGEST, output_key)


def test_spark_signs_plain_schnorr() -> None:
    """Spark wallets sign BIP-340 with the key itself."""
    signature = sign("spark", {"hash": "0x" + DIGEST.hex()})
    assert verify_schnorr(signature, DIGEST, bytes.fromhex(wallet("spark").public_key)[1:])


def test_starknet_signatures_verify_by_the_definition() -> None:
    """r is the x of (hash·G + r·Q)/s, computed from the public key alone."""
    signature = sign("starknet", {"hash": "0x" + SMALL_DIGEST.hex()})
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    curve = curves.STARK
    w = pow(s, -1, curve.order)
    left = curve.multiply(int.from_bytes(SMALL_DIGEST) * w % curve.order)
    public_x = int(wallet("starknet").public_key, 16)
    public = curve.multiply(int.from_bytes(wallet("starknet").secret))
    assert public[0] == public_x
    right = curves.WeierstrassCurve(curve.prime, curve.a, curve.order, public).multiply(
        r * w % curve.order
    )
    assert curve.add(left, right)[0] == r


@pytest.mark.parametrize(
    ("digest", "r", "s"),
    [
        (
            0x1,
            3162358736122783857144396205516927012128897537504463716197279730251407200037,
            1447067116407676619871126378936374427636662490882969509559888874644844560850,
        ),
        (
            0x11,
            2282960348362869237018441985726545922711140064809058182483721438101695251648,
            2905868291002627709651322791912000820756370440695830310841564989426104902684,
        ),
        (
            0x387E76D1667C4454BFB835144120583AF836F8E32A516765497D23EABE16B3F,
            3518448914047769356425227827389998721396724764083236823647519654917215164512,
            3042321032945513635364267149196358883053166552342928199041742035443537684462,
        ),
        (
            0x6362B40C218FB4C8A8BD42CA482145E8513B78E00FAA0DE76A98BA14FC37AE8,
            3485557127492692423490706790022678621438670833185864153640824729109010175518,
            897592218067946175671768586886915961592526001156186496738437723857225288280,
        ),
    ],
)
def test_stark_signatures_match_starkwares(digest: int, r: int, s: int) -> None:
    """The nonce and the signature are those of StarkWare's own test data."""
    signature = curves.stark_sign(STARK_KEY.to_bytes(32), digest.to_bytes(32))
    assert (int.from_bytes(signature[:32]), int.from_bytes(signature[32:])) == (r, s)


def test_stark_public_keys_match_starkwares() -> None:
    """The public keys are those of StarkWare's own test data."""
    key = 0x77A3B314DB07C45076D11F62B6F9E748A39790441823307743CF00D6597EA43
    assert curves.stark_public_key(STARK_KEY.to_bytes(32)) == key.to_bytes(32)
    key = 0x19661066E96A8B9F06A1D136881EE924DFB6A885239CAA5FD3F87A54C6B25C4
    assert curves.stark_public_key((0x12).to_bytes(32)) == key.to_bytes(32)


def test_schnorr_matches_bip_340() -> None:
    """Test vector 0 of BIP-340, whose auxiliary data is zero."""
    assert curves.schnorr_sign((3).to_bytes(32), bytes(32)).hex() == (
        "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"
        "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0"
    )


def test_taproot_matches_bip_341() -> None:
    """The key path spend of BIP-341's wallet vectors that has no scripts (input 0)."""
    secret = bytes.fromhex("6b973d88838f27366ed61c9ad6367663045cb456e28335c109e30717ae0c6baa")
    digest = bytes.fromhex("2514a6272f85cfa0f45eb907fcb0d121b808ed37c6ea160a5a9046ed5526d555")
    assert curves.taproot_sign(secret, digest).hex() == (
        "ed7c1647cb97379e76892be0cacff57ec4a7102aa24296ca39af7541246d8ff1"
        "4d38958d4cc1e2e478e4d4a764bbfd835b16d4e314b72937b29833060b87276c"
    )


@given(SECRETS, DIGESTS)
@settings(max_examples=50, deadline=None)
def test_ecdsa_equals_another_library(secret: bytes, digest: bytes) -> None:
    """Signature and recovery bit are those of eth-keys, which takes RFC 6979's nonce too."""
    compact, parity = curves.secp256k1_sign(secret, digest)
    assert compact + bytes([parity]) == keys.PrivateKey(secret).sign_msg_hash(digest).to_bytes()


@given(SECRETS, DIGESTS)
@settings(max_examples=15, deadline=None)
def test_schnorr_signatures_verify(secret: bytes, digest: bytes) -> None:
    """Whatever the parity of key and nonce, the signature verifies by BIP-340."""
    public_x = curves.secp256k1_public_key(secret)[1:]
    assert verify_schnorr(curves.schnorr_sign(secret, digest), digest, public_x)


@pytest.mark.parametrize(
    ("hash_function", "digest"),
    [
        ("keccak256", keccak(b"some bytes")),
        ("sha256", sha256(b"some bytes").digest()),
        ("blake2b256", blake2b(b"some bytes", digest_size=32).digest()),
    ],
)
@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "some bytes"),
        ("hex", b"some bytes".hex()),
        ("hex", "0x" + b"some bytes".hex()),
        ("base64", b64encode(b"some bytes").decode()),
    ],
)
def test_bytes_are_decoded_and_hashed_first(
    hash_function: str, digest: bytes, encoding: str, text: str
) -> None:
    """Each hash function and encoding signs like giving the hash itself."""
    params = {"bytes": text, "encoding": encoding, "hash_function": hash_function}
    assert sign("tron", params) == sign("tron", {"hash": "0x" + digest.hex()})
    assert sign("sui", params) == sign("sui", {"hash": "0x" + digest.hex()})


@pytest.mark.parametrize("chain_type", CHAIN_TYPES)
def test_signing_again_gives_the_same_signature(chain_type: str) -> None:
    """Every curve's signatures follow from key and hash alone."""
    params: dict[str, object] = {"hash": "0x" + SMALL_DIGEST.hex()}
    assert sign(chain_type, params) == sign(chain_type, params)


BYTES = {"bytes": "text", "encoding": "utf-8", "hash_function": "sha256"}


@pytest.mark.parametrize(
    ("chain_type", "params", "message"),
    [
        ("tron", {}, "`params`: Expected either hash, or bytes"),
        ("tron", {**BYTES, "hash": "0x" + DIGEST.hex()}, "`params`: Expected either hash"),
        ("tron", {"hash": "0x" + DIGEST.hex(), "encoding": "hex"}, "`params`: Expected either"),
        ("tron", {"hash": DIGEST.hex()}, "`params.hash`: Expected a hex string starting with 0x"),
        ("tron", {"hash": "0x" + "g" * 64}, "`params.hash`: Expected hex digits"),
        ("tron", {"hash": "0x" + "a" * 63}, "`params.hash`: Expected hex digits"),
        ("tron", {"hash": "0x" + DIGEST[:-1].hex()}, "`params.hash`: Expected a hash of 32 bytes"),
        ("tron", {"hash": "0x" + DIGEST.hex() + "00"}, "`params.hash`: Expected a hash of 32"),
        ("tron", {"hash": 7}, "`params.hash`"),
        ("tron", {"hash": None}, "`params.hash`: Required"),
        ("bitcoin-taproot", {"hash": "0x00"}, "`params.hash`: Expected a hash of 32 bytes"),
        ("solana", {"hash": "0x"}, "`params.hash`: Expected at least one byte"),
        ("starknet", {"hash": "0x08" + "00" * 31}, "`params.hash`: The hash is too large"),
        ("tron", {**BYTES, "bytes": None}, "`params.bytes`: Required"),
        ("tron", {**BYTES, "encoding": None}, "`params.encoding`: Required"),
        ("tron", {**BYTES, "hash_function": None}, "`params.hash_function`: Required"),
        ("tron", {**BYTES, "hash_function": "md5"}, "`params.hash_function`"),
        ("tron", {**BYTES, "encoding": "latin-1"}, "`params.encoding`"),
        ("tron", {**BYTES, "encoding": "hex"}, "`params.bytes`: Expected hex digits"),
        ("tron", {**BYTES, "encoding": "base64", "bytes": "a"}, "`params.bytes`: Expected base64"),
        ("tron", [], "`params`"),
        ("tron", None, "`params`: Required"),
    ],
)
def test_other_requests_are_refused(chain_type: str, params: object, message: str) -> None:
    """What the wallet cannot sign is answered with 400 naming the field."""
    with pytest.raises(Refusal) as refused:
        raw_sign(wallet(chain_type), {"params": params})
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert message in refused.value.message


def test_the_largest_stark_hash_is_signed() -> None:
    """2^251 - 1 is the largest hash a Starknet wallet signs."""
    assert len(sign("starknet", {"hash": "0x07" + "ff" * 31})) == 64
