"""A route under /api that is no endpoint of REST framework's, and breaks."""

from django.urls import path


def broken(request):
    raise RuntimeError("a secret")


handler500 = "findr.api.errors.broken"
urlpatterns = [path("api/broken", broken)]
