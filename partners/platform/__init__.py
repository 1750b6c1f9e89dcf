"""Anyone who can act on an identifier: social platforms, banks, wallets, telecoms, registrars."""
