# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
"""
@title The sandbox's USDC
@notice An ERC-20 (EIP-20) with 6 decimals that takes signed permits (EIP-2612) and signed
        transfers (EIP-3009), as Circle's token does, with its names, events and texts of refusal.
        It has no owner, no minter, no proxy and no denylist, for the sandbox writes balances
        itself; it takes signatures of keys, in three parts, and none of contracts (EIP-1271).
@dev The code is put in place without a constructor, so it keeps nothing in immutables, and its
     EIP-712 domain follows from the chain and the address. usdc.hex beside it is its runtime
     code: tests/helpers/sandbox/vyper_contracts.py makes it.
     Sources: https://eips.ethereum.org/EIPS/eip-2612, https://eips.ethereum.org/EIPS/eip-3009,
"""

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)


# The sandbox writes the first three, by their slots.
balanceOf: public(HashMap[address, uint256])  # slot 0
totalSupply: public(uint256)  # slot 1
name: public(String[32])  # slots 2 (its length) and 3
allowance: public(HashMap[address, HashMap[address, uint256]])
nonces: public(HashMap[address, uint256])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])

DOMAIN_TYPEHASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
PERMIT_TYPEHASH: public(constant(bytes32)) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
TRANSFER_WITH_AUTHORIZATION_TYPEHASH: public(constant(bytes32)) = keccak256(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
RECEIVE_WITH_AUTHORIZATION_TYPEHASH: public(constant(bytes32)) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
CANCEL_AUTHORIZATION_TYPEHASH: public(constant(bytes32)) = keccak256(
    "CancelAuthorization(address authorizer,bytes32 nonce)"
)
HALF_ORDER: constant(uint256) = (
    57896044618658097711785492504343953926418782139537452191302581570759080747168  # secp256k1's
)


@view
@external
def symbol() -> String[4]:
    return "USDC"


@view
@external
def decimals() -> uint8:
    return 6


@view
@external
def version() -> String[1]:
    return "2"


@view
@external
def DOMAIN_SEPARATOR() -> bytes32:
    return self._domain_separator()


@external
def transfer(to: address, amount: uint256) -> bool:
    self._transfer(msg.sender, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self._approve(msg.sender, spender, amount)
    return True


@external
def transferFrom(sender: address, to: address, amount: uint256) -> bool:
    allowed: uint256 = self.allowance[sender][msg.sender]
    assert amount <= allowed, "ERC20: transfer amount exceeds allowance"
    self.allowance[sender][msg.sender] = allowed - amount
    self._transfer(sender, to, amount)
    return True


# EIP-2612: an allowance that its owner signs and anyone brings.


@external
def permit(
    owner: address, spender: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32
):
    assert deadline >= block.timestamp, "FiatTokenV2: permit is expired"
    nonce: uint256 = self.nonces[owner]
    struct_hash: bytes32 = keccak256(
        abi_encode(PERMIT_TYPEHASH, owner, spender, amount, nonce, deadline)
    )
    assert self._is_signed(owner, struct_hash, v, r, s), "EIP2612: invalid signature"
    self.nonces[owner] = nonce + 1
    self._approve(owner, spender, amount)


# EIP-3009: a transfer that its sender signs and anyone, or only the receiver, brings.
# The standard calls `authorizer` and `amount` `from` and `value`, which are words of Vyper's.


@external
def transferWithAuthorization(
    authorizer: address,
    to: address,
    amount: uint256,
    validAfter: uint256,
    validBefore: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    self._use(
        TRANSFER_WITH_AUTHORIZATION_TYPEHASH,
        authorizer,
        to,
        amount,
        validAfter,
        validBefore,
        nonce,
        v,
        r,
        s,
    )
    self._transfer(authorizer, to, amount)


@external
def receiveWithAuthorization(
    authorizer: address,
    to: address,
    amount: uint256,
    validAfter: uint256,
    validBefore: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert to == msg.sender, "FiatTokenV2: caller must be the payee"
    self._use(
        RECEIVE_WITH_AUTHORIZATION_TYPEHASH,
        authorizer,
        to,
        amount,
        validAfter,
        validBefore,
        nonce,
        v,
        r,
        s,
    )
    self._transfer(authorizer, to, amount)


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    self._require_unused(authorizer, nonce)
    struct_hash: bytes32 = keccak256(abi_encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce))
    assert self._is_signed(authorizer, struct_hash, v, r, s), "FiatTokenV2: invalid signature"
    self.authorizationState[authorizer][nonce] = True
    log AuthorizationCanceled(authorizer=authorizer, nonce=nonce)


@internal
def _use(
    typehash: bytes32,
    authorizer: address,
    to: address,
    amount: uint256,
    valid_after: uint256,
    valid_before: uint256,
    nonce: bytes32,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    assert block.timestamp > valid_after, "FiatTokenV2: authorization is not yet valid"
    assert block.timestamp < valid_before, "FiatTokenV2: authorization is expired"
    self._require_unused(authorizer, nonce)
    struct_hash: bytes32 = keccak256(
        abi_encode(typehash, authorizer, to, amount, valid_after, valid_before, nonce)
    )
    assert self._is_signed(authorizer, struct_hash, v, r, s), "FiatTokenV2: invalid signature"
    self.authorizationState[authorizer][nonce] = True
    log AuthorizationUsed(authorizer=authorizer, nonce=nonce)


@view
@internal
def _require_unused(authorizer: address, nonce: bytes32):
    used: bool = self.authorizationState[authorizer][nonce]
    assert not used, "FiatTokenV2: authorization is used or canceled"


@internal
def _transfer(sender: address, to: address, amount: uint256):
    assert sender != empty(address), "ERC20: transfer from the zero address"
    assert to != empty(address), "ERC20: transfer to the zero address"
    balance: uint256 = self.balanceOf[sender]
    assert amount <= balance, "ERC20: transfer amount exceeds balance"
    self.balanceOf[sender] = balance - amount
    self.balanceOf[to] += amount
    log Transfer(sender=sender, receiver=to, value=amount)


@internal
def _approve(owner: address, spender: address, amount: uint256):
    assert owner != empty(address), "ERC20: approve from the zero address"
    assert spender != empty(address), "ERC20: approve to the zero address"
    self.allowance[owner][spender] = amount
    log Approval(owner=owner, spender=spender, value=amount)


@view
@internal
def _is_signed(
    signer: address, struct_hash: bytes32, v: uint8, r: bytes32, s: bytes32
) -> bool:
    """By its key alone (EIP-712); the higher of both values of s is refused."""
    if convert(s, uint256) > HALF_ORDER or (v != 27 and v != 28):
        return False
    digest: bytes32 = keccak256(concat(x"1901", self._domain_separator(), struct_hash))
    found: address = ecrecover(digest, v, r, s)
    return found != empty(address) and found == signer


@view
@internal
def _domain_separator() -> bytes32:
    return keccak256(
        abi_encode(
            DOMAIN_TYPEHASH, keccak256(self.name), keccak256("2"), chain.id, self
        )
    )
