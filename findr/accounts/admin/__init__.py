"""People in the staff console: who they are, whether they may sign in, and signing them out.

Only superusers touch staff accounts and permissions: whoever could set a superuser's password would be one. A staff
member with `accounts.add_user` and `accounts.change_user` looks after patients and practices' desks. Nobody deletes an
account, since whatever they did names them; it is disabled.
"""

from findr.accounts.admin.groups import StaffGroupAdmin
from findr.accounts.admin.people import PersonAdmin
from findr.accounts.admin.sign_in import change_own_password

__all__ = ["PersonAdmin", "StaffGroupAdmin", "change_own_password"]
