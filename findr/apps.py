"""The project itself as an app: the job queue's settings, the commands of the development stack."""

from django.apps import AppConfig


class FindrConfig(AppConfig):
    name = "findr"
    verbose_name = "findr"
    console = "findr.jobs_console.CONSOLE"
