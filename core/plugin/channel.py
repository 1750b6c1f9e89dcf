"""Channel: a way to reach a partner at once, outside of the API."""

from abc import ABC, abstractmethod

from core.wire.notices import Notice


class Channel(ABC):
    """One way, named as contacts name it: `mail`, `webhook`. Objects hold settings and no state."""

    name: str

    @abstractmethod
    async def send(self, partner: int, address: str, notice: Notice) -> None:
        """Hand `notice` over to `address`, a contact of `partner`; returning means that the other side took it.

        Called on the plugin's lane, within a budget. Raises whatever went wrong: the caller notes it and tries the
        contact's next channel. May be called again with the same `notice.id`.
        """
