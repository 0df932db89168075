"""Which characters somebody sees, and what a text of one line may hold (contract 9.1)."""

import unicodedata

from django.core.exceptions import ValidationError

# Letters and signs by their category that nevertheless are drawn as nothing: the fillers of Hangul, the empty pattern of
# Braille, the null note head. https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159")
# Marks by their category that draw nothing: the joiner of graphemes, inherent vowels, the selectors of variants.
_SELECTORS = frozenset(
    map(chr, (0x034F, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
# Control, format (zero-width spaces, joiners, marks of direction), line and paragraph separators, and no characters.
_INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_BREAKING = frozenset({"Cc", "Zl", "Zp"})
# Embeddings, overrides and isolates of direction, and the deprecated controls beside them: what stands behind one is
# shown in another order than it is stored. https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x2070))))


def is_invisible(character: str) -> bool:
    """Whether nobody sees it. White space is not meant: it is seen between two words."""
    return unicodedata.category(character) in _INVISIBLE or character in _BLANKS or character in _SELECTORS


def shows_something(text: str) -> bool:
    """Whether there is at least one visible character: a letter, a digit, a sign."""
    return any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANKS for one in text)


def validate_line(text: str) -> None:
    """A name, or other text of one line: it shows something, and neither breaks nor turns the line that it stands in.

    Joiners and marks of direction may be in it: Persian, Sinhala and Hebrew names are written with them.

    Raises:
        ValidationError
    """
    if not shows_something(text):
        raise ValidationError("Enter at least one visible character.", code="invalid")
    if any(unicodedata.category(one) in _BREAKING or one in _TURNING for one in text):
        raise ValidationError("Line breaks and other control characters are not allowed here.", code="invalid")
