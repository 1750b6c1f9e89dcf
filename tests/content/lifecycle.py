"""An oracle of what may leave, and for whom, while materials go through their lives.

The oracle keeps its own books, of what was done and when, and asks the hub nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

ROLES = {"child-protection-network": "protection", "a05": "agency", "digital-trust-alliance": "alliance"}
"""Who may approve, and as what."""
AUTHOR = "chongluadao"
INSIDE = (AUTHOR, *ROLES, "secretariat")
OUTSIDE = ("creator-mai", "meta")


@dataclass
class Version:
    material: int
    number: int
    mark: str
    """Stands in its title and, with another ending, in its bytes."""
    opens: int | None
    closes: int | None
    territory: tuple[str, ...]
    is_public: bool
    """Whether its licence is one that nobody has to accept."""
    state: str = "draft"
    approved_by: set[str] = field(default_factory=set)
    needs: frozenset[str] = frozenset()
    """Roles that had to say yes when it was published."""
    was_out: bool = False
    recalled: bool = False

    @property
    def title(self) -> str:
        return f"{self.mark}title"

    @property
    def content(self) -> str:
        return f"{self.mark}bytes"


class Oracle:
    def __init__(self, now: int) -> None:
        self.now = now
        self.versions: list[Version] = []
        self.withdrawn: set[int] = set()
        """Materials."""
        self.home = dict.fromkeys(OUTSIDE, "VN")
        self.licence = 1
        self.accepted: dict[str, int] = {}
        self.asked = {"protection", "agency"}
        """Roles that have to say yes to what is published now."""

    # What becomes of what is done. Each returns whether it may be done.

    def draft(self, version: Version) -> bool:
        of_it = [one for one in self.versions if one.material == version.material]
        if version.material in self.withdrawn or (of_it and of_it[-1].state not in ("published", "withdrawn")):
            return False
        self.versions.append(version)
        return True

    def submit(self, version: Version) -> bool:
        return self._move(version, ("draft",), "in_review")

    def decide(self, version: Version, who: str, approves: bool) -> bool:
        if who == AUTHOR or version.state not in ("in_review", "approved"):
            return False
        if not approves:
            version.state, version.approved_by = "draft", set()
            return True
        if who in version.approved_by:
            return False
        version.approved_by.add(who)
        if self.asked <= self._roles(version):
            version.state = "approved"
        return True

    def publish(self, version: Version) -> bool:
        if version.state != "approved" or not self.asked <= self._roles(version):
            return False
        for other in self.versions:
            if other.material == version.material and other.state == "published":
                other.state = "withdrawn"
        version.state, version.needs, version.was_out = "published", frozenset(self.asked), True
        return True

    def recall(self, version: Version) -> bool:
        if version.material in self.withdrawn or version.recalled:
            return False
        if version.state == "withdrawn" and not version.was_out:
            return False
        version.state, version.recalled = "withdrawn", version.was_out
        return True

    def recall_all(self, material: int) -> bool:
        if material in self.withdrawn:
            return False
        self.withdrawn.add(material)
        for version in self.versions:
            if version.material == material:
                version.state = "withdrawn"
        return True

    def _move(self, version: Version, froms: tuple[str, ...], to: str) -> bool:
        if version.state not in froms:
            return False
        version.state = to
        return True

    def _roles(self, version: Version) -> set[str]:
        return {ROLES[who] for who in version.approved_by}

    # What may leave.

    def released(self, version: Version) -> bool:
        """Whether anyone, anywhere may know of it."""
        return (
            version.state == "published"
            and version.needs <= self._roles(version)
            and bool(version.approved_by)
            and (version.opens is None or version.opens <= self.now)
            and (version.closes is None or self.now < version.closes)
        )

    def words(self, who: str, version: Version) -> bool:
        if who in INSIDE:
            return version.state != "withdrawn"
        return self.released(version) and (not version.territory or self.home[who] in version.territory)

    def bytes(self, who: str, version: Version) -> bool:
        if not self.words(who, version):
            return False
        return who in INSIDE or version.is_public or self.accepted.get(who) == self.licence

    def shown(self, who: str) -> Iterator[tuple[int, int]]:
        return ((one.material, one.number) for one in self.versions if self.words(who, one))
