"""The addresses of an app on Django that pays."""

from django.urls import path

from . import views

urlpatterns = [
    path("api/payments", views.pay),
    path("api/payments/<str:order>", views.show),
]
