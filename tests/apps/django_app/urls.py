"""The addresses of the small product on Django."""

from django.urls import path

from . import async_views, pages, views

urlpatterns = [
    path("", pages.page),
    path("api/me", views.me),
    path("api/wallets", views.wallets),
    path("api/sign", views.sign),
    path("api/send", views.send),
    path("api/mfa/text-me", views.text_me),
    path("api/mfa/verify", views.verify),
    path("webhook", views.on_event),
    path("async/api/me", async_views.me),
    path("async/api/wallets", async_views.wallets),
    path("async/api/sign", async_views.sign),
    path("async/api/send", async_views.send),
    path("async/api/mfa/text-me", async_views.text_me),
    path("async/api/mfa/verify", async_views.verify),
    path("async/webhook", async_views.on_event),
]
