"""What was left behind; there is no table of it."""

from django.db import models


class Umbrella(models.Model):
    class Meta:
        app_label = "toy"
        managed = False

    def __str__(self) -> str:
        return "an umbrella"
