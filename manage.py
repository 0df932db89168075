#!/usr/bin/env python
"""Django's command line. Against the stack that bin/serve runs, use bin/manage instead."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    gc.disable()  # Until every app is loaded (findr/apps.py).
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    execute_from_command_line(sys.argv)
