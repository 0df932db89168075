"""How the staff console says things: labels, lines, links, plain words."""

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NOTHING = "-"
LINK = '<a class="text-primary-600 whitespace-nowrap dark:text-primary-500" href="{}">{}</a>'


def label(text: str, colour: str = "") -> SafeString:
    """A small coloured label: `danger`, `warning`, `info`, `success`, or plain. The word tells, the colour helps."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": colour})


def lines(*each: SafeString | str, may_break: bool = False) -> SafeString:
    """Several texts below one another, as one thing: a cell is a line itself on a phone. What may be long may break."""
    css = "" if may_break else "whitespace-nowrap"
    below = format_html_join("", '<div class="{}">{}</div>', ((css, line) for line in each))
    return format_html('<div class="cell-lines">{}</div>', below)


def link(row: Model, text: str) -> SafeString:
    """A text that leads to a row's own page."""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])
    return format_html(LINK, url, text)


def plain(word: str) -> str:
    """A stored word for people: `pending_confirmation` is "pending confirmation"."""
    return word.replace("_", " ")
