"""Routes of contract 10-12. The named lists come before `/:id`, so that no id shadows them."""

from django.urls import path

from bookings.api.views import CreateBooking, OneBooking, PatientBookings, ProviderActions, ProviderBookings

_patient_list = PatientBookings.as_view({"get": "list"})
_provider_list = ProviderBookings.as_view({"get": "list"})
_provider_queue = ProviderBookings.as_view({"get": "pending"})

urlpatterns = [
    path("bookings", CreateBooking.as_view({"post": "create"})),
    path("users/me/bookings", _patient_list),
    path("bookings/user", _patient_list),
    path("bookings/user/<str:user_id>", _patient_list),
    path("bookings/provider", _provider_list),
    path("bookings/provider/pending", _provider_queue),
    path("bookings/provider/<str:provider_id>", _provider_list),
    path("bookings/provider/<str:provider_id>/pending", _provider_queue),
    path("bookings/<str:booking_id>", OneBooking.as_view({"get": "retrieve"})),
    path("bookings/<str:booking_id>/history", OneBooking.as_view({"get": "history"})),
    path("bookings/<str:booking_id>/confirm", ProviderActions.as_view({"post": "confirm"})),
    path("bookings/<str:booking_id>/decline", ProviderActions.as_view({"post": "decline"})),
]
