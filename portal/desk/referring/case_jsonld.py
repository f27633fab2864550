"""case.jsonld: a referral as CASE/UCO linked data, for tools of digital forensics (CASE 1.5, UCO 1.5).

An investigation; what was reported (addresses, accounts, a place, the attachments that go along); and two actions:
the report, and its referral. The same referral gives the same identifiers. Addresses stand as they were reported:
programs read this. Pure.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from portal.desk.referring import answers
from portal.desk.referring.model import Message, Referral
from portal.desk.referring.urls import addresses

_UCO = "https://ontology.unifiedcyberontology.org/uco"
CONTEXT = {
    "kb": "urn:portevoix:kb:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": f"{_UCO}/action/",
    "uco-core": f"{_UCO}/core/",
    "uco-identity": f"{_UCO}/identity/",
    "uco-location": f"{_UCO}/location/",
    "uco-observable": f"{_UCO}/observable/",
    "uco-types": f"{_UCO}/types/",
}
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:portevoix:kb")
_FORM = "suspicious-activity"
"""What comes closest in CASE's vocabulary of investigations: nobody has assessed the report."""

Node = dict[str, Any]


def write(referral: Referral) -> bytes:
    """The bytes of case.jsonld, UTF-8."""
    graph = _Graph(referral).nodes()
    bundle = {
        "@id": _id(referral, "bundle", ""),
        "@type": "uco-core:Bundle",
        "uco-core:object": [{"@id": node["@id"]} for node in graph],
    }
    return msgspec.json.format(msgspec.json.encode({"@context": CONTEXT, "@graph": [bundle, *graph]}), indent=2)


class _Graph:
    def __init__(self, referral: Referral) -> None:
        self._referral = referral

    def nodes(self) -> list[Node]:
        said = self._referral
        desk = self._organisation(said.desk, said.desk)
        others = [self._organisation(said.to.name, said.to.title)] if said.to else []
        objects = list(self._objects())
        record = self._record(objects)
        received = self._action("report", f"Report received by the desk {said.desk}", said.received, desk, [record])
        referred = self._action("referral", f"Referral {said.number} of the case", said.day, desk, [record])
        if others:
            referred["uco-action:participant"] = [{"@id": node["@id"]} for node in others]
        everything = [desk, *others, *objects, record, received, referred]
        return [self._investigation(everything), *everything]

    def _objects(self) -> Iterator[Node]:
        for found in addresses(self._referral):
            yield self._observable(
                "url", f"{found.message}/{found.address}", "URL", [_facet("URL", fullValue=found.address)]
            )
        for message in self._referral.messages:
            yield from self._accounts(message)
            yield from self._places(message)
            yield from self._files(message)

    def _accounts(self, message: Message) -> Iterator[Node]:
        service = answers.text(message.answers, "service_name")
        blocks = [block for key in ("account", "suspect") for block in answers.blocks(message.answers, key)]
        for number, block in enumerate(blocks):
            if name := answers.text(block, "username", "account"):
                facets = [_facet("Account", accountIdentifier=name)]
                if service:
                    facets.append(_facet("DigitalAccount", displayName=f"{name} ({service})"))
                yield self._observable("account", f"{message.number}/{number}", "ObservableObject", facets)

    def _places(self, message: Message) -> Iterator[Node]:
        said = message.answers
        parts = {
            "country": answers.country(said, "country", "child_country"),
            "locality": answers.text(said, "city"),
            "street": answers.text(said, "place_name", "institution", "place"),
        }
        if known := {f"uco-location:{key}": value for key, value in parts.items() if value}:
            facet = {"@type": "uco-location:SimpleAddressFacet", **known}
            yield {
                "@id": self._named("location", str(message.number)),
                "@type": "uco-location:Location",
                "uco-core:hasFacet": [self._with_id(facet, message.number)],
            }

    def _files(self, message: Message) -> Iterator[Node]:
        for attached in message.attachments:
            if attached.file:
                digest = {
                    "@type": "uco-types:Hash",
                    "uco-types:hashMethod": "SHA256",
                    "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": attached.copy_sha256},
                }
                size = {"@type": "xsd:integer", "@value": str(attached.copy_size)}
                facets = [
                    _facet("File", fileName=attached.file, sizeInBytes=size),
                    {**_facet("ContentData"), "uco-observable:hash": [self._with_id(digest, attached.number)]},
                ]
                yield self._observable("file", str(attached.number), "File", facets)

    def _observable(self, kind: str, key: str, type_: str, facets: list[Node]) -> Node:
        return {
            "@id": self._named(kind, key),
            "@type": f"uco-observable:{type_}",
            "uco-core:hasFacet": [self._with_id(facet, f"{kind}/{key}") for facet in facets],
        }

    def _organisation(self, name: str, title: str) -> Node:
        return {
            "@id": self._named("organization", name),
            "@type": "uco-identity:Organization",
            "uco-core:name": title,
        }

    def _record(self, objects: list[Node]) -> Node:
        return {
            "@id": self._named("provenance-record", ""),
            "@type": "case-investigation:ProvenanceRecord",
            "uco-core:description": f"What was reported in case {self._referral.case}; nobody has assessed it.",
            "uco-core:object": [{"@id": node["@id"]} for node in objects],
        }

    def _action(self, key: str, name: str, day: str, by: Node, results: list[Node]) -> Node:
        return {
            "@id": self._named("investigative-action", key),
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": name,
            "uco-action:startTime": {"@type": "xsd:dateTime", "@value": f"{day}T00:00:00Z"},
            "uco-action:performer": {"@id": by["@id"]},
            "uco-action:result": [{"@id": node["@id"]} for node in results],
        }

    def _investigation(self, everything: list[Node]) -> Node:
        said = self._referral
        texts = "\n\n".join(message.narrative for message in said.messages if message.narrative)
        return {
            "@id": self._named("investigation", ""),
            "@type": "case-investigation:Investigation",
            "uco-core:name": f"Case {said.case} of the desk {said.desk}",
            "uco-core:description": texts or said.channel_title,
            "case-investigation:investigationForm": _FORM,
            "case-investigation:focus": said.channel_title,
            "uco-core:object": [{"@id": node["@id"]} for node in everything],
        }

    def _named(self, kind: str, key: str) -> str:
        return _id(self._referral, kind, key)

    def _with_id(self, node: Node, key: object) -> Node:
        return {"@id": self._named(str(node["@type"]).partition(":")[2].lower(), str(key)), **node}


def _facet(kind: str, **values: Any) -> Node:
    return {
        "@type": f"uco-observable:{kind}Facet",
        **{f"uco-observable:{key}": value for key, value in values.items()},
    }


def _id(referral: Referral, kind: str, key: str) -> str:
    whole = f"{referral.desk}/{referral.case}/{referral.number}/{kind}/{key}"
    return f"kb:{kind}-{uuid.uuid5(_NAMESPACE, whole)}"
