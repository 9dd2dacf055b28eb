"""A mark as an XMP packet, and back.

Reference: https://developer.adobe.com/xmp/docs/XMPSpecifications/ (ISO 16684-1)
"""

from xml.etree import ElementTree
from xml.sax import saxutils

from jaxswap.provenance import marks

NAMESPACE = "urn:jaxswap:mark:1.0#"
"""Names the properties that are ours; nothing is fetched from it."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = "http://ns.adobe.com/xap/1.0/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

_PROPERTIES = {
    "tool": f"{{{NAMESPACE}}}tool",
    "version": f"{{{NAMESPACE}}}version",
    "run_fingerprint": f"{{{NAMESPACE}}}runFingerprint",
    "digital_source_type": f"{{{_IPTC}}}DigitalSourceType",
}
_SWAPS = f"{{{NAMESPACE}}}swaps"
_PERSON, _IDENTITY = f"{{{NAMESPACE}}}person", f"{{{NAMESPACE}}}identity"

# The packet's begin and end are fixed by the specification, its id included.
_TEMPLATE = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="{rdf}">
  <rdf:Description rdf:about=""
    xmlns:xmp="{xmp}"
    xmlns:Iptc4xmpExt="{iptc}"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:jaxswap="{jaxswap}"
    xmp:CreatorTool={creator}
    Iptc4xmpExt:DigitalSourceType={digital_source_type}
    jaxswap:tool={tool}
    jaxswap:version={version}
    jaxswap:runFingerprint={run_fingerprint}>
   <jaxswap:swaps>
    <rdf:Seq>{swaps}</rdf:Seq>
   </jaxswap:swaps>
   <dc:description>
    <rdf:Alt><rdf:li xml:lang="x-default">{comment}</rdf:li></rdf:Alt>
   </dc:description>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def to_xmp(mark: marks.Mark, *, kind: str = "video") -> str:
    """The XMP packet of a mark.

    Args:
        mark: what the output says about itself.
        kind: what the output is, for its description: video or image.
    """
    quoted = {name: saxutils.quoteattr(getattr(mark, name)) for name in _PROPERTIES}
    swaps = "".join(
        f"<rdf:li jaxswap:person={saxutils.quoteattr(swap.person)}"
        f" jaxswap:identity={saxutils.quoteattr(swap.identity)}/>"
        for swap in mark.swaps
    )
    return _TEMPLATE.format(
        rdf=_RDF,
        xmp=_XMP,
        iptc=_IPTC,
        jaxswap=NAMESPACE,
        creator=saxutils.quoteattr(f"{mark.tool} {mark.version}"),
        swaps=swaps,
        comment=saxutils.escape(marks.comment(mark, kind=kind)),
        **quoted,
    )


def parse(packet: bytes) -> marks.Mark | None:
    """The mark in an XMP packet, or None if it has none of ours or is not to be trusted.

    A packet that is too long, not UTF-8, without our namespace, or with a document type (the only
    place where XML can define entities) is refused before any XML is parsed.
    """
    if len(packet) > marks.MAX_PACKET_BYTES:
        return None
    try:
        text = packet.decode("utf-8").strip("\ufeff\0 \t\r\n")
        if NAMESPACE not in text or "<!" in text:
            return None
        root = ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError):
        return None
    for description in root.iter(f"{{{_RDF}}}Description"):
        mark = _mark(description)
        if mark is not None:
            return mark
    return None


def _mark(description: ElementTree.Element) -> marks.Mark | None:
    values = {name: description.get(key) or "" for name, key in _PROPERTIES.items()}
    items = description.findall(f"{_SWAPS}/{{{_RDF}}}Seq/{{{_RDF}}}li")
    try:
        swaps = tuple(
            marks.MarkedSwap(person=item.get(_PERSON) or "", identity=item.get(_IDENTITY) or "")
            for item in items
        )
        return marks.Mark(swaps=swaps, **values)
    except ValueError:
        return None
