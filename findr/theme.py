"""How the staff console looks: the settings of its theme. https://unfoldadmin.com/docs/configuration/settings/"""

from typing import Any

from django.templatetags.static import static


def theme() -> dict[str, Any]:
    """Django's `UNFOLD`."""
    return {
        "SITE_TITLE": "findr",
        "SITE_HEADER": "findr staff console",
        "SITE_SYMBOL": "event_available",
        "SITE_URL": None,
        "SHOW_HISTORY": False,
        "SHOW_VIEW_ON_SITE": False,
        "SIDEBAR": {"navigation": "findr.console.navigation"},
        "STYLES": [lambda request: static("findr/console.css")],
    }
