"""Who may ask, and what refusals look like. https://docs.privy.io/api-reference/introduction"""

from contract.scene import Scene
from contract.statement import states, status_and_code, told


@states("401 without a code: Invalid app ID or app secret.")
async def wrong_secret(scene: Scene) -> str:
    """A wrong app secret is refused with 401."""
    return told(await scene.call("GET", "/v1/wallets?limit=1", auth="wrong-secret"))


@states("401 without a code")
async def no_credentials(scene: Scene) -> str:
    """A request without Basic credentials is refused with 401."""
    reply = await scene.call("GET", "/v1/wallets?limit=1", without=["Authorization"])
    return status_and_code(reply)


@states("401 missing_or_invalid_privy_app_id")
async def no_app_id(scene: Scene) -> str:
    """A request without the header privy-app-id is refused with 401 and a code."""
    reply = await scene.call("GET", "/v1/wallets?limit=1", without=["privy-app-id"])
    return status_and_code(reply)


@states("200")
async def right_credentials(scene: Scene) -> str:
    """App id and secret suffice to list wallets."""
    return told(await scene.call("GET", "/v1/wallets?limit=1"))


@states("404 not_found")
async def unknown_path(scene: Scene) -> str:
    """A path that there is not is answered with 404 and the code not_found."""
    return status_and_code(await scene.call("GET", f"/v1/{scene.name()}"))


@states("404 not_found: Wallet not found")
async def unknown_wallet(scene: Scene) -> str:
    """A wallet that there is not is answered with 404 not_found."""
    return told(await scene.call("GET", "/v1/wallets/aaaaaaaaaaaaaaaaaaaaaaaa"))


@states("fields code, error; both texts")
async def form_of_errors(scene: Scene) -> str:
    """A refusal is a flat JSON object: a text `error` and maybe a text `code`, nothing else."""
    body = (await scene.call("GET", "/v1/wallets/aaaaaaaaaaaaaaaaaaaaaaaa")).body or {}
    texts = all(isinstance(value, str) for value in body.values())
    return f"fields {', '.join(sorted(body))}; {'both texts' if texts else 'not all texts'}"


@states("application/json")
async def type_of_errors(scene: Scene) -> str:
    """A refusal is declared as JSON."""
    reply = await scene.call("GET", "/v1/wallets/aaaaaaaaaaaaaaaaaaaaaaaa")
    return reply.headers.get("Content-Type", "").partition(";")[0]


@states("200, keys: EC P-256")
async def public_jwks(scene: Scene) -> str:
    """The keys of access tokens can be read without credentials; they are on P-256."""
    path = f"/v1/apps/{scene.target.app_id}/jwks.json"
    reply = await scene.call("GET", path, without=["Authorization", "privy-app-id"])
    keys = (reply.body or {}).get("keys", [])
    kinds = sorted({f"{key.get('kty')} {key.get('crv')}" for key in keys})
    return f"{reply.status}, keys: {', '.join(kinds)}"


@states("the app's own id")
async def app_settings(scene: Scene) -> str:
    """The app's settings are at /v1/apps/{app_id}, with its id."""
    reply = await scene.call("GET", f"/v1/apps/{scene.target.app_id}")
    same = (reply.body or {}).get("id") == scene.target.app_id
    return "the app's own id" if same else told(reply)


@states("yes")
async def request_ids(scene: Scene) -> str:
    """Each answer has a request id, in x-request-id or cf-ray."""
    headers = (await scene.call("GET", "/v1/wallets?limit=1")).headers
    return "yes" if {"x-request-id", "cf-ray"} & {name.lower() for name in headers} else "no"


@states("yes")
async def dates(scene: Scene) -> str:
    """Each answer has a Date, by which a clock that is wrong can be told."""
    return "yes" if "Date" in (await scene.call("GET", "/v1/wallets?limit=1")).headers else "no"
