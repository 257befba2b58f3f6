# pragma version 0.4.3
# pragma evm-version cancun
"""
@title What x402 uses of Permit2
@notice A transfer that the owner of the tokens has signed together with a witness.
        Source: https://docs.uniswap.org/contracts/permit2/reference/signature-transfer
"""

struct TokenPermissions:
    token: address
    amount: uint256

struct Permit:
    permitted: TokenPermissions
    nonce: uint256
    deadline: uint256

struct Details:
    to: address
    requestedAmount: uint256

interface Token:
    def transferFrom(sender: address, to: address, amount: uint256) -> bool: nonpayable

TOKEN_PERMISSIONS: constant(bytes32) = keccak256("TokenPermissions(address token,uint256 amount)")
STUB: constant(String[104]) = (
    "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,"
)

nonceBitmap: public(HashMap[address, HashMap[uint256, uint256]])


@external
def permitWitnessTransferFrom(
    permit: Permit,
    details: Details,
    owner: address,
    witness: bytes32,
    witness_type: String[256],
    signature: Bytes[65],
):
    assert block.timestamp <= permit.deadline, "SignatureExpired"
    assert details.requestedAmount <= permit.permitted.amount, "InvalidAmount"
    bit: uint256 = 1 << (permit.nonce & 255)
    word: uint256 = permit.nonce >> 8
    assert self.nonceBitmap[owner][word] & bit == 0, "InvalidNonce"
    self.nonceBitmap[owner][word] |= bit
    permitted: bytes32 = keccak256(
        abi_encode(TOKEN_PERMISSIONS, permit.permitted.token, permit.permitted.amount)
    )
    struct_hash: bytes32 = keccak256(
        abi_encode(
            keccak256(concat(STUB, witness_type)),
            permitted,
            msg.sender,
            permit.nonce,
            permit.deadline,
            witness,
        )
    )
    digest: bytes32 = keccak256(concat(x"1901", self._domain(), struct_hash))
    v: uint8 = convert(slice(signature, 64, 1), uint8)
    r: bytes32 = extract32(signature, 0)
    s: bytes32 = extract32(signature, 32)
    signer: address = ecrecover(digest, v, r, s)
    assert signer == owner and signer != empty(address), "InvalidSigner"
    extcall Token(permit.permitted.token).transferFrom(owner, details.to, details.requestedAmount)


@view
@internal
def _domain() -> bytes32:
    return keccak256(
        abi_encode(
            keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
            keccak256("Permit2"),
            chain.id,
            self,
        )
    )
