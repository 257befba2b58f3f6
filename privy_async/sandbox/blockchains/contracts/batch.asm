; Executes the calls of wallet_sendCalls, all or none, as the account that delegates to this code
; (EIP-7702). Runtime code.
;
; tests/sandbox/evm_assembler.py describes the notation and makes batch.hex of it.
; The calldata is one call after the other: receiver (20 bytes), value (32), length of the data
; (32), data. Only the account itself may call it so; anyone may pay it.

CALLDATASIZE ISZERO @done JUMPI
ADDRESS CALLER EQ ISZERO @revert JUMPI
0                                             ; position

:next                                         ; position
DUP1 CALLDATASIZE EQ @done JUMPI
DUP1 52 ADD CALLDATALOAD                      ; position length
DUP1 DUP3 84 ADD 0 CALLDATACOPY               ; position length
0 0 DUP3 0                                    ; position length 0 0 length 0
DUP6 20 ADD CALLDATALOAD                      ; ... value
DUP7 CALLDATALOAD 96 SHR                      ; ... value receiver
GAS CALL                                      ; position length success
ISZERO @bubble JUMPI
ADD 84 ADD @next JUMP

:bubble                                       ; revert with what the call reverted with
RETURNDATASIZE 0 0 RETURNDATACOPY
RETURNDATASIZE 0 REVERT

:revert
0 0 REVERT

:done
STOP
