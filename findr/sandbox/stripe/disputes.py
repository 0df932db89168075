"""Disputes (https://docs.stripe.com/api/disputes): customers who ask their bank for the money back."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.dispute_shapes import new_dispute, withdrawal
from findr.sandbox.stripe.errors import bad_parameter, refused
from findr.sandbox.stripe.forms import Form
from findr.sandbox.stripe.lists import page

REASONS = (
    "credit_not_processed",
    "duplicate",
    "fraudulent",
    "general",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)
# An inquiry is only a question of the bank: no money moves, and the charge can still be refunded.
INQUIRY = "warning_needs_response"
ENDS = {"needs_response": ("won", "lost"), INQUIRY: ("warning_closed",)}
LET_GO = ("won", "warning_closed", INQUIRY)


def open_dispute(
    account: Account,
    charge: Object,
    amount: int | None = None,
    reason: str = "fraudulent",
    status: str = "needs_response",
) -> Object:
    """The bank disputes a captured charge, all of it or a part; the money is withdrawn unless it only inquires."""
    if reason not in REASONS or status not in ENDS:
        raise bad_parameter(f"A dispute's reason is one of {', '.join(REASONS)}, its status {' or '.join(ENDS)}.")
    if not charge["captured"] or charge["disputed"]:
        raise refused(f"Charge {charge['id']} was not captured, or is disputed already.")
    amount = charge["amount_captured"] if amount is None else amount
    if not 0 < amount <= charge["amount_captured"]:
        raise refused(f"The disputed amount is between 1 and {charge['amount_captured']}.", param="amount")
    charge["disputed"] = True
    account.save(charge)
    dispute = new_dispute(account.now(), charge, amount, reason, status)
    if status != INQUIRY:
        dispute["balance_transactions"].append(withdrawal(account.now(), dispute, -amount))
    account.save(dispute)
    account.emit("charge.dispute.created", dispute)
    if status != INQUIRY:
        account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide(account: Account, dispute: Object, status: str) -> Object:
    """The bank decides; a dispute that was won brings the money back."""
    if status not in ENDS.get(dispute["status"], ()):
        raise refused(f"Dispute {dispute['id']} has a status of {dispute['status']} and cannot become {status}.")
    before = dispute["status"]
    dispute.update(status=status, is_charge_refundable=False)
    if status == "won":
        dispute["balance_transactions"].append(withdrawal(account.now(), dispute, dispute["amount"]))
    account.save(dispute)
    account.emit("charge.dispute.closed", dispute, status=before)
    if status == "won":
        account.emit("charge.dispute.funds_reinstated", dispute)
    return dispute


def refundable(account: Account, charge: Object) -> bool:
    """Whether no dispute has taken the charge's money."""
    return all(dispute["status"] in LET_GO for dispute in account.ledger.newest_first("dispute", charge=charge["id"]))


def list_all(account: Account, params: Form) -> Object:
    """A page of disputes, of all or of one charge or intent."""
    wanted = {name: params[name] for name in ("charge", "payment_intent") if name in params}
    return page(account, "dispute", "/v1/disputes", params, **wanted)
