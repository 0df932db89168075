"""Filling in the console's forms: what a page stands at, as a browser would send it back."""

import re
from html import unescape


def filled(response, **changes):
    """Every field of the page's form with what it shows, and the changes on top; None leaves a field out."""
    html = re.sub(r"(?s)<template.*?</template>", "", response.content.decode())
    given = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type")
        if not name or "__prefix__" in name or kind in ("submit", "search"):
            continue
        if kind in ("checkbox", "radio") and not re.search(r"\schecked(?=[\s>])", tag):
            continue
        given[name] = _attribute(tag, "value") or ("on" if kind == "checkbox" else "")
    for attributes, inside in re.findall(r"(?s)<textarea([^>]*)>(.*?)</textarea>", html):
        given[_attribute(attributes, "name")] = unescape(inside).strip()
    for attributes, inside in re.findall(r"(?s)<select([^>]*)>(.*?)</select>", html):
        if re.search(r"\smultiple(?=[\s>]|$)", attributes):
            continue
        chosen = re.search(r"<option value=\"([^\"]*)\"\s+selected", inside)
        given[_attribute(attributes, "name")] = unescape(chosen[1]) if chosen else ""
    given = {name: value for name, value in given.items() if name and "__prefix__" not in name}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def _attribute(tag, name):
    found = re.search(rf"\b{name}=\"([^\"]*)\"", tag)
    return unescape(found[1]) if found else ""
