"""Practices whose clocks stand elsewhere."""


def in_zone(person, zone):
    person.provider.timezone = zone
    person.provider.save(update_fields=["timezone"])
