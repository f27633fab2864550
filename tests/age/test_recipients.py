"""Each recipient type by itself: what its stanza must be, and what its keys give away."""

import hashlib
import inspect
import subprocess
import sys

import pytest

from portal.age import (
    HybridIdentity,
    HybridRecipient,
    Identity,
    Recipient,
    ScryptIdentity,
    ScryptRecipient,
    Stanza,
    X25519Identity,
    X25519Recipient,
    limits,
)
from portal.age.primitives import encode_base64
from portal.errors import HeaderFailure, KeyFailure

FILE_KEY = b"sixteen byte key"
HYBRID = HybridIdentity.generate()
X25519 = X25519Identity.generate()
PASSPHRASE = ScryptIdentity("passphrase")
PAIRS = [(HYBRID.recipient, HYBRID), (X25519.recipient, X25519), (ScryptRecipient("passphrase", 2), PASSPHRASE)]
NAMES = ["hybrid", "x25519", "scrypt"]


@pytest.mark.parametrize(("recipient", "identity"), PAIRS, ids=NAMES)
def test_wrap_and_unwrap(recipient: Recipient, identity: Identity) -> None:
    stanza = recipient.wrap(FILE_KEY)
    assert identity.unwrap([stanza]) == FILE_KEY
    assert len(stanza.body) == 32
    assert recipient.wrap(FILE_KEY).body != stanza.body


@pytest.mark.parametrize(("recipient", "identity"), PAIRS, ids=NAMES)
def test_stanzas_of_other_types_are_ignored(recipient: Recipient, identity: Identity) -> None:
    stanza = recipient.wrap(FILE_KEY)
    assert identity.unwrap([Stanza((stanza.type.swapcase(), *stanza.arguments[1:]), stanza.body)]) is None
    assert identity.unwrap([Stanza(("example.org/other",), b"")]) is None


@pytest.mark.parametrize(("recipient", "identity"), PAIRS, ids=NAMES)
def test_malformed_stanzas(recipient: Recipient, identity: Identity) -> None:
    stanza = recipient.wrap(FILE_KEY)
    kind, argument, *rest = stanza.arguments
    for arguments, body in [
        ((kind,), stanza.body),
        ((*stanza.arguments, "x"), stanza.body),
        ((kind, argument + "=", *rest), stanza.body),
        ((kind, argument[:-1] + ("B" if argument[-1] == "A" else chr(ord(argument[-1]) + 1)), *rest), stanza.body),
        ((kind, argument[4:], *rest), stanza.body),
        ((kind, "AAAA" + argument, *rest), stanza.body),
        ((kind, "A A", *rest), stanza.body),
        (stanza.arguments, stanza.body[:-1]),
        (stanza.arguments, stanza.body + b"\0"),
        (stanza.arguments, b""),
    ]:
        with pytest.raises(HeaderFailure, match=r"base64|wrong size"):
            identity.unwrap([Stanza(arguments, body)])


def test_only_the_right_stanza_of_several_is_opened() -> None:
    others = [HybridIdentity.generate().recipient.wrap(FILE_KEY) for _ in range(3)]
    assert HYBRID.unwrap(others) is None
    assert HYBRID.unwrap([*others, HYBRID.recipient.wrap(b"another file key"[:16])]) == b"another file key"[:16]


LOW_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    2**255 - 20,
    2**255 - 19,
    2**255 - 18,
    2**255,
]


@pytest.mark.parametrize("point", LOW_ORDER)
def test_points_of_low_order_are_refused(point: int) -> None:
    share = point.to_bytes(32, "little")
    with pytest.raises(HeaderFailure, match="forbidden"):
        X25519.unwrap([Stanza(("X25519", encode_base64(share)), bytes(32))])
    with pytest.raises(KeyFailure):
        X25519Recipient(share)
    enc = bytes(HYBRID.recipient)[:1088] + share
    with pytest.raises(HeaderFailure, match="forbidden"):
        HYBRID.unwrap([Stanza(("mlkem768x25519", encode_base64(enc)), bytes(32))])
    with pytest.raises(KeyFailure):
        HybridRecipient.from_bytes(bytes(HYBRID.recipient)[:1184] + share)


@pytest.mark.parametrize("index", [0, 1, 766, 767])
def test_the_modulus_check(index: int) -> None:
    """FIPS 203 section 7.2: two coefficients of 12 bits lie in 3 bytes, and each must be less than 3329."""
    data = bytearray(bytes(HYBRID.recipient))
    start = index // 2 * 3
    pair = int.from_bytes(data[start : start + 3], "little")
    for coefficient, accepted in ((3328, True), (3329, False), (4095, False)):
        shift = index % 2 * 12
        changed = pair & ~(0xFFF << shift) | coefficient << shift
        data[start : start + 3] = changed.to_bytes(3, "little")
        if accepted:
            assert bytes(HybridRecipient.from_bytes(bytes(data))) == data
        else:
            with pytest.raises(KeyFailure, match="ML-KEM"):
                HybridRecipient.from_bytes(bytes(data))


@pytest.mark.parametrize("size", [0, 31, 33, 1215, 1217])
def test_sizes_of_keys(size: int) -> None:
    for make in (HybridRecipient.from_bytes, HybridIdentity.from_seed, X25519Recipient, X25519Identity):
        with pytest.raises(KeyFailure):
            make(bytes(size))


@pytest.mark.parametrize("identity", [HYBRID, X25519, PASSPHRASE], ids=NAMES)
def test_secrets_are_not_shown(identity: Identity) -> None:
    for text in (repr(identity), f"{[identity]}", f"{(identity,)}"):
        assert "SECRET" not in text
        assert "passphrase" not in text
        assert str(identity)[-20:] not in text or identity is PASSPHRASE
    assert identity is PASSPHRASE or repr(identity) == f"{type(identity).__name__}(…)"


@pytest.mark.parametrize("kind", [HybridIdentity, X25519Identity], ids=NAMES[:2])
def test_keys_that_are_made_differ_and_compare_by_what_they_are(kind: type[HybridIdentity | X25519Identity]) -> None:
    one, other = kind.generate(), kind.generate()
    again = type(one.recipient).parse(str(one.recipient))
    assert one.recipient == again
    assert len({one.recipient, again, other.recipient}) == 2
    assert one.recipient != other.recipient
    assert hash(one.recipient) == hash(again) != hash(other.recipient)
    assert one.recipient != str(one.recipient)


@pytest.mark.parametrize("identity", [HYBRID, X25519], ids=NAMES[:2])
def test_identities_and_recipients_as_text(identity: HybridIdentity | X25519Identity) -> None:
    again = type(identity).parse(str(identity))
    assert str(again) == str(identity)
    assert again.recipient == identity.recipient
    assert repr(identity.recipient) == f"{type(identity.recipient).__name__}.parse('{identity.recipient}')"


class TestScrypt:
    @pytest.mark.parametrize("work_factor", [-1, 0, limits.SCRYPT_WORK_FACTOR + 1])
    def test_work_factor_of_a_recipient(self, work_factor: int) -> None:
        with pytest.raises(KeyFailure):
            ScryptRecipient("x", work_factor)

    def test_the_usual_and_the_highest_work_factor(self) -> None:
        assert inspect.signature(ScryptRecipient).parameters["work_factor"].default == 18
        ScryptRecipient("x", limits.SCRYPT_WORK_FACTOR)

    def test_more_memory_than_libcrypto_gives_unasked(self) -> None:
        stanza = ScryptRecipient("passphrase", 15).wrap(FILE_KEY)
        assert ScryptIdentity("passphrase").unwrap([stanza]) == FILE_KEY

    def test_work_factor_of_an_identity(self) -> None:
        stanza = ScryptRecipient("passphrase", 3).wrap(FILE_KEY)
        assert ScryptIdentity("passphrase", max_work_factor=3).unwrap([stanza]) == FILE_KEY
        with pytest.raises(HeaderFailure, match="higher than 2"):
            ScryptIdentity("passphrase", max_work_factor=2).unwrap([stanza])

    @pytest.mark.parametrize("digits", ["0", "01", "+1", "-1", "1.0", "0x1", "1e1", "１", "21", "9" * 5000])
    def test_work_factors_that_are_refused(self, digits: str) -> None:
        stanza = ScryptRecipient("passphrase", 1).wrap(FILE_KEY)
        changed = Stanza((*stanza.arguments[:2], digits), stanza.body)
        with pytest.raises(HeaderFailure):
            ScryptIdentity("passphrase", max_work_factor=99).unwrap([changed])

    def test_text_and_bytes_are_the_same_passphrase(self) -> None:
        stanza = ScryptRecipient("grüezi", 1).wrap(FILE_KEY)
        assert ScryptIdentity("grüezi".encode()).unwrap([stanza]) == FILE_KEY
        assert ScryptIdentity("gruezi").unwrap([stanza]) is None

    def test_memory_that_is_refused_is_told_in_mib(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*given: object, **named: object) -> bytes:
            raise MemoryError

        stanza = ScryptRecipient("x", 11).wrap(FILE_KEY)
        monkeypatch.setattr(hashlib, "scrypt", refuse)
        with pytest.raises(HeaderFailure, match="needs 2 MiB"):
            ScryptIdentity("x").unwrap([stanza])

    def test_too_little_memory(self) -> None:
        code = """if True:
            import resource
            from portal.age import ScryptIdentity, Stanza
            resource.setrlimit(resource.RLIMIT_AS, (700 * 2**20, 700 * 2**20))
            try:
                ScryptIdentity("x").unwrap([Stanza(("scrypt", "A" * 22, "20"), bytes(32))])
            except Exception as error:
                print(type(error).__name__, error)
        """
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout == "HeaderFailure The passphrase needs 1024 MiB of memory; there is not that much.\n"
