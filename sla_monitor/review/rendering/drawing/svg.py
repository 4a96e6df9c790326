"""An SVG drawing, built with the standard library's XML writer, which escapes whatever it is given."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from sla_monitor.review.blocks import Picture

INK, SOFT, LINE, PAPER = "#1a1f28", "#566070", "#c3c9d2", "#ffffff"
GOOD, BAD, SEEN, UNSEEN, HELD = "#1a6b35", "#9c1217", "#dfe7f1", "#a9b0ba", "#5b4a9c"
SMALL = 9.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A canvas `width` by `height`; `id` is unique in its pack."""

    id: str
    width: float
    height: float
    root: Element

    def rect(self, x: float, y: float, width: float, height: float, **style: str) -> None:
        tag(self.root, "rect", x=number(x), y=number(y), width=number(width), height=number(height), **style)

    def line(self, x1: float, y1: float, x2: float, y2: float, **style: str) -> None:
        ends = {"x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2)}
        tag(self.root, "line", **ends, **({"stroke": LINE} | style))

    def path(self, points: list[tuple[float, float]], **style: str) -> None:
        told = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        tag(self.root, "polyline", points=told, **({"fill": "none", "stroke": INK} | style))

    def text(
        self, x: float, y: float, text: str, anchor: str = "start", *, fill: str = SOFT, is_on_lines: bool = False
    ) -> None:
        """`is_on_lines`: keeps what is drawn under it away from its letters."""
        style = {"text_anchor": anchor, "font_size": number(SMALL), "fill": fill}
        if is_on_lines:
            style |= {"paint_order": "stroke", "stroke": PAPER, "stroke_width": "3", "stroke_linejoin": "round"}
        tag(self.root, "text", text, x=number(x), y=number(y), **style)

    def hatching(self, name: str, colour: str, back: str) -> str:
        """A fill of slanted lines; gives what a shape's `fill` says."""
        full = f"{self.id}-{name}"
        pattern = tag(
            self.root, "pattern", id=full, width="5", height="5", patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )  # fmt: skip
        tag(pattern, "rect", width="5", height="5", fill=back)
        tag(pattern, "line", x1="0", y1="0", x2="0", y2="5", stroke=colour, stroke_width="3")
        return f"url(#{full})"

    def picture(self, title: str, description: str) -> Picture:
        """The finished drawing, with its words for those who cannot see it."""
        for name, text in (("desc", description), ("title", title)):
            said = Element(name, {"id": f"{self.id}-{name}"})
            said.text = text
            self.root.insert(0, said)
        self.root.set("aria-labelledby", f"{self.id}-title {self.id}-desc")
        text = tostring(self.root, encoding="unicode")
        return Picture(self.id, title, description, text, self.width, self.height)


def drawing(name: str, width: float, height: float) -> Drawing:
    """An empty canvas."""
    box = f"0 0 {number(width)} {number(height)}"
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "role": "img"})
    return Drawing(name, width, height, root)


def tag(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """An element; an underscore in an attribute's name stands for a hyphen."""
    element = SubElement(parent, name, {key.replace("_", "-"): value for key, value in attributes.items()})
    element.text = text or None
    return element


def number(value: float) -> str:
    """A coordinate with no more digits than can be seen."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
