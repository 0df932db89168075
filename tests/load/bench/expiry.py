"""Requests that expire, with the code of a checkout: `python expiry.py TREE`, with the database of its scene.

For each number that it reads it makes so many requests overdue, has them expire, and prints what it came to as JSON: per
second, and the milliseconds of CPU for each of this process and of PostgreSQL.
"""

import json
import os
import sys
from pathlib import Path

TREE = Path(sys.argv[1])
HERE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE), str(TREE / "tests")]
sys.path.append(str(HERE / "load"))


def main():
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "findr.settings"
    django.setup()
    from expire import cost, fill_due, in_batches, prepare

    places = prepare()
    for round_number, line in enumerate(sys.stdin):
        number = int(line)
        fill_due(places, f"due-{round_number}-", number)
        names = ("per second", "app", "PostgreSQL")
        print(json.dumps(dict(zip(names, cost(in_batches, number), strict=True))), flush=True)


if __name__ == "__main__":
    main()
