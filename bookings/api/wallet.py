"""The wallet's endpoints: a patient's saved cards (contract 13).

Nothing of ours is changed that a key could be bound to: what an action asks of the vendor may be asked twice.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from bookings.payments import wallet
from bookings.payments.wallet_gateway import SavedCard
from findr.accounts.permissions import PatientOnly
from findr.api.actions import MADE_AGAIN, Actions, idempotent
from findr.api.http import body_of, success
from findr.api.identity import viewer_of


class WalletActions(Actions):
    """/api/payments/setup-intent, /api/payments/methods and what can be done to one of them"""

    permission_classes = [PatientOnly]

    @idempotent(replay=MADE_AGAIN)
    def begin_setup(self, request: Request) -> Response:
        """What the app needs to save a card."""
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        setup = wallet.begin_setup(patient_id=viewer_of(request).user_id, budget=self.budget)
        return success(
            clientSecret=setup.secrets.client_secret,
            customerId=setup.customer_id,
            ephemeralKey=setup.secrets.ephemeral_key,
        )

    def list(self, request: Request) -> Response:
        """The saved cards."""
        saved = wallet.saved_cards(patient_id=viewer_of(request).user_id, budget=self.budget)
        methods = [_method(card, is_default=card.id == saved.default_id) for card in saved.cards]
        return success(methods=methods, defaultMethodId=saved.default_id)

    @idempotent(replay=MADE_AGAIN)
    def remove(self, request: Request, method_id: str) -> Response:
        """Take a card out."""
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        wallet.remove_card(patient_id=viewer_of(request).user_id, method_id=method_id, budget=self.budget)
        return success()

    @idempotent(replay=MADE_AGAIN)
    def make_default(self, request: Request, method_id: str) -> Response:
        """Offer a card first."""
        body_of(request)  # Nothing is read from it; what is no JSON object is refused.
        wallet.make_default(patient_id=viewer_of(request).user_id, method_id=method_id, budget=self.budget)
        return success()


def _method(card: SavedCard, *, is_default: bool) -> dict[str, Any]:
    return {
        "id": card.id,
        "card": {"brand": card.brand, "last4": card.last4, "exp_month": card.exp_month, "exp_year": card.exp_year},
        "isDefault": is_default,
    }
