"""How the answers of sample 810 come about."""

from contract.scene import situation


def _ten_events(scene):
    """Five requests that the practice confirms."""
    for day in range(8, 13):
        scene.confirmed(appointmentDate=f"2026-12-{day:02d}")


def _read(scene, since):
    return scene.wire.send("GET", f"/api/notifications?since={since}&limit=2", who=scene.patient)


@situation("810", 0)
def first_two(scene):
    _ten_events(scene)
    return _read(scene, 0)


@situation("810", 1)
def beyond_the_last(scene):
    _ten_events(scene)
    return _read(scene, 11)


@situation("810", 2)
def since_nonsense(scene):
    return _read(scene, "yesterday")
