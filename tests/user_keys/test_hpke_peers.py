"""HPKE against others that implement it: what one side seals, the other opens, both ways."""

import json
import shutil
import subprocess
from base64 import b64decode, b64encode
from typing import Any, Protocol

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT

from privy_async.user_keys.hpke import decrypt, encrypt

NODE_MODULES = ROOT / ".peers" / "node" / "node_modules"
RECIPIENT = ec.derive_private_key(0x5EA1ED, ec.SECP256R1())
PUBLIC = RECIPIENT.public_key()
SECRETS = {"plaintext": st.binary(max_size=300), "info": st.binary(max_size=80)}


def ephemeral() -> ec.EllipticCurvePrivateKey:
    """A new key."""
    return ec.generate_private_key(ec.SECP256R1())


class Peer(Protocol):
    """Another implementation. `sealed` is the encapsulated key and the ciphertext."""

    def seal(self, plaintext: bytes, info: bytes) -> tuple[bytes, bytes]: ...

    def open(self, sealed: tuple[bytes, bytes], info: bytes) -> bytes: ...


class Cryptography:
    """The suite of the cryptography library, from version 47 on."""

    def __init__(self) -> None:
        hpke: Any = pytest.importorskip("cryptography.hazmat.primitives.hpke")
        self._suite = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

    def seal(self, plaintext: bytes, info: bytes) -> tuple[bytes, bytes]:
        """Seal."""
        sealed = self._suite.encrypt(plaintext, PUBLIC, info=info)
        return sealed[:65], sealed[65:]

    def open(self, sealed: tuple[bytes, bytes], info: bytes) -> bytes:
        """Open."""
        opened: bytes = self._suite.decrypt(b"".join(sealed), RECIPIENT, info=info)
        return opened


class PyHpke:
    """The package pyhpke, which Privy's own Python SDK uses."""

    def __init__(self) -> None:
        self._pyhpke: Any = pytest.importorskip("pyhpke")
        ids = self._pyhpke
        self._suite = ids.CipherSuite.new(
            ids.KEMId.DHKEM_P256_HKDF_SHA256, ids.KDFId.HKDF_SHA256, ids.AEADId.CHACHA20_POLY1305
        )

    def seal(self, plaintext: bytes, info: bytes) -> tuple[bytes, bytes]:
        """Seal."""
        key = self._pyhpke.KEMKey.from_pyca_cryptography_key(PUBLIC)
        enc, sender = self._suite.create_sender_context(key, info=info)
        return enc, sender.seal(plaintext)

    def open(self, sealed: tuple[bytes, bytes], info: bytes) -> bytes:
        """Open."""
        key = self._pyhpke.KEMKey.from_pyca_cryptography_key(RECIPIENT)
        enc, ciphertext = sealed
        opened: bytes = self._suite.create_recipient_context(enc, key, info=info).open(ciphertext)
        return opened


@pytest.fixture(scope="module", params=[Cryptography, PyHpke])
def peer(request: pytest.FixtureRequest) -> Peer:
    """Each implementation that is installed."""
    made: Peer = request.param()
    return made


@settings(deadline=None)
@given(**SECRETS)
def test_we_open_what_others_seal(peer: Peer, plaintext: bytes, info: bytes) -> None:
    """Whatever the message and its info."""
    assert decrypt(*peer.seal(plaintext, info), RECIPIENT, info=info) == plaintext


@settings(deadline=None)
@given(**SECRETS)
def test_others_open_what_we_seal(peer: Peer, plaintext: bytes, info: bytes) -> None:
    """Whatever the message and its info."""
    sealed = encrypt(plaintext, PUBLIC, ephemeral(), info=info)
    assert peer.open(sealed, info) == plaintext


# --- @hpke/core, which Privy's own Node SDK uses

NODE = """
import { CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";

const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305(),
});
const raw = (text) => new Uint8Array(Buffer.from(text, "base64")).buffer;
const text = (bytes) => Buffer.from(bytes).toString("base64");
const { pkcs8, point, messages } = JSON.parse(process.argv[process.argv.length - 1]);
const recipientKey = await crypto.subtle.importKey(
  "pkcs8", raw(pkcs8), { name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
const recipientPublicKey = await suite.kem.deserializePublicKey(raw(point));
const answers = [];
for (const { info, aad, plaintext, enc, ct } of messages) {
  const recipient = await suite.createRecipientContext(
    { recipientKey, enc: raw(enc), info: raw(info) });
  const sender = await suite.createSenderContext({ recipientPublicKey, info: raw(info) });
  answers.push({
    opened: text(await recipient.open(raw(ct), raw(aad))),
    enc: text(sender.enc), ct: text(await sender.seal(raw(plaintext), raw(aad))),
  });
}
console.log(JSON.stringify(answers));
"""


@pytest.mark.peer
def test_hpke_core() -> None:
    """Both directions, with info and additional data and without, of several sizes."""
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "@hpke" / "core").exists():
        pytest.skip("@hpke/core is not installed: make peers (it needs npm)")
    cases = [
        (bytes(range(size)), info, aad)
        for size in (0, 1, 184, 256)
        for info, aad in ((b"", b""), (b"what it is for", b"more"))
    ]
    ours = [encrypt(pt, PUBLIC, ephemeral(), info=info, aad=aad) for pt, info, aad in cases]
    answers = ask_node(node, cases, ours)
    for (plaintext, info, aad), answer in zip(cases, answers, strict=True):
        theirs = {name: b64decode(value) for name, value in answer.items()}
        assert theirs["opened"] == plaintext
        opened = decrypt(theirs["enc"], theirs["ct"], RECIPIENT, info=info, aad=aad)
        assert opened == plaintext


def ask_node(
    node: str, cases: list[tuple[bytes, bytes, bytes]], sealed: list[tuple[bytes, bytes]]
) -> list[dict[str, str]]:
    """Have Node open what we sealed, and seal the same."""
    names = ("plaintext", "info", "aad", "enc", "ct")
    question = {
        "pkcs8": RECIPIENT.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "point": PUBLIC.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        "messages": [
            dict(zip(names, (*case, *each), strict=True))
            for case, each in zip(cases, sealed, strict=True)
        ],
    }
    command = [node, "--input-type=module", "-e", NODE, json.dumps(question, default=as_base64)]
    run = subprocess.run(
        command, cwd=NODE_MODULES.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    answers: list[dict[str, str]] = json.loads(run.stdout)
    return answers


def as_base64(data: bytes) -> str:
    """Bytes as JSON has them."""
    return b64encode(data).decode()
