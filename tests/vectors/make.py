"""Made the vectors of this folder, once, on 2026-11-25: `python -m tests.vectors.make`. Never run it over them again.

It uses the project's own code; `tests/second_reader.py`, written from docs/format.md with other libraries, reads them.
"""

import hashlib
import json
from pathlib import Path

import minisign

from portal import bundle, parcel, receipt, report
from portal.age import HybridIdentity, encrypt
from portal.receipt import ThreadKeys
from portal.report import Attachment, Draft, Reply

HERE = Path(__file__).parent
SECRET = bytes(range(32))
ENTROPY = bytes(range(100, 110))
DESK = HybridIdentity.from_seed(bytes([7]) * 32)
SECOND_DESK = HybridIdentity.from_seed(bytes([8]) * 32)
NONCE = bytes(range(16))
PICTURE = bytes(range(256)) * 300


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def seal(draft: Draft, keys: ThreadKeys, signer: ThreadKeys, files: list[bytes]) -> tuple[str, bytes]:
    identifier = report.item_id(draft, keys, NONCE)
    body = report.complete(draft, keys, identifier, "2026-11-25")
    contents = [parcel.Content(len(data), [data]) for data in files]
    text = report.as_text("Travel and tourism", [("What happened", draft.narrative)], draft.attachments)
    archive = parcel.pack(body, report.sign(body, signer), text, contents)
    return identifier.hex(), b"".join(encrypt([DESK.recipient, SECOND_DESK.recipient], archive))


def main() -> None:
    from portal.kdf import hkdf

    salt = hkdf(SECRET, b"portevoix/receipt/salt/v1", 16)
    keys = receipt.derive(ENTROPY, salt)
    stranger = receipt.derive(bytes(10), salt)
    answers = {"country": "TH", "signs": ["touching"], "suspect": [{"role": "traveller", "name": "Né"}]}
    plain = Draft("report", "travel", 1, "fr", answers, "Près de la plage.\n« Là »", [], [])
    attachment = Attachment("photo é.jpg", "image/jpeg", len(PICTURE), sha(PICTURE))
    with_file = Draft("report", "travel", 1, "en", {"country": "KH"}, "A hotel.", ["ecpat"], [attachment])
    items = dict([seal(plain, keys, keys, []), seal(with_file, keys, keys, [PICTURE])])
    _, forged = seal(plain, keys, stranger, [])
    _, lied = seal(with_file, keys, keys, [PICTURE[:-1] + b"?"])

    reply = Reply(
        format="portevoix/reply/1",
        id="0123456789abcdef" * 2,
        desk="police",
        day="2026-11-26",
        number=1,
        status="question",
        text="Was it « here »?\nThank you.",
        channel="travel",
        follow_up=["police"],
    )
    archive = parcel.pack_reply(report.write_reply(reply), reply.text)
    sealed_reply = b"".join(encrypt([keys.recipient], [archive]))

    portal_key, desk_key = minisign.KeyPair.generate(), minisign.KeyPair.generate()
    site = bundle.site(portal_key.public_key)
    entries = [bundle.BundleItem(name, sha(items[name]), len(items[name])) for name in sorted(items)]
    carried = bundle.Bundle(
        format="portevoix/bundle/1",
        direction="portal-to-desk",
        site=site,
        desk="police",
        counter=3,
        day="2026-11-25",
        items=entries,
        taken=["00" * 16],
        confirmed=2,
    )
    pack = bundle.Pack(
        format="portevoix/pack/1",
        direction="desk-to-portal",
        site=site,
        desk="police",
        counter=4,
        collected=[bundle.Collected(entry.id, entry.sha256) for entry in entries],
        replies=[bundle.PackReply(reply.id, keys.locator.hex(), sha(sealed_reply), len(sealed_reply))],
    )
    files = {
        "bundle.tar": b"".join(bundle.write(carried, portal_key.secret_key, ([items[e.id]] for e in entries))),
        "pack.tar": b"".join(bundle.write(pack, desk_key.secret_key, [[sealed_reply]])),
        "portal.pub": bytes(portal_key.public_key) + b"\n",
        "police.pub": bytes(desk_key.public_key) + b"\n",
        "refused-signed-by-another-thread.age": forged,
        "refused-attachment-hash.age": lied,
    }
    facts = {
        "receipt_secret": SECRET.hex(),
        "entropy": ENTROPY.hex(),
        "words": {name: receipt.encode(ENTROPY, name) for name in receipt.LISTS},
        "salt": salt.hex(),
        "identity_seed": keys.identity_seed.hex(),
        "sign_seed": keys.sign_seed.hex(),
        "item_key": keys.item_key.hex(),
        "recipient": str(keys.recipient),
        "verify_key": keys.verify_key.hex(),
        "locator": keys.locator.hex(),
        "nonce": NONCE.hex(),
        "desk_identities": [str(DESK), str(SECOND_DESK)],
        "site": site,
        "portal_fingerprint": bundle.fingerprint(portal_key.public_key),
    }
    files["facts.json"] = json.dumps(facts, indent=2, ensure_ascii=False).encode() + b"\n"
    for name, data in files.items():
        (HERE / "portevoix" / name).write_bytes(data)


if __name__ == "__main__":
    main()
