"""The backend that `DATABASES` names (https://docs.djangoproject.com/en/5.2/ref/databases/#subclassing-the-built-in-database-backends)."""

from typing import Any

from django.db.backends.postgresql import base

from findr.postgresql import moments, pooling, session


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, on connections that are findr's own from beginning to end and have their limits."""

    def get_connection_params(self) -> dict[str, Any]:
        """What a connection is made with."""
        parameters = super().get_connection_params()
        return {**parameters, "context": moments.read_by_psycopg(parameters["context"])}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection, unless a pooler would share it with others between two transactions."""
        pooling.refuse_shared_sessions(conn_params)
        return super().get_new_connection(conn_params)

    def _configure_connection(self, connection: Any) -> bool:
        """Once for each new connection, the pool's included; whether there is something to commit."""
        super()._configure_connection(connection)  # type: ignore[misc]
        connection.execute(*session.beginning())
        return True
