"""The ranges of card numbers (PAN), as the schemes publish them."""

from __future__ import annotations

_MAESTRO = tuple(range(12, 20))
#: First and last prefix, and the lengths of the numbers. Sorted, without overlaps.
#: MyDebit cards run on Visa's and Mastercard's ranges. Of Maestro's wide range (50, 56 to 69) only the prefixes in use
#: stand here: 60 begins every telephone number of Malaysia.
ISSUERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("2221", "2720", (16,)),  # Mastercard
    ("300", "305", (14,)),  # Diners Club
    ("3095", "3095", (14,)),  # Diners Club
    ("34", "34", (15,)),  # American Express
    ("3528", "3589", (16,)),  # JCB
    ("36", "36", (14,)),  # Diners Club
    ("37", "37", (15,)),  # American Express
    ("38", "39", (14,)),  # Diners Club
    ("4", "4", (13, 16, 19)),  # Visa
    ("5018", "5018", _MAESTRO),
    ("5020", "5020", _MAESTRO),
    ("5038", "5038", _MAESTRO),
    ("51", "55", (16,)),  # Mastercard
    ("5893", "5893", _MAESTRO),
    ("6011", "6011", (16, 17, 18, 19)),  # Discover
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("6304", "6304", _MAESTRO),
    ("644", "649", (16, 17, 18, 19)),  # Discover
    ("65", "65", (16, 17, 18, 19)),  # Discover
    ("6759", "6759", _MAESTRO),
    ("6761", "6763", _MAESTRO),
)
