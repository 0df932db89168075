"""Sign-in and registration of patients and staff (contract 9.1-9.3, 9.6)."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from findr.accounts import services
from findr.accounts.authentication import OptionalBearerToken
from findr.accounts.models import AccountRole, User
from findr.accounts.permissions import Anybody, PatientOnly
from findr.accounts.wire import admin_object, identity_of, user_object
from findr.api import limits, tokens
from findr.api.endpoint import Endpoint, address_key
from findr.api.fields import Agreement, Email, Line, Password, Text, read
from findr.api.http import address_of, success
from findr.api.identity import viewer_of


class CredentialsInput(serializers.Serializer[object]):
    email = Text(max_length=254)
    password = Password(max_length=1000)


class RegisterInput(serializers.Serializer[object]):
    email = Email()
    password = Password(min_length=8, max_length=1000)
    firstName = Line(max_length=100, source="first_name")  # noqa: N815
    lastName = Line(max_length=100, source="last_name")  # noqa: N815
    phone = Line(required=False, max_length=40)
    agreedToTerms = Agreement()  # noqa: N815
    termsVersion = Line(required=False, max_length=20, source="terms_version")  # noqa: N815


class PublicEndpoint(Endpoint):
    """An endpoint that needs no token and ignores a bad one."""

    authentication_classes = [OptionalBearerToken]
    permission_classes = [Anybody]


class Door(PublicEndpoint):
    """Where somebody says who they are: their address is counted, whatever token they bring along."""

    def caller_of(self, request: Request) -> str:
        return address_key(request)


class Register(Door):
    """POST /api/users/register"""

    def count_call(self, request: Request) -> None:
        super().count_call(request)
        limits.count("register", address_key(request))

    def post(self, request: Request) -> Response:
        given = read(RegisterInput, request.data)
        given.pop("agreedToTerms")
        blank = {name: given[name] or "" for name in ("phone", "terms_version")}
        user = services.register_patient(**{**given, **blank})
        return success(201, token=token_for(user), user=user_object(user))


class PatientSignIn(Door):
    """POST /api/users/login"""

    def post(self, request: Request) -> Response:
        user = sign_in(request, AccountRole.PATIENT)
        return success(token=token_for(user), user=user_object(user))


class StaffSignIn(Door):
    """POST /api/admin/auth/login"""

    def post(self, request: Request) -> Response:
        user = sign_in(request, AccountRole.STAFF)
        return success(token=token_for(user), admin=admin_object(user))


class Me(Endpoint):
    """GET /api/users/me"""

    permission_classes = [PatientOnly]

    def get(self, request: Request) -> Response:
        return success(user=user_object(User.objects.get(id=viewer_of(request).user_id)))


def sign_in(request: Request, role: AccountRole) -> User:
    """The account behind the e-mail and password in the body; see `services.sign_in` for what it raises."""
    given = read(CredentialsInput, request.data)
    return services.sign_in(**given, role=role, address=address_of(request))


def token_for(user: User) -> str:
    """A fresh token of a patient or a staff member."""
    return tokens.issue(identity_of(user), generation=user.token_generation)
