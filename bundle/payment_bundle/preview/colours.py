"""Grafana's named colours, and the ones that it gives series in turn."""

from __future__ import annotations

import re

_SHADES = ("super-light", "light", "", "semi-dark", "dark")
#: Hue → shades from the lightest to the darkest, of Grafana's dark theme.
_HUES = {
    "red": ("#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"),
    "orange": ("#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"),
    "yellow": ("#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"),
    "green": ("#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"),
    "blue": ("#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"),
    "purple": ("#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"),
}
_NAMED = {
    **{
        f"{shade}-{hue}".lstrip("-"): colour
        for hue, colours in _HUES.items()
        for shade, colour in zip(_SHADES, colours, strict=True)
    },
    "gray": "#8E8E8E",
    "grey": "#8E8E8E",
    "white": "#FFFFFF",
    "black": "#000000",
    "text": "#8E8E8E",
    "transparent": "#8E8E8E00",
}
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,\s*[\d.]+\s*)?\)")
_CLASSIC = (
    *("green", "semi-dark-yellow", "light-blue", "semi-dark-orange", "red", "blue", "purple", "#705DA0"),
    *("dark-green", "yellow", "#447EBC", "#C15C17", "#890F02", "#0A437C", "#6D1F62", "#584477", "#B7DBAB"),
    *("#F4D598", "#70DBED", "#F9BA8F", "#F29191", "#82B5D8", "#E5A8E2", "#AEA2E0", "#629E51", "#E5AC0E"),
)
FALLBACK = "#8E8E8E"


def hexadecimal(name: str) -> str:
    """Return ``#RRGGBB`` (or with alpha) of a name or a colour of CSS; grey for what is neither."""
    if name in _NAMED:
        return _NAMED[name]
    if _HEX.fullmatch(name):
        return "#" + "".join(digit * 2 for digit in name[1:]) if len(name) == 4 else name
    if match := _RGB.fullmatch(name):
        return "#" + "".join(f"{min(int(part), 255):02X}" for part in match.groups())
    return FALLBACK


def classic(index: int) -> str:
    """Return the colour of the series at ``index``."""
    return hexadecimal(_CLASSIC[index % len(_CLASSIC)])


def translucent(colour: str, opacity: float) -> str:
    """Return ``colour`` (``#RRGGBB``) with an opacity from 0 to 1."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def readable_on(colour: str) -> str:
    """Return black or white, whichever reads better on ``colour``, or what the page has; the luminance is WCAG's."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    if colour == _NAMED["transparent"]:
        return "currentcolor"
    red, green, blue = (linear(channel) for channel in _channels(colour))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#FFFFFF"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
