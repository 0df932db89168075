"""The rows of a formset as a browser posted them: which they are, and all but those that are gone."""

from django.http import QueryDict

# More fields than this are no form of ours: https://docs.djangoproject.com/en/5.2/ref/settings/#data-upload-max-number-fields
_MOST = 1000


def posted_keys(post: QueryDict, prefix: str, key: str) -> list[str]:
    """The keys of the rows that the page showed, in its order."""
    return [post.get(f"{prefix}-{index}-{key}", "") for index in range(_number(post, prefix, "INITIAL"))]


def without(post: QueryDict, prefix: str, key: str, gone: set[str]) -> QueryDict:
    """The same without the rows that are gone; the others move up."""
    left = post.copy()
    dropped = [index for index, one in enumerate(posted_keys(post, prefix, key)) if one in gone]
    for name in [name for name in post if _index(name, prefix) is not None]:
        del left[name]
    for name, values in post.lists():
        index = _index(name, prefix)
        if index is not None and index not in dropped:
            moved = index - sum(one < index for one in dropped)
            left.setlist(f"{prefix}-{moved}-{name.split('-', 2)[2]}", values)
    for count in ("INITIAL", "TOTAL"):
        left[f"{prefix}-{count}_FORMS"] = str(_number(post, prefix, count) - len(dropped))
    return left


def number_in(given: QueryDict, name: str) -> int:
    """A whole number that a field names; 0 if it names none."""
    text = str(given.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _number(post: QueryDict, prefix: str, count: str) -> int:
    return min(number_in(post, f"{prefix}-{count}_FORMS"), _MOST)


def _index(name: str, prefix: str) -> int | None:
    """Which row a field belongs to. The prefixes of formsets have no hyphen: they are names of relations."""
    parts = name.split("-", 2)
    if len(parts) < 3 or parts[0] != prefix or not (parts[1].isascii() and parts[1].isdigit()):
        return None
    return int(parts[1])
