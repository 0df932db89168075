"""Which of Stripe's operations the sandbox serves, and the parameters each takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from findr.sandbox.ledger import Object
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
    Check,
    Form,
    address,
    boolean,
    check_form,
    clearable,
    either,
    group,
    integer,
    listing,
    metadata,
    one_of,
    require,
    text,
)
from findr.sandbox.stripe.intent_parameters import check_new_intent, check_ways, refuse_old_words
from findr.sandbox.stripe.lists import PAGE, PAGE_BY_TIME


def _nothing_more(_params: Form) -> None:
    """No check beyond each parameter's own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One of Stripe's operations: who does it, its parameters, and what is checked across them before it runs."""

    handler: Callable[..., Object]
    checks: Mapping[str, Check] = field(default_factory=dict)
    before: Callable[[Form], None] = _nothing_more


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
CONFIRMATION: dict[str, Check] = {
    **EXPAND,
    **CONFIRMING,
    **{
        name: INTENT[name]
        for name in (
            "allowed_payment_method_types", "capture_method", "payment_method", "payment_method_options",
            "receipt_email", "setup_future_usage",
        )
    },
}  # fmt: skip
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
SETUP_CONFIRMATION: dict[str, Check] = {
    **EXPAND,
    "allowed_payment_method_types": listing(),
    "payment_method": text,
    "payment_method_options": group(card=group(request_three_d_secure=REQUEST_3DS)),
    "return_url": address,
    "use_stripe_sdk": boolean,
}
NEW_SETUP: dict[str, Check] = {
    **SETUP_CONFIRMATION,
    "automatic_payment_methods": NEW_INTENT["automatic_payment_methods"],
    "confirm": boolean,
    "customer": text,
    "description": text,
    "excluded_payment_method_types": listing(),
    "metadata": metadata,
    "payment_method_configuration": text,
    "usage": one_of("off_session", "on_session"),
}
METHOD_TYPE: dict[str, Check] = {"type": text, "allow_redisplay": one_of("always", "limited", "unspecified")}


def _attachment(params: Form) -> None:
    require(params, "customer")


# Ids in the path are written {}; the keys are the method and the path after /v1/.
OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "payment_intents"): Operation(payment_intents.create, NEW_INTENT, check_new_intent),
    ("GET", "payment_intents"): Operation(payment_intents.list_all, {**PAGE_BY_TIME, "customer": text}),
    ("GET", "payment_intents/{}"): Operation(payment_intents.retrieve, {**EXPAND, "client_secret": text}),
    ("POST", "payment_intents/{}"): Operation(payment_intents.update, INTENT, check_ways),
    ("POST", "payment_intents/{}/confirm"): Operation(payment_intents.confirm, CONFIRMATION, check_ways),
    ("POST", "payment_intents/{}/capture"): Operation(payment_intents.capture_intent, CAPTURE),
    ("POST", "payment_intents/{}/cancel"): Operation(
        payment_intents.cancel, {**EXPAND, "cancellation_reason": CANCELLATION}
    ),
    ("POST", "refunds"): Operation(refunds.create, REFUND, refunds.check_new_refund),
    ("GET", "refunds"): Operation(refunds.list_all, {**PAGE_BY_TIME, "charge": text, "payment_intent": text}),
    ("GET", "refunds/{}"): Operation(refunds.retrieve, EXPAND),
    ("POST", "refunds/{}"): Operation(refunds.update, {**EXPAND, "metadata": metadata}),
    ("GET", "charges"): Operation(refunds.list_charges, {**PAGE_BY_TIME, "customer": text, "payment_intent": text}),
    ("GET", "charges/{}"): Operation(refunds.retrieve_charge, EXPAND),
    ("POST", "customers"): Operation(customers.create, {**CUSTOMER, "payment_method": text}),
    ("GET", "customers"): Operation(customers.list_all, {**PAGE_BY_TIME, "email": text}),
    ("GET", "customers/{}"): Operation(customers.retrieve, EXPAND),
    ("POST", "customers/{}"): Operation(customers.update, CUSTOMER),
    ("DELETE", "customers/{}"): Operation(customers.delete),
    ("GET", "customers/{}/payment_methods"): Operation(payment_methods.list_of_customer, {**PAGE, **METHOD_TYPE}),
    ("GET", "customers/{}/payment_methods/{}"): Operation(payment_methods.retrieve_of_customer, EXPAND),
    ("GET", "payment_methods"): Operation(payment_methods.list_all, {**PAGE, **METHOD_TYPE, "customer": text}),
    ("GET", "payment_methods/{}"): Operation(payment_methods.retrieve, EXPAND),
    ("POST", "payment_methods/{}/attach"): Operation(payment_methods.attach, {**EXPAND, "customer": text}, _attachment),
    ("POST", "payment_methods/{}/detach"): Operation(payment_methods.detach, EXPAND),
    ("POST", "setup_intents"): Operation(setup_intents.create, NEW_SETUP, setup_intents.check_new_setup),
    ("GET", "setup_intents"): Operation(
        setup_intents.list_all, {**PAGE_BY_TIME, "customer": text, "payment_method": text}
    ),
    ("GET", "setup_intents/{}"): Operation(setup_intents.retrieve, {**EXPAND, "client_secret": text}),
    ("POST", "setup_intents/{}/confirm"): Operation(setup_intents.confirm, SETUP_CONFIRMATION, check_ways),
    ("POST", "setup_intents/{}/cancel"): Operation(
        setup_intents.cancel,
        {**EXPAND, "cancellation_reason": one_of("abandoned", "duplicate", "requested_by_customer")},
    ),
    ("POST", "ephemeral_keys"): Operation(
        ephemeral_keys.create, {**EXPAND, "customer": text}, ephemeral_keys.check_new_key
    ),
    ("DELETE", "ephemeral_keys/{}"): Operation(ephemeral_keys.delete, EXPAND),
    ("GET", "disputes"): Operation(disputes.list_all, {**PAGE_BY_TIME, "charge": text, "payment_intent": text}),
    ("GET", "disputes/{}"): Operation(disputes.retrieve, EXPAND),
    ("POST", "disputes/{}/close"): Operation(disputes.close, EXPAND),
    ("GET", "events"): Operation(
        events.list_all,
        {**PAGE_BY_TIME, "delivery_success": boolean, "type": text, "types": listing()},
        events.check_types,
    ),
    ("GET", "events/{}"): Operation(events.retrieve, EXPAND),
}


def find_operation(method: str, path: str) -> tuple[Operation, list[str], str] | None:
    """The operation of a path below /v1/, the ids in it, and the kind of object it answers."""
    parts = path.split("/")
    pattern = "/".join("{}" if number % 2 else part for number, part in enumerate(parts))
    operation = OPERATIONS.get((method, pattern))
    if operation is None:
        return None
    noun = "payment_method" if parts[2:] and parts[2] == "payment_methods" else parts[0].removesuffix("s")
    lists = method == "GET" and len(parts) % 2 == 1
    return operation, parts[1::2], f"{noun} list" if lists else noun


def checked(operation: Operation, form: Form, kind: str) -> Form:
    """The parameters, checked; 400 before anything is done."""
    refuse_old_words(form)
    params = check_form(form, operation.checks)
    operation.before(params)
    check_expansion(kind, params.get("expand", []))
    return params
