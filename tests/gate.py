"""A door in front of a server, on a port that it keeps: whoever comes is let through, is refused, or is kept waiting."""

import socket
from contextlib import suppress
from threading import Thread


class Gate:
    """Begins open. Whatever is changed, connections that were open break.

    Attributes:
        port: on 127.0.0.1.
    """

    def __init__(self, target_port):
        self.target = ("127.0.0.1", target_port)
        # Bound and not listening: the port stays ours, and nobody is let in by this one.
        self._place = _bound(0)
        self.port = self._place.getsockname()[1]
        self._door, self._through = None, []
        self.open()

    def open(self):
        """Everybody is let through."""
        self.shut()
        self._door = _bound(self.port)
        self._door.listen()
        Thread(target=self._let_in, args=[self._door], daemon=True).start()

    def hang(self):
        """The kernel takes connections; nobody answers on them."""
        self.shut()
        self._door = _bound(self.port)
        self._door.listen()

    def shut(self):
        """Connections are refused."""
        if self._door:
            _end(self._door)
            self._door = None
        while self._through:
            _end(self._through.pop())

    def close(self):
        self.shut()
        self._place.close()

    def _let_in(self, door):
        while True:
            try:
                caller, _ = door.accept()
            except OSError:  # It was shut.
                return
            server = socket.create_connection(self.target)
            self._through += [caller, server]
            for one, other in ((caller, server), (server, caller)):
                Thread(target=_carry, args=[one, other], daemon=True).start()


def _bound(port):
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _carry(source, target):
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
    for one in (source, target):
        _end(one)


def _end(one):
    """Wakes whoever waits on it."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
