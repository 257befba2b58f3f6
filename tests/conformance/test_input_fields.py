"""What signs and moves money has every field that Privy documents, and no other."""

import json
from typing import Any, get_type_hints

import pytest
from places import SHARED

from privy_async.resources.controls import policy_values as policies
from privy_async.resources.money import swaps, transfer_inputs
from privy_async.resources.wallets import ethereum_formats as ethereum
from privy_async.resources.wallets import rpc, spark, tron, values

SCHEMAS = SHARED / "schemas-python-0.7.json"

# What Privy has taken since these schemas were made.
NEWER: dict[Any, set[str]] = {values.WalletInput: {"derivation"}}

pytestmark = pytest.mark.skipif(
    not SCHEMAS.exists(), reason="the collected schemas are not beside this checkout"
)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (ethereum.EthereumTransaction, "UnsignedStandardEthereumTransaction"),
        (ethereum.TempoTransaction, "UnsignedTempoTransaction"),
        (ethereum.TransactionCall, "EthereumSendCallsCall"),
        (ethereum.TransactionCall, "TempoCall"),
        (ethereum.UserOperation, "UserOperationInput"),
        (ethereum.SignedAuthorization, "EthereumSign7702Authorization"),
        (ethereum.TempoAuthorization, "TempoAaAuthorization"),
        (ethereum.AccessListEntry, "AccessListEntry"),
        (ethereum.FeePayerSignature, "TempoFeePayerSignature"),
        (rpc.SponsorOptions, "RpcSponsorOptions"),
        (tron.RawData, "TronRawDataForSend"),
        (tron.RawData, "TronRawDataForSign"),
        (tron.TransferContract, "TronTransferContract"),
        (tron.TriggerSmartContract, "TronTriggerSmartContract"),
        (spark.SelectedOutputInput, "OutputWithPreviousTransactionData"),
        (spark.TokenOutputInput, "TokenOutput"),
        (transfer_inputs.TransferSource, "NamedTokenTransferSource CustomTokenTransferSource"),
        (transfer_inputs.TransferDestination, "TokenTransferDestination"),
        (transfer_inputs.FeeConfiguration, "FeeConfiguration"),
        (swaps.SwapSource, "SwapSource"),
        (swaps.SwapDestination, "SwapDestination"),
        (values.AdditionalSignerInput, "AdditionalSignerItemInput"),
        (values.WalletInput, "WalletBatchItemInput"),
        (policies.CalldataConditionInput, "EthereumCalldataCondition"),
        (policies.EthereumTypedDataMessageConditionInput, "EthereumTypedDataMessageCondition"),
    ],
)
def test_the_fields_are_those_of_the_api(kind: Any, names: str) -> None:
    """None is refused that Privy takes, and none goes out that it drops."""
    schemas = json.loads(SCHEMAS.read_text())["schemas"]
    documented = {name for each in names.split() for name in schemas[f"{each}Param"]["properties"]}
    assert set(get_type_hints(kind)) == documented | NEWER.get(kind, set())
