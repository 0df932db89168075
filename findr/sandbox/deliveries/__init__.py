"""What vendors send to us by themselves: held back, lost, late, doubled, out of order or spoilt on request, and logged.

A vendor supplies each parcel's address, headers and body: Stripe's signed webhook, Google's push of headers alone,
Microsoft's notification with its clientState.
"""
