"""Every route, every method, odd paths, queries, headers, encodings, bodies and keys: never a 5xx."""

from collections import Counter

from django.db import connection
from fuzz.drawn import draw
from fuzz.play import play, wrong_with
from fuzz.scene import scene

SHOWN = 10


def test_no_request_is_answered_with_an_error_of_ours(
    numbers, seed, server, patient, provider, staff, sandbox, settings, figures
):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/60")
    settings.MAX_OPEN_REQUESTS = 1_000_000
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 day')")
    facts = scene({"patient": patient, "provider": provider, "staff": staff}, sandbox)
    played = play(server.port, [draw(seed, number, facts) for number in numbers])

    wrong = [(wrong_with(*one), *one) for one in played]
    told = [
        f"{what}: number {drawn.number}\n{drawn.content[:600]!r}\n{answer.body[:300]!r}"
        for what, drawn, answer in wrong
        if what
    ]
    statuses = dict(sorted(Counter(answer.status for _, answer in played).items()))
    figures.append(f"{len(played)} generated requests, seed {seed}, from number {numbers[0]}: {statuses}")
    assert not told, f"seed {seed}; {len(told)} wrong:\n" + "\n\n".join(told[:SHOWN])
