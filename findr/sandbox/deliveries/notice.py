"""What is to be delivered, and what the engine asks of the vendor whose notices it delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

# How a delivery is spoilt on purpose, by the words of the vendor's ``spoils``: ``{"forge": 0}``, ``{"postdate": 3600}``.
Spoils: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told. ``to``: which channel, subscription or endpoint takes it. ``about``: an object's id."""

    id: str
    type: str
    to: str
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One HTTP POST as it is sent now. ``noted``: what the log says of it beside the usual."""

    url: str
    headers: dict[str, str]
    body: bytes = b""
    noted: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a vendor delivers. ``retry_seconds``: the pauses before each further try.

    ``retry_statuses``: the answers after which it tries again; None: after each that is no 2xx. It always does so when
    nobody answers.
    """

    retry_seconds: tuple[float, ...] = (1.0, 5.0, 30.0)
    timeout_seconds: float = 10.0
    at_once: int = 4
    retry_statuses: frozenset[int] | None = None

    def tries_again_after(self, status: int | None) -> bool:
        """Whether an attempt that was answered so is made again."""
        return status is None or self.retry_statuses is None or status in self.retry_statuses


class Supplier(Protocol):
    """The vendor's side of its deliveries. It keeps its notices: the engine keeps the ids of those on their way."""

    # Actions of rules beyond the engine's own that spoil a delivery, so that an honest receiver must refuse it.
    spoils: ClassVar[tuple[str, ...]]

    def find(self, identity: str) -> Notice | None:
        """A notice that was made, whether it was delivered or not."""

    def parcel(self, notice: Notice, spoils: Spoils) -> Parcel | None:
        """The notice as it is sent at this moment, spoilt if so asked; None if nobody takes it (any more)."""

    def expected(self, notice: Notice) -> None:
        """It is on its way."""

    def settled(self, notice: Notice, *, delivered: bool) -> None:
        """It arrived, or is given up."""
