"""Builds the desk's kit: one archive with everything for a machine that has never seen a network (`scripts/desk-kit`).

    portevoix-desk/READ-ME.txt             what to do, in English and French
    portevoix-desk/SHA256SUMS              of every other file, for `sha256sum -c`
    portevoix-desk/SHA256SUMS.minisig      its signature, where there is a key to sign with
    portevoix-desk/manual/                 docs/desk.md, docs/desk.fr.md as pages, and their pictures
    portevoix-desk/linux/install.sh        installs for the person who runs it, without any question
    portevoix-desk/linux/requirements.txt  every wheel by name, version and hash
    portevoix-desk/linux/wheels/           for x86-64 with glibc, and each Python that was asked for
    portevoix-desk/windows/Desk.cmd        opens the desk; nothing is installed
    portevoix-desk/windows/python/         Python as python.org ships it for embedding, the wheels unpacked in it

Rules kept here: nothing goes in whose hash is not pinned, in `requirements/desk.lock` or here; what a wheel needs is in
the kit, or there is no kit; the same sources give the same bytes.
"""
