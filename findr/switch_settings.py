"""The kill switches' part of the settings (findr/switches.py): of django-waffle, and of the memory in front of its rows."""

# How long a process keeps what it has read of a switch: a change is in force everywhere within five seconds.
SWITCH_SECONDS = 2
# The memory is findr's own: waffle itself keeps nothing.
SWITCH_CACHE = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
WAFFLE_CACHE_NAME = "switches"
# What has no row is on.
WAFFLE_SWITCH_DEFAULT = True
# The console has a page of its own for them (findr/admin/switches.py).
WAFFLE_ENABLE_ADMIN_PAGES = False
