"""Routes of contract 10-13. The named lists come before `/:id`, and no reserved word is an id (`findr.api.paths`)."""

from django.urls import path

from bookings.api.availability import Availability, Explanation, Reservations, VerifySlot
from bookings.api.detail import OneBooking
from bookings.api.patients import (
    AcceptSuggestedTime,
    CreateBooking,
    DeclineSuggestedTimes,
    PatientActions,
    PatientBookings,
)
from bookings.api.practices import ProviderActions, ProviderBookings
from bookings.api.wallet import WalletActions
from bookings.api.webhooks import PaymentWebhook
from findr.api import paths  # noqa: F401  registers <booking:...>

_patient_list = PatientBookings.as_view({"get": "list"})
_provider_list = ProviderBookings.as_view({"get": "list"})
_provider_queue = ProviderBookings.as_view({"get": "pending"})

urlpatterns = [
    path("bookings", CreateBooking.as_view({"post": "create"})),
    path("availability/verify-slot", VerifySlot.as_view()),
    path("availability/<str:provider_id>", Availability.as_view()),
    path("availability/<str:provider_id>/explain", Explanation.as_view()),
    path("bookings/reserve-slot", Reservations.as_view({"post": "reserve"})),
    path("bookings/reserve-slot/<str:reservation_id>", Reservations.as_view({"delete": "release"})),
    path("users/me/bookings", _patient_list),
    path("bookings/user", _patient_list),
    path("bookings/user/<str:user_id>", _patient_list),
    path("bookings/provider", _provider_list),
    path("bookings/provider/pending", _provider_queue),
    path("bookings/provider/<str:provider_id>", _provider_list),
    path("bookings/provider/<str:provider_id>/pending", _provider_queue),
    path("bookings/<booking:booking_id>", OneBooking.as_view({"get": "retrieve"})),
    path("bookings/<booking:booking_id>/history", OneBooking.as_view({"get": "history"})),
    path("bookings/<booking:booking_id>/confirm", ProviderActions.as_view({"post": "confirm"})),
    path("bookings/<booking:booking_id>/decline", ProviderActions.as_view({"post": "decline"})),
    path("bookings/<booking:booking_id>/suggest-times", ProviderActions.as_view({"post": "suggest_times"})),
    path("bookings/<booking:booking_id>/reschedule", ProviderActions.as_view({"post": "reschedule"})),
    path("bookings/<booking:booking_id>/cancel-provider", ProviderActions.as_view({"post": "cancel"})),
    path("bookings/<booking:booking_id>/accept-suggested-time", AcceptSuggestedTime.as_view({"post": "accept"})),
    path("bookings/<booking:booking_id>/decline-suggested-times", DeclineSuggestedTimes.as_view({"post": "decline"})),
    path("bookings/<booking:booking_id>/accept-reschedule", PatientActions.as_view({"post": "accept_reschedule"})),
    path("bookings/<booking:booking_id>/decline-reschedule", PatientActions.as_view({"post": "decline_reschedule"})),
    path("bookings/<booking:booking_id>/cancel", PatientActions.as_view({"post": "cancel", "put": "cancel"})),
    path("bookings/<booking:booking_id>/cancel-patient", PatientActions.as_view({"post": "cancel"})),
    path("bookings/<booking:booking_id>/cancellation-quote", PatientActions.as_view({"get": "quote"})),
    path("payments/setup-intent", WalletActions.as_view({"post": "begin_setup"})),
    path("payments/methods", WalletActions.as_view({"get": "list"})),
    path("payments/methods/<str:method_id>", WalletActions.as_view({"delete": "remove"})),
    path("payments/methods/<str:method_id>/default", WalletActions.as_view({"post": "make_default"})),
    path("payments/webhook", PaymentWebhook.as_view()),
]
