"""Text in XML files."""

import re
from xml.sax.saxutils import escape, quoteattr

# What XML 1.0 cannot hold, not even escaped: control characters, halves of pairs, U+FFFE, U+FFFF.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_attribute(text: object) -> str:
    """Return a value as an attribute in quotes; what XML cannot hold becomes U+FFFD."""
    return quoteattr(_NOT_XML.sub("\ufffd", str(text)))


def xml_content(text: object) -> str:
    """Return a value as the text of an element; what XML cannot hold becomes U+FFFD."""
    return escape(_NOT_XML.sub("\ufffd", str(text)), {"\r": "&#13;"})
