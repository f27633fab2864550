"""Where the parts come from: bills of materials, licences, known vulnerabilities, and the release that is signed.

    locks.py     the lock files, read strictly: a pin without a hash is an error
    licences.py  the licence of every package, and docs/licences.md
    sbom.py      the bill of materials (CycloneDX) of a portal and of a desk
    audit.py     pip-audit against an exported database, without network (`scripts/audit`)
    release.py   wheel, sources, bills of materials, checksums, signature (`scripts/release`)

`python -m deploy.supply` writes what is kept in the repository and made of the lock files; `scripts/lock` runs it.
"""
