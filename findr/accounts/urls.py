"""Routes of contract 9.1-9.3 and 9.6."""

from django.urls import path

from findr.accounts.views import Me, PatientSignIn, Register, StaffSignIn

urlpatterns = [
    path("users/register", Register.as_view()),
    path("auth/register", Register.as_view()),
    path("users/login", PatientSignIn.as_view()),
    path("auth/login", PatientSignIn.as_view()),
    path("users/me", Me.as_view()),
    path("admin/auth/login", StaffSignIn.as_view()),
]
