"""Which kinds of token an endpoint takes (contract 8). The default is: none."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from findr.api.identity import Kind, known_viewer_of


class Nobody(BasePermission):
    """The default, so that an endpoint that forgot to say is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class Anybody(BasePermission):
    """Public endpoints."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return True


class _Only(BasePermission):
    kinds: tuple[Kind, ...] = ()

    def has_permission(self, request: Request, view: Any) -> bool:
        viewer = known_viewer_of(request)
        return viewer is not None and viewer.kind in self.kinds


class PatientOnly(_Only):
    kinds = ("patient",)


class ProviderOnly(_Only):
    kinds = ("provider",)


class StaffOnly(_Only):
    kinds = ("staff",)


class PatientOrProvider(_Only):
    kinds = ("patient", "provider")


class ProviderOrStaff(_Only):
    kinds = ("provider", "staff")
