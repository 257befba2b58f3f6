"""Conditions on messages to be signed (`personal_sign`, `signMessage`, `signRawMessageBytes`)."""

from privy_async.sandbox.policies.operators import Reading
from privy_async.sandbox.policies.subjects import Asked, Subject, fields_source
from privy_async.sandbox.requests.encoded_fields import base64_bytes, loose_hex_bytes
from privy_async.sandbox.requests.fields import Fields


def message_subject(message: bytes) -> Subject:
    """A message: its `content`, if that is text, and its `byte_length`."""
    fields: dict[str, Reading] = {"byte_length": len(message)}
    try:
        fields["content"] = message.decode()
    except UnicodeDecodeError:
        fields["content"] = None
    return Subject({"message": fields_source(fields)})


def personal_sign(request: Fields) -> Asked:
    """`personal_sign`, whose message is text or hex."""
    params = request.object("params")
    encoded = params.values.get("encoding") == "hex"
    message = loose_hex_bytes(params, "message") if encoded else params.string("message").encode()
    return Asked("personal_sign", (message_subject(message),))


def solana_sign_message(request: Fields) -> Asked:
    """`signMessage`, whose message is base64."""
    message = base64_bytes(request.object("params"), "message")
    return Asked("signMessage", (message_subject(message),))
