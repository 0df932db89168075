"""The page on which staff decide: GET tells what will happen, only POST does it, and only to what GET had told of.

Not Django admin's change view: that runs in a transaction, and the services are transactions of their own.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from unfold.decorators import action
from unfold.enums import ActionVariant

from bookings import transitions
from bookings.actors import Actor
from bookings.admin.actions import ACTIONS
from bookings.admin.actions.answers import CONFIRM, DECLINE, EXPIRE
from bookings.admin.actions.base import ActionForm, StaffAction, carry_out_all, seen_field
from bookings.admin.actions.calendar import CALENDAR
from bookings.admin.actions.cancel_and_refund import CANCEL, REFUND
from bookings.admin.actions.mails import MAIL
from bookings.admin.actions.moves import MOVE
from bookings.admin.actions.pushes import PUSH
from bookings.admin.actions.suggestions import SUGGEST
from bookings.admin.formatting import lines
from bookings.admin.time_left import left_label
from bookings.models import Booking
from bookings.states import Role
from providers.admin_times import local_lines

# As many bookings as one page takes.
MOST = 100


class ActionPages:
    """Gives a booking admin its actions: on the selected rows, on one row, and on the booking page.

    Whoever has the permission `bookings.change_booking` may decide; giving some of a charge back while the booking
    stays takes `bookings.change_payment`; correcting an address, `accounts.change_user`. Nobody may edit.
    """

    admin_site: Any
    opts: Any

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this staff member may decide about bookings."""
        return bool(request.user.has_perm(CONFIRM.permission))

    def has_refund_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this staff member may give money back."""
        return bool(request.user.has_perm(REFUND.permission))

    def has_mail_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this staff member may correct somebody's address."""
        return bool(request.user.has_perm(MAIL.permission))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decide_view)
        own = [path("decide/<slug:name>/", view, name="bookings_booking_decide")]
        return own + super().get_urls()  # type: ignore[misc,no-any-return]

    @admin.action(description="Confirm", permissions=["decide"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse:
        """Show what confirming the selected bookings means."""
        return self._to_form(request, CONFIRM, queryset)

    @admin.action(description="Decline", permissions=["decide"])
    def decline_selected(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse:
        """Show what declining the selected bookings means."""
        return self._to_form(request, DECLINE, queryset)

    @admin.action(description="Expire what is overdue", permissions=["decide"])
    def expire_selected(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse:
        """Show what expiring the selected bookings means."""
        return self._to_form(request, EXPIRE, queryset)

    @admin.action(description="Cancel", permissions=["decide"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse:
        """Show what cancelling the selected bookings means."""
        return self._to_form(request, CANCEL, queryset)

    @action(description="Confirm", url_path="confirm", permissions=["decide"], variant=ActionVariant.PRIMARY)  # type: ignore[untyped-decorator]
    def confirm_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The confirm page of one booking."""
        return self._decide(request, CONFIRM, [object_id])

    @action(description="Decline", url_path="decline", permissions=["decide"], variant=ActionVariant.DANGER)  # type: ignore[untyped-decorator]
    def decline_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The decline page of one booking."""
        return self._decide(request, DECLINE, [object_id])

    @action(description="Expire", url_path="expire", permissions=["decide"], variant=ActionVariant.WARNING)  # type: ignore[untyped-decorator]
    def expire_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The expire page of one booking."""
        return self._decide(request, EXPIRE, [object_id])

    @action(description="Suggest times", url_path="suggest", permissions=["decide"], variant=ActionVariant.DEFAULT)  # type: ignore[untyped-decorator]
    def suggest_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which other times are suggested for one booking."""
        return self._decide(request, SUGGEST, [object_id])

    @action(description="Move visit", url_path="move", permissions=["decide"], variant=ActionVariant.DEFAULT)  # type: ignore[untyped-decorator]
    def move_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which a visit is given another time."""
        return self._decide(request, MOVE, [object_id])

    @action(description="Cancel", url_path="cancel", permissions=["decide"], variant=ActionVariant.DANGER)  # type: ignore[untyped-decorator]
    def cancel_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The cancel page of one booking."""
        return self._decide(request, CANCEL, [object_id])

    @action(description="Refund", url_path="refund", permissions=["refund"], variant=ActionVariant.DANGER)  # type: ignore[untyped-decorator]
    def refund_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The refund page of one booking."""
        return self._decide(request, REFUND, [object_id])

    @action(  # type: ignore[untyped-decorator]
        description="Write into the calendar again",
        url_path="calendar",
        permissions=["decide"],
        variant=ActionVariant.DEFAULT,
    )
    def calendar_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which a visit's event is written again."""
        return self._decide(request, CALENDAR, [object_id])

    @action(description="Mail again", url_path="mail", permissions=["mail"], variant=ActionVariant.DEFAULT)  # type: ignore[untyped-decorator]
    def mail_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which a mail that did not arrive is sent again, to a corrected address if need be."""
        return self._decide(request, MAIL, [object_id])

    @action(description="Push again", url_path="push", permissions=["decide"], variant=ActionVariant.DEFAULT)  # type: ignore[untyped-decorator]
    def push_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page on which what both sides were told last is pushed once more."""
        return self._decide(request, PUSH, [object_id])

    def decide_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """The page of an action on the bookings that `?booking=` names."""
        if name not in ACTIONS:
            raise Http404
        named = request.POST if request.method == "POST" else request.GET
        return self._decide(request, ACTIONS[name], named.getlist("booking"))

    def _to_form(self, request: HttpRequest, staff_action: StaffAction, queryset: QuerySet[Booking]) -> HttpResponse:
        ids = list(queryset.values_list("id", flat=True)[:MOST])
        query = [("booking", str(booking_id)) for booking_id in ids]
        filters = request.GET.urlencode()
        if filters:
            query.append(("_changelist_filters", filters))
        return HttpResponseRedirect(
            f"{reverse('admin:bookings_booking_decide', args=[staff_action.name])}?{urlencode(query)}"
        )

    def _decide(self, request: HttpRequest, staff_action: StaffAction, ids: list[str]) -> HttpResponse:
        if not request.user.has_perm(staff_action.permission):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        bookings = _named(ids)
        if not bookings or (staff_action.is_alone and len(bookings) > 1):
            raise Http404
        back = self._back(request, bookings)
        form = staff_action.form(request.POST if request.method == "POST" else None, bookings=bookings)
        if form.is_valid():
            refusal = _carry_out_on_all(request, staff_action, bookings, form)
            if not refusal:
                return HttpResponseRedirect(back)
            form.add_error(None, refusal)  # What was typed stays, beside the booking as it is now.
            bookings = _named(ids)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "back": back}
        told = _told(staff_action, bookings, form)
        return TemplateResponse(
            request, "admin/bookings/booking/action.html", {**context, **told, "filters": _filters(request)}
        )

    def _back(self, request: HttpRequest, bookings: list[Booking]) -> str:
        """One booking: to its page, where the result can be seen. Several: to the list they came from."""
        if len(bookings) == 1:
            return reverse("admin:bookings_booking_change", args=[bookings[0].id])
        filters = {"preserved_filters": urlencode({"_changelist_filters": _filters(request)}), "opts": self.opts}
        return add_preserved_filters(filters, reverse("admin:bookings_booking_changelist"))


def _carry_out_on_all(
    request: HttpRequest, staff_action: StaffAction, bookings: list[Booking], form: ActionForm
) -> str:
    """Carry out and leave messages for the next page; the refusal, if the form can be put right and sent again."""
    actor = Actor(Role.STAFF, request.user.pk, "staff")
    results = carry_out_all(staff_action, bookings, form, actor)
    if staff_action.is_alone and results[0].level == messages.ERROR:
        return results[0].text
    for told in results:
        messages.add_message(request, told.level, told.text)
    return ""


def _told(staff_action: StaffAction, bookings: list[Booking], form: ActionForm) -> dict[str, Any]:
    """What a page shows of its bookings, as they are now, and in which version it shows them."""
    return {
        "title": _title(staff_action, bookings),
        "original": bookings[0] if len(bookings) == 1 else None,
        "seen": {seen_field(booking): transitions.version_of(booking) for booking in bookings},
        "is_possible": any(staff_action.fits(booking) for booking in bookings),
        "staff_action": staff_action,
        "bookings": bookings,
        "table": table_of(staff_action, bookings),
        "form": form,
    }


def _filters(request: HttpRequest) -> str:
    return request.POST.get("_changelist_filters") or request.GET.get("_changelist_filters", "")


def _named(ids: list[str]) -> list[Booking]:
    """The bookings, as they are now, soonest deadline first. Ids that are none are left out."""
    known = []
    for text in ids[:MOST]:
        try:
            known.append(UUID(text))
        except ValueError:
            continue
    bookings = Booking.objects.filter(id__in=known).select_related("payment", "provider", "patient")
    return list(bookings.order_by("expires_at", "id"))


def _title(staff_action: StaffAction, bookings: list[Booking]) -> str:
    return f"{staff_action.verb} {bookings[0].number if len(bookings) == 1 else f'{len(bookings)} bookings'}"


def table_of(staff_action: StaffAction, bookings: Sequence[Booking]) -> dict[str, Any]:
    """Bookings, and what will happen to each."""
    return {
        "headers": ["Booking", "Practice and service", "Visit", "Time to answer", "What will happen"],
        "rows": [
            [
                lines(booking.number, str(booking.patient)),
                lines(booking.provider.practice_name, booking.service_name, may_break=True),
                local_lines(booking.start, booking.provider.zone),
                lines(left_label(booking)),
                staff_action.preview(booking),
            ]
            for booking in bookings
        ],
    }
