"""Reading the console's pages as a person does: their text, their fields, their messages."""

import re
from html import unescape

from django.contrib.messages import get_messages

LIST = "/admin/bookings/booking/"


def page_of(booking):
    return f"{LIST}{booking.id}/change/"


def text_of(response):
    """What a page says, without its markup."""
    html = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def told(response):
    """The messages that a response leaves for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def numbers_in(response):
    """The booking numbers of a list page, in order."""
    return re.findall(
        r"FH-\d{8}-[A-Z0-9]{5}", re.search(r"(?s)<table id=\"result_list\".*?</table>", response.content.decode())[0]
    )


def editable(response):
    """The names of the fields that somebody could fill in on a page; the search box is not one of them."""
    tags = re.findall(r"<(?:input|select|textarea)[^>]*>", response.content.decode())
    names = [re.search(r"\bname=\"([^\"]+)\"", tag) for tag in tags if 'type="hidden"' not in tag]
    return [name[1] for name in names if name and name[1] not in ("s", "q")]
