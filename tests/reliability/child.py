"""What runs in a process of its own, to be killed there: one web server, or one worker, with the test's own settings."""


def serve(database, settings, port):
    """The web server as the Procfile starts it."""
    _use(database, settings)
    from daphne.server import Server

    from findr.asgi import application

    Server(application, endpoints=[f"tcp:port={port}:interface=127.0.0.1"], signal_handlers=False, verbosity=0).run()


def work(database, settings, name, arguments, queues):
    """The worker of these queues, or of all, given one job; it ends when nothing waits any more. Its clockwork stands still."""
    _use(database, settings)
    from procrastinate.contrib.django import app

    app.periodic_registry.periodic_tasks.clear()
    if name:
        app.configure_task(name).defer(**arguments)
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(
            queues=queues and list(queues),
            wait=False,
            install_signal_handlers=False,
            listen_notify=False,
            concurrency=1,
        )


def keep_working(database, settings):
    """The worker of all queues, until it is killed. Its clockwork stands still."""
    _use(database, settings)
    import asyncio

    from procrastinate.contrib.django import app

    from findr.outbox.worker import work

    app.periodic_registry.periodic_tasks.clear()
    asyncio.run(work(8))


def hold_sockets(database, settings, port):
    """The socket server as the Procfile starts it."""
    _use(database, settings)
    from uvicorn.main import main
    from web import web_command

    main(web_command(port, "socket")[3:])


def _use(database, given):
    """The database and the settings of the test that started this process."""
    from django.conf import settings
    from django.db import connections

    here = connections["default"].settings_dict
    here["NAME"] = database
    here["OPTIONS"] |= given.pop("DATABASE_OPTIONS", {})
    for name, value in given.items():
        setattr(settings, name, value)
