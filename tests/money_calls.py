"""Which call of the vendor's a rule of the sandbox is about."""

CREATE = {"method": "POST", "path": "/v1/payment_intents"}
CAPTURE = {"method": "POST", "path": "/v1/payment_intents/*/capture"}
CANCEL = {"method": "POST", "path": "/v1/payment_intents/*/cancel"}
REFUND = {"method": "POST", "path": "/v1/refunds"}
