"""The bill of materials of a portal or a desk: CycloneDX 1.6 as JSON.

It is made of a lock file and of the installed metadata alone, so the same lock gives the same bytes: no time, and a
serial number that is computed from what is in it.
"""

import json
import uuid
from collections.abc import Sequence

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.contrib.this.builders import this_component
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.bom_ref import BomRef
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from deploy.supply.licences import Package
from deploy.supply.locks import PROJECT

LICENCE = "GPL-3.0-or-later"
"""Of the project itself."""


def bill(part: str, version: str, packages: Sequence[Package]) -> str:
    """The bill of materials of `part` ("portal" or "desk") of the project's `version`, as JSON text."""
    bom = Bom()
    # Its own description of itself has the addresses of registries.
    tool = this_component()
    bom.metadata.tools.components.add(Component(type=tool.type, name=tool.name, version=tool.version))
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION,
        name=PROJECT,
        version=version,
        bom_ref=PROJECT,
        licenses=[LicenseFactory().make_from_string(LICENCE)],
        properties=[Property(name=f"{PROJECT}:part", value=part)],
    )
    components = {one.pin.name: _component(one) for one in packages}
    everything = {PROJECT: bom.metadata.component, **components}
    wanted: dict[str, list[Component]] = {name: [] for name in everything}
    for one in packages:
        bom.components.add(components[one.pin.name])
        for name in one.pin.wanted_by:
            # What is only built with is asked for by no package.
            wanted[name if name in wanted else PROJECT].append(components[one.pin.name])
    for name, needs in wanted.items():
        bom.register_dependency(everything[name], needs)
    return _timeless(JsonV1Dot6(bom).output_as_string())


def _component(one: Package) -> Component:
    url = PackageURL("pypi", name=one.pin.name, version=one.pin.version)
    # The lock names every file of a release that pip may take: these are theirs, and not of one thing.
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=content) for content in one.pin.hashes]
    return Component(
        type=ComponentType.LIBRARY,
        name=one.pin.name,
        version=one.pin.version,
        description=one.summary,
        licenses=[LicenseFactory().make_from_string(one.licence)],
        purl=url,
        bom_ref=BomRef(url.to_string()),
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(url.to_string()), hashes=hashes)
        ],
    )


def _timeless(text: str) -> str:
    bill = json.loads(text)
    del bill["metadata"]["timestamp"], bill["serialNumber"]
    same = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_URL, same).urn
    return json.dumps(bill, sort_keys=True, indent=1) + "\n"
