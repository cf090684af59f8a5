"""XML documents out of text that may hold anything."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# What no XML 1.0 document may hold, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(root: Element) -> str:
    """The document, one element a line; forbidden characters become U+FFFD."""
    for element in root.iter():
        element.attrib.update({name: _legal(value) for name, value in element.attrib.items()})
        element.text = element.text and _legal(element.text)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
