"""Reading the page of a practice's week: what stands where, as its markup says it to the stylesheet."""

import re
from dataclasses import dataclass
from html import unescape

DAY = re.compile(r'(?s)<section class="week-day" id="day-([\d-]+)".*?</section>')
ITEM = re.compile(r'(?s)<li style="([^"]*)">\s*<(a|div)([^>]*)>(.*?)</\2>')
TICK = re.compile(r'<span style="--top: (\d+)">([^<]*)</span>')


@dataclass(frozen=True)
class Item:
    """Something in the picture: its day, its place in minutes from the top, its column and of how many, what it says."""

    day: str
    top: int
    bottom: int
    column: tuple[int, int]
    kinds: tuple[str, ...]
    link: str
    text: str


def path_of(provider_id, **query):
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/admin/bookings/booking/week/{provider_id}/?{asked}"


def items_of(response):
    """In the order in which they stand on the page, which is that of the keyboard."""
    found = []
    for day in DAY.finditer(response.content.decode()):
        for style, _, attributes, inside in ITEM.findall(day[0]):
            place = {name: int(value) for name, value in re.findall(r"--(\w+): (\d+)", style)}
            link = re.search(r'href="([^"]*)"', attributes)
            kinds = re.search(r'class="week-box ([^"]*)"', attributes)[1].replace("week-", "").split()
            text = " ".join(unescape(re.sub(r"<[^>]+>", " ", inside)).split())
            column = (place["column"], place["columns"])
            found.append(
                Item(day[1], place["top"], place["bottom"], column, tuple(kinds), link[1] if link else "", text)
            )
    return found


def ticks_of(response):
    """The hours beside the picture: where each stands, in order."""
    return [(hour, int(top)) for top, hour in TICK.findall(response.content.decode())]


def spans_of(response, name):
    """By day, where the elements of this class are."""
    span = re.compile(rf'class="{name}" style="--top: (\d+); --bottom: (\d+)"')
    days = DAY.finditer(response.content.decode())
    return {day[1]: [(int(top), int(bottom)) for top, bottom in span.findall(day[0])] for day in days}
