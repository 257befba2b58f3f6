"""The caller, who sends a request: `request.privy`."""

from collections.abc import Callable
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest
from django.utils.module_loading import import_string

from privy_async.client import PrivyClient as AsyncPrivyClient
from privy_async.errors import InvalidTokenError
from privy_async.integrations._requests import (
    TOKEN_COOKIE,
    bearer_token,
    check_access_token,
    explained,
    mfa_token,
)
from privy_async.signing.secret import hides_arguments
from privy_async.verification.tokens import AccessToken
from privy_sync.client import PrivyClient
from privy_sync.integrations.django.clients import get_async_client, get_client
from privy_sync.integrations.django.options import COOKIE, USER_JWT, read_settings


class Caller:
    """Nothing is checked before it is asked for: a view that uses none of it serves everyone.

    With the setting `PRIVY["USER_JWT"]`, the path of a function from a request to the token of
    the user who is logged in (or None), that token stands for the bearer token in clients.
    With `PRIVY["COOKIE"] = True` the cookie `privy-token` stands for a missing `Authorization`
    header: keep Django's CSRF protection on, for browsers send it with other sites' requests too.
    Clients take the header `privy-mfa-token` along, if the request has one.

    All of it raises InvalidTokenError if the token is missing or refused, and APIError if Privy's
    keys cannot be fetched; the middleware answers these.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def claims(self) -> AccessToken:
        """The claims of the caller's access token of Privy's, once it is checked.

        A token of a login of your own is none: see `PRIVY["USER_JWT"]`.
        """
        token = self._bearer_token()
        try:
            return get_client().tokens.verify_access_token(token)
        except InvalidTokenError as error:
            raise explained(error, token) from None

    @cached_property
    @hides_arguments
    def client(self) -> PrivyClient:
        """A client that signs as the caller, who is checked first."""
        login = _own_login()
        if login is None:
            _ = self.claims
            return get_client().for_user(self._bearer_token(), mfa_token=self._mfa_token())
        ask = async_to_sync(login) if iscoroutinefunction(login) else login
        token = _checked(ask(self._request))
        return get_client().for_user(token, mfa_token=self._mfa_token())

    async def aclaims(self) -> AccessToken:
        """The claims, for async views."""
        known: object = vars(self).get("claims")
        if isinstance(known, AccessToken):
            return known
        claims = await check_access_token(get_async_client(), self._bearer_token())
        self.__dict__["claims"] = claims
        return claims

    @hides_arguments
    async def aclient(self) -> AsyncPrivyClient:
        """An async client that signs as the caller, for async views."""
        login = _own_login()
        if login is None:
            await self.aclaims()
            token = self._bearer_token()
            return get_async_client().for_user(token, mfa_token=self._mfa_token())
        ask = login if iscoroutinefunction(login) else sync_to_async(login)
        token = _checked(await ask(self._request))
        return get_async_client().for_user(token, mfa_token=self._mfa_token())

    def _bearer_token(self) -> str:
        allowed = read_settings().get(COOKIE)
        cookie = self._request.COOKIES.get(TOKEN_COOKIE) if allowed is True else None
        return bearer_token(self._request.headers.get("Authorization"), cookie)

    def _mfa_token(self) -> str | None:
        return mfa_token(self._request.headers)


class PrivyRequest(HttpRequest):
    """A request as the middleware hands it to views, for their annotations: it has `privy`."""

    privy: Caller


def _own_login() -> Callable[[HttpRequest], Any] | None:
    path = read_settings().get(USER_JWT)
    return None if path is None else import_string(path)


@hides_arguments
def _checked(user_jwt: object) -> str:
    """Return the token of an app's own login, as if it had come in the header."""
    return bearer_token(f"Bearer {user_jwt}" if isinstance(user_jwt, str) else None)
