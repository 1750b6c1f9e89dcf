"""Addresses of cryptocurrencies, as chain:address.

Each is checked as its chain's own software checks it, so a mistyped one is refused where the chain allows to tell.
"""

import re
from collections.abc import Callable

import msgspec

from core.signals.kinds.checksums import base58, base58check, is_eip55, is_segwit
from core.signals.kinds.text import clean
from core.wire.kinds import Canonical

_ETHEREUM = re.compile("0[xX][0-9a-fA-F]{40}")
_TRANSFER = re.compile(r"[^/?]*/transfer\?(?:.*&)?address=([^&]+)(?:&.*)?")
_NOT_AN_ADDRESS = "Expected chain:address, or an address that shows its chain, with its checksum right."
_NO_CHAIN = "Expected chain:address, on one of {}."


def _legacy_or_segwit(versions: bytes, prefix: str) -> Callable[[str], str | None]:
    """Base58Check of 20 bytes under one of the version bytes as it is, or a witness address in lower case."""

    def fold(address: str) -> str | None:
        # Upper case is for QR codes; a mix is refused by BIP 173.
        lower = address.lower() if address.isupper() else address
        if prefix and lower.startswith(f"{prefix}1"):
            return lower if is_segwit(lower, prefix) else None
        payload = base58check(address)
        return address if payload and len(payload) == 21 and payload[0] in versions else None

    return fold


def _ethereum(address: str) -> str | None:
    """Lower case; the case of a mixed one is its checksum. The zero address belongs to nobody."""
    digits = address[2:]
    if not _ETHEREUM.fullmatch(address) or not digits.strip("0"):
        return None
    uniform = digits in (digits.lower(), digits.upper())
    return f"0x{digits.lower()}" if uniform or is_eip55(digits) else None


def _solana(address: str) -> str | None:
    """A public key of 32 bytes, without a checksum. All zeros is the system's own program."""
    key = base58(address) if 32 <= len(address) <= 44 else None
    return address if key and len(key) == 32 and any(key) else None


class Chain(msgspec.Struct, frozen=True):
    name: str
    aliases: tuple[str, ...]
    fold: Callable[[str], str | None]
    """The one spelling of an address of this chain; None for any other text."""
    certain: bool = True
    """Whether an address shows by itself that it is of this chain."""


CHAINS = (
    Chain("bitcoin", ("btc", "xbt"), _legacy_or_segwit(b"\x00\x05", "bc")),
    # One key holds the same address on every chain that runs Ethereum's machine.
    Chain(
        "ethereum", ("eth", "evm", "erc20", "bsc", "bnb", "bep20", "polygon", "matic", "arbitrum", "base"), _ethereum
    ),
    Chain("tron", ("trx", "trc20"), _legacy_or_segwit(b"\x41", "")),
    Chain("solana", ("sol", "spl"), _solana, certain=False),
    Chain("litecoin", ("ltc",), _legacy_or_segwit(b"\x30\x32", "ltc")),
    Chain("dogecoin", ("doge",), _legacy_or_segwit(b"\x1e\x16", "")),
)
_BY_WORD = {word: chain for chain in CHAINS for word in (chain.name, *chain.aliases)}


def parse_crypto_address(value: str) -> Canonical:
    """chain:address, also from a payment URI (BIP 21, EIP-681) or without its chain where the address shows it."""
    text = clean(value)
    word, colon, address = text.partition(":")
    if colon:
        chain = _BY_WORD.get(word.strip().lower())
        if chain is None:
            raise ValueError(_NO_CHAIN.format(", ".join(chain.name for chain in CHAINS)))
        chains: tuple[Chain, ...] = (chain,)
        address = _payee(address.strip().removeprefix("//"))
    else:
        chains, address = tuple(chain for chain in CHAINS if chain.certain), text
    for chain in chains:
        # No form is longer than a witness address, and Base58 takes time in the square of the length.
        if len(address) <= 90 and (folded := chain.fold(address)):
            return Canonical(f"{chain.name}:{folded}", f"{chain.name}:{folded}")
    raise ValueError(_NOT_AN_ADDRESS)


def _payee(rest: str) -> str:
    """Who is paid by a URI: in a transfer of tokens that is a parameter, and what stands first is the token."""
    if transfer := _TRANSFER.fullmatch(rest):
        return transfer[1]
    return re.split("[?@]", rest, maxsplit=1)[0].removeprefix("pay-")
