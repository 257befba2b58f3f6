"""EIP-712 typed data as eth-account takes it.

It reads a value in more forms than the standard has: text as bytes, an int as text, fewer bytes
than declared. What it takes is written out here as it reads it, so that all hash the same.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

from eth_account.messages import encode_typed_data
from eth_utils.conversions import hexstr_if_str, to_bytes
from hexbytes import HexBytes

from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_messages import message_hash
from privy_async.json_types import is_object
from privy_async.resources.wallets.typed_data import (
    DOMAIN,
    Members,
    Reader,
    format_typed_data,
    read_structs,
)

_TRUTHS: Final = {
    **dict.fromkeys(("True", "true", "1"), True),
    **dict.fromkeys(("False", "false", "0", ""), False),
}


def read_typed_data(
    domain_data: dict[str, Any] | None,
    message_types: dict[str, Any] | None,
    message_data: dict[str, Any] | None,
    full_message: dict[str, Any] | None,
) -> tuple[dict[str, Any], HexBytes]:
    """Return what Privy is to sign, and the hash that eth-account finds of the same.

    Raises:
        InvalidArgumentError: eth-account does not encode it, or Privy's form has no equal of it,
            such as of a struct that is None. The path of what is wrong is named.
    """
    parts = {"domain": domain_data, "types": message_types, "message": message_data}
    if full_message is not None and any(part is not None for part in parts.values()):
        raise InvalidArgumentError("full_message", "is given beside its parts: give either")
    given = _as_read(parts if full_message is None else full_message)
    formatted = format_typed_data(given, reader=_EthAccountReader)
    try:
        signable = encode_typed_data(domain_data, message_types, message_data, full_message)
    except Exception as error:
        # They are of many kinds, KeyError and AttributeError among them.
        problem = f"eth-account encodes no such typed data: {str(error)[:300]}"
        raise InvalidArgumentError("typed_data", problem) from None
    return formatted, message_hash(signable)


def _as_read(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return typed data with the types that eth-account takes it for.

    If the primary type is left out, it is the one that no other has a part of. The domain is the
    standard's, in whatever order and with whatever types it is declared.
    """
    if not isinstance(given, Mapping):
        raise InvalidArgumentError("full_message", "expected a mapping")
    types: object = given.get("types")
    if not is_object(types):
        return given
    types = {name: members for name, members in types.items() if name != DOMAIN}
    if "primaryType" in given:
        return {**given, "types": types}
    roots = _roots(read_structs(types, "typed_data.types"))
    if len(roots) != 1:
        raise InvalidArgumentError(
            "typed_data.primaryType", "is missing, and the types do not tell"
        )
    return {**given, "types": types, "primaryType": roots[0]}


def _roots(structs: Mapping[str, Members]) -> list[str]:
    parts = {
        kind.partition("[")[0]
        for struct, members in structs.items()
        for kind in members.values()
        if kind.partition("[")[0] != struct
    }
    return [struct for struct in structs if struct not in parts]


class _EthAccountReader(Reader):
    """Takes what eth-account takes, as far as Privy has a form for it."""

    def members(self, value: object, struct: str, path: str) -> Mapping[str, Any]:
        """It overlooks what is no member."""
        if is_object(value):
            value = {name: value[name] for name in self.structs[struct] if name in value}
        return super().members(value, struct, path)

    def atom(self, value: object, kind: str, path: str) -> Any:
        """It reads a value in several forms."""
        # What eth-account cannot read stays as it is, and is refused by its path.
        with suppress(TypeError, ValueError):
            value = _FORMS[kind.rstrip("0123456789")](value, kind)
        return super().atom(value, kind, path)


def _boolean(value: object, kind: str) -> object:
    if isinstance(value, str):
        return _TRUTHS.get(value, value)
    return bool(value) if isinstance(value, int) else value


def _text(value: object, kind: str) -> object:
    return to_bytes(value).decode() if isinstance(value, int) else value


def _address(value: object, kind: str) -> object:
    return f"0x{value.removeprefix('0X').removeprefix('0x')}" if isinstance(value, str) else value


def _bytes(value: object, kind: str) -> object:
    """Text is its UTF-8 unless it starts with 0x; zeros fill up what is too short."""
    if isinstance(value, str) and value.startswith("0X"):
        return value
    if isinstance(value, str) and not value.startswith("0x"):
        raw = value.encode()
    else:
        raw = bytes(hexstr_if_str(to_bytes, cast("Any", value)))
    return raw.ljust(int(kind.removeprefix("bytes") or 0), b"\0")


def _integer(value: object, kind: str) -> object:
    return int(value) if isinstance(value, str) and not value.startswith("0x") else value


_FORMS: Final[Mapping[str, Callable[[object, str], object]]] = {
    "bool": _boolean,
    "string": _text,
    "address": _address,
    "bytes": _bytes,
    "int": _integer,
    "uint": _integer,
}
