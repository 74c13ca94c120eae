"""A page read back as a tree, with nothing but the standard library."""

from __future__ import annotations

import html.parser
from collections.abc import Iterator
from dataclasses import dataclass, field

VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})


@dataclass
class Node:
    """One element."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    parts: list[Node | str] = field(default_factory=list)

    @property
    def children(self) -> list[Node]:
        return [part for part in self.parts if isinstance(part, Node)]

    @property
    def texts(self) -> list[str]:
        return [part for part in self.parts if isinstance(part, str)]

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, tag: str, **attrs: str) -> list[Node]:
        """Descendants of a tag whose attributes hold the given words."""
        return [
            node
            for node in self.walk()
            if node.tag == tag
            and all(
                word in node.attrs.get(name.strip("_"), "").split() for name, word in attrs.items()
            )
        ]

    @property
    def text(self) -> str:
        """All text in reading order, its white space as one blank."""
        said = (part if isinstance(part, str) else f" {part.text} " for part in self.parts)
        return " ".join("".join(said).split())


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].parts.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        found = self.open.pop()
        assert found.tag == tag, f"<{found.tag}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def parse(page: str) -> Node:
    """The page as a tree; every element that is opened must be closed."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == [reader.root], f"not closed: {[node.tag for node in reader.open[1:]]}"
    return reader.root
