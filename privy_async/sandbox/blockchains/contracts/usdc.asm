; The test token USDC: an ERC-20 (EIP-20) with 6 decimals, as runtime code.
;
; tests/sandbox/evm_assembler.py describes the notation and makes usdc.hex of it.
; Storage is laid out as Solidity would: slot 0 balances, 1 allowances, 2 the total supply.
; A line's comment shows the stack after it, the top at the right.

CALLVALUE @revert JUMPI
0 CALLDATALOAD 0xe0 SHR                       ; selector
DUP1 0x06fdde03 EQ @name JUMPI
DUP1 0x95d89b41 EQ @symbol JUMPI
DUP1 0x313ce567 EQ @decimals JUMPI
DUP1 0x18160ddd EQ @total_supply JUMPI
DUP1 0x70a08231 EQ @balance_of JUMPI
DUP1 0xdd62ed3e EQ @allowance JUMPI
DUP1 0xa9059cbb EQ @transfer JUMPI
DUP1 0x095ea7b3 EQ @approve JUMPI
DUP1 0x23b872dd EQ @transfer_from JUMPI

:revert
0 0 REVERT

:name
0x20 0 MSTORE
8 0x20 MSTORE
'USD Coin' 0x40 MSTORE
0x60 0 RETURN

:symbol
0x20 0 MSTORE
4 0x20 MSTORE
'USDC' 0x40 MSTORE
0x60 0 RETURN

:decimals
6
:return_word                                  ; value
0 MSTORE
0x20 0 RETURN

:total_supply
2 SLOAD
@return_word JUMP

:balance_of                                   ; of the account in word 0
4 CALLDATALOAD 0 MSTORE
0x40 0 KECCAK256 SLOAD
@return_word JUMP

:allowance                                    ; by the owner in word 0, to the spender in word 1
4 CALLDATALOAD 0 MSTORE
1 0x20 MSTORE
0x40 0 KECCAK256 0x20 MSTORE
0x24 CALLDATALOAD 0 MSTORE
0x40 0 KECCAK256 SLOAD
@return_word JUMP

:approve                                      ; the spender in word 0, for the amount in word 1
CALLER 0 MSTORE
1 0x20 MSTORE
0x40 0 KECCAK256 0x20 MSTORE
4 CALLDATALOAD 0 MSTORE
0x40 0 KECCAK256                              ; slot
0x24 CALLDATALOAD SWAP1 SSTORE
0x24 CALLDATALOAD 0 MSTORE
4 CALLDATALOAD CALLER                         ; spender owner
; Approval(address,address,uint256)
0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925
0x20 0 LOG3
1 @return_word JUMP

:transfer                                     ; to the receiver in word 0, the amount in word 1
CALLER 4 CALLDATALOAD 0x24 CALLDATALOAD       ; from to amount
@move JUMP

:transfer_from                                ; from word 0, to word 1, the amount in word 2
4 CALLDATALOAD 0x24 CALLDATALOAD 0x44 CALLDATALOAD
DUP3 0 MSTORE
1 0x20 MSTORE
0x40 0 KECCAK256 0x20 MSTORE
CALLER 0 MSTORE
0x40 0 KECCAK256                              ; from to amount slot
DUP1 SLOAD                                    ; from to amount slot allowed
DUP3 DUP2 LT @exceeds_allowance JUMPI
DUP3 SWAP1 SUB SWAP1 SSTORE                   ; from to amount

:move                                         ; from to amount
DUP3 0 MSTORE
0 0x20 MSTORE
0x40 0 KECCAK256                              ; from to amount slot
DUP1 SLOAD                                    ; from to amount slot balance
DUP3 DUP2 LT @exceeds_balance JUMPI
DUP3 SWAP1 SUB SWAP1 SSTORE                   ; from to amount
DUP2 0 MSTORE
0x40 0 KECCAK256                              ; from to amount slot
DUP1 SLOAD DUP3 ADD SWAP1 SSTORE              ; from to amount
0 MSTORE SWAP1                                ; to from
; Transfer(address,address,uint256)
0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef
0x20 0 LOG3
1 @return_word JUMP

:exceeds_balance
'ERC20: transfer amount exceeds b' 0x44 MSTORE
'alance' 0x64 MSTORE
38 @fail JUMP

:exceeds_allowance
'ERC20: transfer amount exceeds a' 0x44 MSTORE
'llowance' 0x64 MSTORE
40 @fail JUMP

:fail                                         ; length of the text, which is in memory from 0x44
0x24 MSTORE
; Error(string)
0x08c379a0 0xe0 SHL 0 MSTORE
0x20 4 MSTORE
0x84 0 REVERT
