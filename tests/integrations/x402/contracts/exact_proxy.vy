# pragma version 0.4.3
# pragma evm-version cancun
"""
@title x402's proxy of Permit2 for the scheme "exact"
@notice It moves just the amount that was signed, to the witness's address.
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

struct Witness:
    to: address
    validAfter: uint256

interface Permit2:
    def permitWitnessTransferFrom(
        permit: Permit,
        details: Details,
        owner: address,
        witness: bytes32,
        witness_type: String[256],
        signature: Bytes[65],
    ): nonpayable

PERMIT2: constant(address) = 0x000000000022D473030F116dDEE9F6B43aC78BA3
WITNESS: constant(bytes32) = keccak256("Witness(address to,uint256 validAfter)")
WITNESS_TYPE: constant(String[256]) = (
    "Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,uint256 validAfter)"
)


@external
def settle(permit: Permit, owner: address, witness: Witness, signature: Bytes[65]):
    assert block.timestamp >= witness.validAfter, "PaymentTooEarly"
    extcall Permit2(PERMIT2).permitWitnessTransferFrom(
        permit,
        Details(to=witness.to, requestedAmount=permit.permitted.amount),
        owner,
        keccak256(abi_encode(WITNESS, witness.to, witness.validAfter)),
        WITNESS_TYPE,
        signature,
    )
