"""Whether the events of a calendar name the service (lesson 30): as its owner wishes, and staff do it for them."""

from uuid import UUID

from calendars.models import CalendarConnection
from calendars.services.events import forget_service_names
from findr.saving import save
from findr.transactions import durable


@durable("events of a calendar name the service or do not")
def name_services(connection_id: UUID, *, wanted: bool) -> bool:
    """Events written from now on name the service; or none does any more, those of visits to come included.

    False, and nothing changes, if it is so already or the account is not connected any more.
    """
    row = CalendarConnection.objects.select_for_update(of=("self",), no_key=True).get(pk=connection_id)
    if not row.is_connected or row.names_service == wanted:
        return False
    save(row, names_service=wanted)
    if not wanted:
        forget_service_names(row)
    return True
