"""A mark as a packet, and packets that anyone may have written."""

import dataclasses

import pytest

from jaxswap.provenance import marks, xmp


def test_a_packet_comes_back(mark):
    assert xmp.parse(xmp.to_xmp(mark).encode()) == mark


def test_a_packet_names_tool_and_source_type(mark):
    packet = xmp.to_xmp(mark)
    assert f'xmp:CreatorTool="jaxswap {mark.version}"' in packet
    assert f'Iptc4xmpExt:DigitalSourceType="{marks.COMPOSITE_SYNTHETIC}"' in packet


def test_a_packet_says_it_in_words(mark):
    said = '<rdf:li xml:lang="x-default">Synthetic media: faces in this image replaced by'
    assert said in xmp.to_xmp(mark, kind="image")


def test_the_number_of_swaps_is_bounded(mark):
    most = dataclasses.replace(mark, swaps=mark.swaps[:1] * marks.MAX_SWAPS)
    packet = xmp.to_xmp(most)
    assert xmp.parse(packet.encode()) == most
    more = packet.replace("<rdf:Seq>", "<rdf:Seq><rdf:li jaxswap:person='a' jaxswap:identity='b'/>")
    assert xmp.parse(more.encode()) is None


def test_deep_nesting_is_survived(mark):
    packet = xmp.to_xmp(mark)
    deep = packet.replace("</rdf:RDF>", "<a>" * 20_000 + "</a>" * 20_000 + "</rdf:RDF>").encode()
    assert len(deep) < marks.MAX_PACKET_BYTES
    assert xmp.parse(deep) == mark


BOMB = '<!DOCTYPE x [<!ENTITY a "' + "b" * 100 + '">]>'


@pytest.mark.parametrize(
    "change",
    [
        lambda packet: (BOMB + packet).encode(),
        lambda packet: (packet + " " * marks.MAX_PACKET_BYTES).encode(),
        lambda packet: packet.encode("utf-16"),
        lambda packet: packet.replace('"a"', '""').encode(),
        lambda packet: packet.replace(xmp.NAMESPACE, "http://example.org/").encode(),
        lambda packet: packet.replace("</rdf:RDF>", "").encode(),
    ],
    ids=["entities", "bulk", "another-encoding", "no-name", "another-tool", "no-xml"],
)
def test_what_is_not_to_be_trusted_is_no_mark(mark, change):
    assert xmp.parse(change(xmp.to_xmp(mark))) is None
