"""What is said of targets that were not reached: where the time goes, and what would be needed.

No figure stands here: those come from the run. The profile stands under "Where the time goes".
"""

from typing import Final

ON_AIOHTTP: Final = (
    "About half of the limit's time is aiohttp's, as the same call without an HTTP library shows: "
    "objects and callbacks for each request, for much that this SDK does not use (redirects, "
    "cookies, tracing, streaming, compression). Where the limit does not reach a target either, it "
    "would take another HTTP client below."
)
_OWN_WORK: Final = (
    "What lies between is this SDK's own work: checking options and the wallet's id, a call as a "
    "value that can be sent again, a look (the kernel's too) whether anything has come on the idle "
    "connection, secrets that no traceback shows, the body's checks for canonical JSON, and the "
    "typed decoder. It also touches more code than a hand-written call, so more of it is missed in "
    "the processor's caches. What is left of it could go only with one of these."
)
_HOP: Final = (
    "each call is handed to the thread of the private event loop and back: two wake-ups through "
    "the kernel, and Python's lock changes hands twice."
)
TEXTS: Final = {
    "limit at 1": _OWN_WORK,
    "limit at 64": _OWN_WORK,
    "official at 1": "One call at a time waits for the server and for the kernel to wake the "
    "client; that part is the same for all.",
    "sync limit at 1": f"Besides what the async call takes, {_HOP}",
    "sync at 1": "One call at a time waits as above. Besides what the async call takes, "
    f"{_HOP} For a single thread a client that blocks on its socket "
    "would save the two wake-ups, but it would be a second implementation of every rule about "
    "sending.",
    "threads": "Each call is handed to the private event loop's thread and back, so Python's lock "
    "changes hands twice; the fewer calls wait at once, the fewer of them share one wake-up of the "
    "loop. With more threads more calls share it.",
    "official at 64": f"{_OWN_WORK} The rest is what the limit takes, too.",
    "node at 64": f"{_OWN_WORK} The rest is what the limit takes, too.",
    "prepare": "Signing is most of it. The rest is the idempotency key (the system's random "
    "numbers), the body's and the payload's JSON, base64, the checks, and the call as a value.",
    "decode": "The decoder is compiled for each class once and does one look-up and one check for "
    "each field; what is left is making the objects.",
    "import": "Names are loaded on first use; what is left is the package's own start.",
    "first call": "What `from privy_async import PrivyClient` takes beyond those imports is this "
    "SDK's own modules; the rest is the modules of the called resource, the event loop, a "
    "connection, and the server's answer. About a quarter of it is the making of attrs classes. To "
    "make a resource's values only when they are decoded would bring it nearer.",
    "cached users": "The work is the same for each user; but the keys of many users do not fit "
    "into the processor's caches, so that each call fetches its user's key and its table's entries "
    "from memory. Hardly anything but smaller keys would help: most of a key is OpenSSL's object.",
    "round trips": "The round trips that were counted are as few as they can be; the rest is work "
    "on this machine: encryption, signatures, and the server's. Behind a longer round trip it is a "
    "smaller share.",
    "key memory": "Most of it is OpenSSL's object for the parsed key. Keeping its 32 bytes alone "
    "would save most of that, but to parse it takes about as long as to sign.",
}
