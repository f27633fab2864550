"""Both readers, the project's and the one written from docs/format.md alone, agree on the frozen vectors."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import minisign
import pytest
from cryptography.exceptions import InvalidSignature

from portal import bundle, parcel, receipt, report
from portal.age import HybridIdentity, decrypt
from portal.errors import ReportError
from portal.receipt import ThreadKeys
from portal.report import Attachment, Draft
from portal.sealing import Sealing
from tests import second_reader

FOLDER = Path(__file__).parent / "vectors" / "portevoix"
FACTS = json.loads((FOLDER / "facts.json").read_text())
SEEDS = [second_reader.bech32(identity) for identity in FACTS["desk_identities"]]


def seconds(name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    key = {"bundle.tar": "portal.pub", "pack.tar": "police.pub"}[name]
    return second_reader.read_signed((FOLDER / name).read_bytes(), (FOLDER / key).read_text())


@pytest.mark.parametrize("name", receipt.LISTS)
def test_words_become_the_same_keys(name: str) -> None:
    words = FACTS["words"][name]
    entropy = second_reader.read_words(words, name)
    thread = second_reader.derive(entropy, bytes.fromhex(FACTS["receipt_secret"]))
    ours = receipt.derive(receipt.decode(" ".join(words))[0], bytes.fromhex(FACTS["salt"]))
    assert entropy.hex() == FACTS["entropy"]
    assert (thread.identity, thread.sign, thread.item) == (ours.identity_seed, ours.sign_seed, ours.item_key)
    assert ours.locator.hex() == FACTS["locator"]


def test_items_of_the_bundle() -> None:
    manifest, files = seconds("bundle.tar")
    assert sorted(files) == [entry["id"] for entry in manifest["items"]]
    for identifier, data in files.items():
        for seed in SEEDS:
            value, contents = second_reader.read_item(data, seed)
            ours, our_contents = read_ours(data, seed)
            assert value == json.loads(json.dumps(value | {"id": ours.id}))
            assert contents == our_contents
            assert value["id"] == identifier
            item_key = bytes.fromhex(FACTS["item_key"])
            assert second_reader.item_id(value, item_key, bytes.fromhex(FACTS["nonce"])) == identifier
            recipient = second_reader.bech32(value["recipient"])
            located = hashlib.sha256(b"portevoix/locator/v1" + recipient + bytes.fromhex(value["verify_key"]))
            assert located.hexdigest() == FACTS["locator"] == ours.locator.hex()


def test_an_item_that_was_sealed_while_it_came(tmp_path: Path) -> None:
    keys = ThreadKeys(*(bytes.fromhex(FACTS[name]) for name in ("identity_seed", "sign_seed", "item_key")))
    files = [bytes(range(256)) * 600, b"", b"x" * 65_024]
    entries = [Attachment("a", "image/jpeg", len(file), hashlib.sha256(file).hexdigest()) for file in files]
    draft = Draft("report", "travel", 1, "en", {}, "A hotel.", [], entries)
    body = report.complete(draft, keys, report.item_id(draft, keys, bytes(16)), "2026-11-25")
    with Sealing(tmp_path) as sealing:
        for file in files:
            sealing.begin()
            sealing.write(file)
            sealing.end()
        recipients = [HybridIdentity.from_seed(seed).recipient for seed in SEEDS]
        sealing.finish(body, report.sign(body, keys), "A hotel.\n", recipients)
        item = b"".join(sealing.pieces())
    for seed in SEEDS:
        value, contents = second_reader.read_item(item, seed)
        assert value == json.loads(body)
        assert contents == files == read_ours(item, seed)[1]


def read_ours(data: bytes, seed: bytes) -> tuple[report.Report, list[bytes]]:
    box = parcel.Parcel(decrypt([HybridIdentity.from_seed(seed)], [data]))
    value = report.read(box.front.report, box.front.signature)
    return value, [b"".join(pieces) for _, _, pieces in box.attachments()]


def test_the_reply_of_the_pack() -> None:
    manifest, files = seconds("pack.tar")
    [entry] = manifest["replies"]
    plain = second_reader.open_age(files[entry["id"]], bytes.fromhex(FACTS["identity_seed"]))
    value = second_reader.canonical(second_reader.untar(plain)["reply.json"])
    assert len(plain) == 16_384
    assert (value["status"], entry["locator"]) == ("question", FACTS["locator"])
    keys = ThreadKeys(bytes.fromhex(FACTS["identity_seed"]), bytes(32), bytes(32))
    ours = report.read_reply(parcel.unpack_reply(decrypt([keys.identity], [files[entry["id"]]])))
    assert ours.text == value["text"]


@pytest.mark.parametrize(("name", "kind"), [("bundle.tar", bundle.Bundle), ("pack.tar", bundle.Pack)])
def test_we_read_what_the_second_reader_reads(name: str, kind: Any) -> None:
    reader = bundle.Reader([(FOLDER / name).read_bytes()])
    keys = [minisign.PublicKey.from_file(FOLDER / key) for key in ("portal.pub", "police.pub")]
    reader.front.verified(keys)
    manifest = reader.manifest(kind)
    contents: Iterable[bytes] = [b"".join(pieces) for _, pieces in reader.members(manifest)]
    assert list(contents) == list(seconds(name)[1].values())
    assert manifest.site == FACTS["site"] == bundle.site(keys[0])
    assert bundle.fingerprint(keys[0]) == FACTS["portal_fingerprint"]


def test_a_report_signed_by_another_thread_is_refused_by_both() -> None:
    data = (FOLDER / "refused-signed-by-another-thread.age").read_bytes()
    with pytest.raises(InvalidSignature):
        second_reader.read_item(data, SEEDS[0])
    with pytest.raises(ReportError):
        read_ours(data, SEEDS[0])


def test_an_attachment_with_another_hash_is_seen_by_both() -> None:
    data = (FOLDER / "refused-attachment-hash.age").read_bytes()
    with pytest.raises(AssertionError):
        second_reader.read_item(data, SEEDS[0])
    value, [content] = read_ours(data, SEEDS[0])
    assert hashlib.sha256(content).hexdigest() != value.attachments[0].sha256
