"""A page to look at: what the sandbox holds, and what became of each request."""

from privy_async.sandbox.http.page.page import Page

__all__ = ["Page"]
