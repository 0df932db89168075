"""Staff change something in the console, and see what follows from it elsewhere before it is saved: they say so once more."""

from typing import Any

from django.http import HttpRequest

from findr import console
from findr.console_pages.question import question

# What the question's form carries beside all that was sent: the versions of what it showed.
SEEN = "consequences-seen"


class _Asked(Exception):
    """Given up with all that was written of it: what follows from this has not been seen."""

    def __init__(self, row: Any, found: list[console.Found]) -> None:
        super().__init__(row)
        self.row, self.found = row, found


class AsksBeforeSaving:
    """For an admin whose rows others depend on.

    The change is written and what follows is asked of it as it then stands, so nothing has to guess what a form would do;
    if that has not been seen yet, the transaction is given up and the question is the answer.
    """

    admin_site: Any
    opts: Any

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The page; between it and its saving the question, if anything follows."""
        page: Any = super()
        try:
            return page.changeform_view(request, *args, **kwargs)
        except _Asked as asked:
            return question(
                self,
                request,
                "admin/consequences.html",
                asked.row,
                title=f"Before {asked.row} is saved",
                own=SEEN,
                found=asked.found,
                seen=SEEN,
            )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Look at what stands before it is changed."""
        page: Any = super()
        consequences = console.consequences_of(obj) if change else []
        vars(request)["consequences"] = [(one, one.before(obj.pk)) for one in consequences]
        page.save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Once everything is written: go on, if whoever sent it has seen what follows."""
        page: Any = super()
        page.save_related(request, form, formsets, change)
        told = (one.found(form.instance, before) for one, before in vars(request)["consequences"])
        found = [one for one in told if one]
        seen = request.POST.getlist(SEEN)
        if any(one.version not in seen for one in found):
            raise _Asked(form.instance, found)
