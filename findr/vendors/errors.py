"""How a vendor fails, in the two words that matter to whoever asked: may it work later, or has it been decided."""


class VendorError(Exception):
    """A vendor did not do what was asked.

    Args:
        retryable: True when nobody knows whether it was done, or it may work later (network, time-out, 429, 5xx);
            False when the vendor has decided.
        stored: the vendor keeps this failure under the idempotency key, so a retry needs a new key.
    """

    def __init__(self, message: str, *, retryable: bool, stored: bool = False) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.stored = stored
