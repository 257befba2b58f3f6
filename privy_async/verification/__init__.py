"""What arrives from outside, checked: the tokens of users and the deliveries of webhooks.

Rely on `privy.tokens`, on `privy.webhooks`, and on what `privy_async.verification` exports: a
`Webhooks(secret)` checks deliveries without a client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from privy_async.verification.tokens import AccessToken as AccessToken
    from privy_async.verification.tokens import TokenRefusal as TokenRefusal
    from privy_async.verification.webhooks import WebhookHeaders as WebhookHeaders
    from privy_async.verification.webhooks import Webhooks as Webhooks
    from privy_async.verification.webhooks import WebhookSecrets as WebhookSecrets
else:
    _MODULES: Final = {
        "AccessToken": "tokens",
        "TokenRefusal": "tokens",
        "WebhookHeaders": "webhooks",
        "WebhookSecrets": "webhooks",
        "Webhooks": "webhooks",
    }
    __all__ = sorted(_MODULES)

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return __all__
