"""The staff console is what the apps declare of it: places in the side bar, permissions, figures on the first page.

An app names its declaration in its `AppConfig`, `console = "<app>.console.CONSOLE"`. Here they are collected, in
installed order, and nothing is known of any of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.apps import apps
from django.db.models import Count, QuerySet, Value
from django.forms import Form
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Section:
    """A heading of the side bar, which apps may share; the lower its rank, the higher it stands."""

    title: str
    rank: int


OPERATIONS = Section("Operations", rank=30)


@dataclass(frozen=True)
class Place:
    """One link of the side bar.

    Attributes:
        page: the name of its URL.
        query: what the page is asked for, as `show=all`.
        permission: who sees the link; blank means every staff member.
        is_for_superusers: nobody else sees it.
        is_here: where the address alone does not tell whether one is there.
        badge: rows worth looking at, whose number is shown beside the link; zero is not. Asked only for those who see it.
        rank: where it stands in its section; places of one rank stand in installed order.
    """

    section: Section
    title: str
    icon: str
    page: str
    query: str = ""
    permission: str = ""
    is_for_superusers: bool = False
    is_here: Callable[[HttpRequest], bool] | None = None
    badge: Callable[[], QuerySet[Any]] | None = None
    rank: int = 0

    @property
    def link(self) -> str:
        """Its address."""
        return _address(self.page, self.query)

    def is_open_to(self, request: HttpRequest) -> bool:
        """Whether this staff member sees it."""
        if self.is_for_superusers and not request.user.is_superuser:
            return False
        return not self.permission or bool(request.user.has_perm(self.permission))


@dataclass(frozen=True)
class Figure:
    """A number on the first page, for those with the permission to see its rows, and where these are.

    Attributes:
        rank: the lower, the further in front; figures of one rank stand in installed order.
    """

    title: str
    number: Callable[[], int]
    permission: str
    page: str
    query: str = ""
    rank: int = 0

    @property
    def link(self) -> str:
        """Where its rows are."""
        return _address(self.page, self.query)


@dataclass(frozen=True)
class Table:
    """A table on the first page, for those with the permission: its `headers` and `rows`."""

    title: str
    content: Callable[[], dict[str, Any]]
    permission: str


@dataclass(frozen=True)
class Grantable:
    """A permission that a superuser may give to staff.

    Attributes:
        meaning: what it lets one do, where its own name does not say so.
    """

    permission: str
    meaning: str = ""


@dataclass(frozen=True)
class Closing:
    """What waits where staff are about to close something (suspend a practice, disable a person), and how it is ended in the
    same act.

    Attributes:
        model: of what is closed, as `app.model`.
        waiting: the rows that wait there.
        form: asks whether to end these rows; made of what was sent, None if nothing was yet.
        table: the rows, as people read them.
        end: does what the form says, and tells whoever sent the request what came of it.
    """

    model: str
    waiting: Callable[[Any], Sequence[Any]]
    form: Callable[[Any, Sequence[Any]], Form]
    table: Callable[[Sequence[Any]], dict[str, Any]]
    end: Callable[[HttpRequest, Any, Form], None]


@dataclass(frozen=True)
class RowPage:
    """A page about one row of another app, which that row's own page links to.

    Attributes:
        model: of the row, as `app.model`.
        page: the name of its URL, which takes the row's key.
        permissions: all that it takes to see it.
    """

    model: str
    title: str
    page: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What follows from a change.

    Attributes:
        sentence: how much it is, and what becomes of it.
        table: its `headers` and `rows`; the first of it, if it is much.
        version: of all of it: whoever confirms confirms this, and is asked again if it is something else by then.
    """

    sentence: str
    table: dict[str, Any]
    version: str


@dataclass(frozen=True)
class Consequence:
    """What follows in this app from a change to a row of another one: staff see it before it is saved, and say so once more.

    Attributes:
        model: of what is changed, as `app.model`.
        before: what has to be known of the row before it is changed, by its key.
        found: what follows, told in the transaction of the change: it is written by then and may yet be given up. Given
            the row, and what was known before. None if nothing follows.
    """

    model: str
    before: Callable[[Any], Any]
    found: Callable[[Any, Any], Found | None]


@dataclass(frozen=True)
class Console:
    """All that one app brings to the staff console.

    Attributes:
        every_staff_member: the permissions that all staff have.
        grantable: those that some staff are given. Whatever is in neither, only superusers may do.
        closings: what of the app waits at rows of other apps.
        row_pages: what the app shows of rows of other apps.
        consequences: what follows in the app from changes to rows of other apps.
    """

    places: tuple[Place, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    every_staff_member: frozenset[str] = frozenset()
    grantable: tuple[Grantable, ...] = ()
    closings: tuple[Closing, ...] = ()
    row_pages: tuple[RowPage, ...] = ()
    consequences: tuple[Consequence, ...] = ()


def declared() -> Iterator[Console]:
    """What the installed apps declare. Imported late: an `AppConfig` is there before any model is."""
    for app in apps.get_app_configs():
        name = getattr(app, "console", None)
        if name:
            yield import_string(name)


def every_staff_member() -> frozenset[str]:
    """The permissions that all staff have."""
    return frozenset().union(*(console.every_staff_member for console in declared()))


def grantable() -> list[Grantable]:
    """The permissions that a superuser may give to staff."""
    return [one for console in declared() for one in console.grantable]


def closing_of(row: Any) -> Closing | None:
    """What an app says about closing this row."""
    model = row._meta.label_lower
    return next((one for console in declared() for one in console.closings if one.model == model), None)


def row_pages(row: Any, request: HttpRequest) -> list[dict[str, Any]]:
    """The links of a row's page to what other apps show of it, as Unfold wants its buttons, for this staff member."""
    model, user = row._meta.label_lower, request.user
    pages = [one for console in declared() for one in console.row_pages if one.model == model]
    return [
        {"title": one.title, "path": reverse(one.page, args=[row.pk])}
        for one in pages
        if user.has_perms(one.permissions)
    ]


def consequences_of(row: Any) -> list[Consequence]:
    """What the apps say follows from changing this row."""
    model = row._meta.label_lower
    return [one for console in declared() for one in console.consequences if one.model == model]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections and their links, as Unfold wants them."""
    sections: dict[Section, list[Place]] = {}
    for place in (place for console in declared() for place in console.places):
        sections.setdefault(place.section, []).append(place)
    return [
        {
            "title": section.title,
            "items": [_item(place, request) for place in sorted(sections[section], key=lambda place: place.rank)],
        }
        for section in sorted(sections, key=lambda section: section.rank)
    ]


def _item(place: Place, request: HttpRequest) -> dict[str, Any]:
    item = {"title": place.title, "icon": place.icon, "link": place.link, "permission": place.is_open_to}
    if place.is_here:
        item["active"] = place.is_here
    number = _badges(request).get(place)
    return {**item, "badge": number} if number else item


def _badges(request: HttpRequest) -> dict[Place, int]:
    """The numbers beside the links that this staff member sees: on every page, so in one statement."""
    numbers: dict[Place, int] | None = vars(request).get("console_badges")
    if numbers is None:
        places = (place for console in declared() for place in console.places)
        badges = [(place, place.badge()) for place in places if place.badge and place.is_open_to(request)]
        counted = [
            rows.order_by().values(at=Value(at)).annotate(number=Count("*")).values_list("at", "number")
            for at, (_, rows) in enumerate(badges)
        ]
        found = counted[0].union(*counted[1:], all=True) if counted else ()
        numbers = vars(request)["console_badges"] = {badges[at][0]: number for at, number in found}
    return numbers


def figures(request: HttpRequest) -> list[Figure]:
    """The numbers of the first page that this staff member may see."""
    all_of_them = sorted((one for console in declared() for one in console.figures), key=lambda one: one.rank)
    open_ones = [one for one in all_of_them if request.user.has_perm(one.permission)]
    return [replace(one, number=partial(_counted, one.number, request)) for one in open_ones]


def _counted(number: Callable[[], int], request: HttpRequest) -> int:
    """A number is counted once for a page, however often it stands there."""
    counted: dict[Callable[[], int], int] = vars(request).setdefault("console_numbers", {})
    if number not in counted:
        counted[number] = number()
    return counted[number]


def tables(request: HttpRequest) -> list[Table]:
    """The tables of the first page that this staff member may see."""
    return [one for console in declared() for one in console.tables if request.user.has_perm(one.permission)]


def with_overview(context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """Offer the first page's figures and tables to the templates; they are read only where one asks for them."""
    return {**context, "console_figures": partial(figures, request), "console_tables": partial(tables, request)}


def _address(page: str, query: str) -> str:
    return f"{reverse(page)}?{query}" if query else reverse(page)
