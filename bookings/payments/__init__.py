"""The seam to the payment vendor: `base` says what findr needs, `stripe` is the one module that talks to Stripe."""
