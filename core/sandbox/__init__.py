"""A hub to try things on: whoever wants to join opens an account, and is shown what of the exchange it has managed."""
