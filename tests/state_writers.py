"""Which code writes a state, told from the syntax tree: whichever way it goes about it.

What cannot be told from the text (`setattr` with a name that comes from elsewhere, `**fields` of an `update`) counts
as a writer too: there are few, and each has to be looked at.
"""

import ast
import re

FIELD = "state"
# `findr.saving`: `save` refuses a state when it is called, and these say by their names that they write one.
SAVE_STATE = {"save_state", "save_states"}
WRITES = {"update", "aupdate", "create", "acreate", "get_or_create", "update_or_create", "bulk_create"}
MODELS = {"Booking", "Payment", "PaymentOperation"}
SQL = re.compile(rf"(?is)\bupdate\s+\S+.*\bset\b.*\b{FIELD}\b\s*=|\binsert\s+into\s+bookings_(booking|payment)\b")


def writers(source):
    """Each place that may write a state, in short: `save(booking, state=to)`."""
    return [found for node in ast.walk(ast.parse(source)) for found in _writes(node)]


def _writes(node):
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (ast.unparse(node) for target in targets for one in ast.walk(target) if _is_state(one))
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
        yield " ".join(node.value.split())


def _is_state(target):
    by_name = isinstance(target, ast.Attribute) and target.attr == FIELD and isinstance(target.ctx, ast.Store)
    by_key = (
        isinstance(target, ast.Subscript) and "__dict__" in ast.unparse(target) and isinstance(target.ctx, ast.Store)
    )
    return by_name or by_key


def _call(call):
    name = ast.unparse(call.func).rpartition(".")[2]
    if name in ("setattr", "__setattr__"):
        given = call.args[-2]
        if not isinstance(given, ast.Constant) or given.value == FIELD:
            yield ast.unparse(call)
    elif name == "bulk_update":
        fields = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "fields")]
        if not all(
            isinstance(one, (ast.List, ast.Tuple)) and _constant(one) and FIELD not in _texts(one) for one in fields
        ):
            yield ast.unparse(call)
    elif name in SAVE_STATE:
        yield f"{name}({ast.unparse(call.args[0])}, {ast.unparse(call.args[1])})"
    elif name == "save" and not isinstance(call.func, ast.Attribute):
        yield from (found for found in _given(call, name) if "**" not in found)
    elif name in WRITES or name in MODELS or name == "save":
        yield from _given(call, name)


def _given(call, name):
    whom = f"{ast.unparse(call.args[0])}, " if call.args and not isinstance(call.args[0], ast.Starred) else ""
    for keyword in call.keywords:
        if keyword.arg == FIELD:
            yield f"{name}({whom}{FIELD}={ast.unparse(keyword.value)})"
        elif keyword.arg is None and not (isinstance(keyword.value, ast.Dict) and _plain(keyword.value)):
            yield f"{name}({whom}**{ast.unparse(keyword.value)})"
        elif keyword.arg in ("defaults", "create_defaults", "update_fields") and FIELD in _texts(keyword.value):
            yield f"{name}({whom}{keyword.arg}={ast.unparse(keyword.value)})"


def _plain(given):
    return all(isinstance(key, ast.Constant) for key in given.keys) and FIELD not in _texts(given)


def _constant(given):
    return all(isinstance(one, ast.Constant) for one in given.elts)


def _texts(node):
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
