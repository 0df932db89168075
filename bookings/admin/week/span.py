"""A part of the picture's height."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """`[top, bottom)` in the picture, in minutes from the midnight at its top."""

    top: int
    bottom: int

    def seen_in(self, window: "Span") -> "Span | None":
        """Its place in a picture that shows this much; None if nothing of it is there."""
        top, bottom = max(self.top, window.top), min(self.bottom, window.bottom)
        return Span(top - window.top, bottom - window.top) if top < bottom else None
