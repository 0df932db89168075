"""Which of Stripe's operations the sandbox serves, and the parameters each takes."""

from __future__ import annotations

from findr.sandbox.routes import ANYTHING, Check, Operation, RouteTable
from findr.sandbox.stripe import (
    customers,
    disputes,
    ephemeral_keys,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)
from findr.sandbox.stripe.expansion import check_expansion
from findr.sandbox.stripe.forms import (
    Form,
    address,
    boolean,
    clearable,
    either,
    group,
    integer,
    listing,
    metadata,
    one_of,
    text,
)
from findr.sandbox.stripe.intent_parameters import check_new_intent, refuse_old_words
from findr.sandbox.stripe.lists import PAGE, PAGE_BY_TIME

EXPAND: dict[str, Check] = {"expand": listing()}
CAPTURE_METHOD = one_of("automatic", "automatic_async", "manual")
REQUEST_3DS = one_of("any", "automatic", "challenge")
OPTIONS = group(
    card=group(request_three_d_secure=REQUEST_3DS, setup_future_usage=one_of("none", "off_session", "on_session"))
)
ADDRESS = group(
    city=clearable, country=clearable, line1=clearable, line2=clearable, postal_code=clearable, state=clearable
)
INTENT: dict[str, Check] = {
    **EXPAND,
    "allowed_payment_method_types": listing(),
    "amount": integer(),
    "capture_method": CAPTURE_METHOD,
    "currency": lambda name, value: text(name, value).lower(),
    "customer": text,
    "description": clearable,
    "metadata": metadata,
    "payment_method": text,
    "payment_method_options": OPTIONS,
    "receipt_email": clearable,
    "setup_future_usage": one_of("off_session", "on_session"),
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "transfer_group": text,
}
CONFIRMING: dict[str, Check] = {
    "error_on_requires_action": boolean,
    "off_session": either(boolean, "one_off", "recurring"),
    "return_url": address,
    "use_stripe_sdk": boolean,
}
NEW_INTENT: dict[str, Check] = {
    **INTENT,
    **CONFIRMING,
    "automatic_payment_methods": group(enabled=boolean, allow_redirects=one_of("always", "never")),
    "confirm": boolean,
    "confirmation_method": one_of("automatic", "manual"),
    "excluded_payment_method_types": listing(),
    "payment_method_configuration": text,
}
CUSTOMER: dict[str, Check] = {
    **EXPAND,
    "address": ADDRESS,
    "description": clearable,
    "email": clearable,
    "invoice_settings": group(default_payment_method=clearable),
    "metadata": metadata,
    "name": clearable,
    "phone": clearable,
    "preferred_locales": listing(),
}
CANCELLATION = one_of("abandoned", "duplicate", "fraudulent", "requested_by_customer")
REFUND: dict[str, Check] = {
    **EXPAND,
    "amount": integer(1),
    "charge": text,
    "metadata": metadata,
    "payment_intent": text,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"),
}
CAPTURE: dict[str, Check] = {
    **EXPAND,
    "amount_to_capture": integer(1),
    "final_capture": boolean,
    "metadata": metadata,
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
}
NEW_SETUP: dict[str, Check] = {
    **EXPAND,
    "allowed_payment_method_types": listing(),
    "automatic_payment_methods": NEW_INTENT["automatic_payment_methods"],
    "confirm": boolean,
    "customer": text,
    "description": text,
    "excluded_payment_method_types": listing(),
    "metadata": metadata,
    "payment_method": text,
    "payment_method_configuration": text,
    "payment_method_options": group(card=group(request_three_d_secure=REQUEST_3DS)),
    "return_url": address,
    "usage": one_of("off_session", "on_session"),
    "use_stripe_sdk": boolean,
}
METHOD_TYPE: dict[str, Check] = {"type": text, "allow_redisplay": one_of("always", "limited", "unspecified")}


# Those that findr calls, and the deletion of a customer, which somebody may do in the dashboard.
# Ids in the path are written {}; the keys are the method and the path after /v1/.
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "payment_intents"): Operation(payment_intents.create, NEW_INTENT, check_new_intent),
    ("GET", "payment_intents"): Operation(payment_intents.list_all, {**PAGE_BY_TIME, "customer": text}),
    ("GET", "payment_intents/{}"): Operation(payment_intents.retrieve, {**EXPAND, "client_secret": text}),
    ("POST", "payment_intents/{}/capture"): Operation(payment_intents.capture_intent, CAPTURE),
    ("POST", "payment_intents/{}/cancel"): Operation(
        payment_intents.cancel, {**EXPAND, "cancellation_reason": CANCELLATION}
    ),
    ("POST", "refunds"): Operation(refunds.create, REFUND, refunds.check_new_refund),
    ("GET", "refunds"): Operation(refunds.list_all, {**PAGE_BY_TIME, "charge": text, "payment_intent": text}),
    ("POST", "customers"): Operation(customers.create, {**CUSTOMER, "payment_method": text}),
    ("GET", "customers"): Operation(customers.list_all, {**PAGE_BY_TIME, "email": text}),
    ("GET", "customers/{}"): Operation(customers.retrieve, EXPAND),
    ("POST", "customers/{}"): Operation(customers.update, CUSTOMER),
    ("DELETE", "customers/{}"): Operation(customers.delete),
    ("GET", "customers/{}/payment_methods"): Operation(payment_methods.list_of_customer, {**PAGE, **METHOD_TYPE}),
    ("GET", "customers/{}/payment_methods/{}"): Operation(payment_methods.retrieve_of_customer, EXPAND),
    ("POST", "payment_methods/{}/detach"): Operation(payment_methods.detach, EXPAND),
    ("POST", "setup_intents"): Operation(setup_intents.create, NEW_SETUP, setup_intents.check_new_setup),
    ("POST", "ephemeral_keys"): Operation(
        ephemeral_keys.create, {**EXPAND, "customer": text}, ephemeral_keys.check_new_key
    ),
    ("GET", "disputes"): Operation(disputes.list_all, {**PAGE_BY_TIME, "charge": text, "payment_intent": text}),
    ("GET", "events"): Operation(
        events.list_all,
        {**PAGE_BY_TIME, "delivery_success": boolean, "type": text, "types": listing()},
        events.check_types,
    ),
}
TABLE = RouteTable({(method, f"v1/{pattern}"): operation for (method, pattern), operation in OPERATIONS.items()})


def find_operation(method: str, path: str) -> tuple[Operation, list[str], str]:
    """The operation of a path, the ids in it, and the kind of object it answers."""
    pattern, operation, ids = TABLE.find(method, path)
    nouns = [part for part in pattern.split("/")[1:] if part != ANYTHING]
    noun = ("payment_method" if nouns[-1] == "payment_methods" else nouns[0]).removesuffix("s")
    lists = method == "GET" and not pattern.endswith(ANYTHING)
    return operation, ids, f"{noun} list" if lists else noun


def read_parameters(operation: Operation, form: Form, kind: str) -> Form:
    """The parameters, checked; 400 before anything is done."""
    refuse_old_words(form)
    params = operation.read(form)
    check_expansion(kind, params.get("expand", []))
    return params
