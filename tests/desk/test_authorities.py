import pytest

from portal.age import HybridIdentity, X25519Identity
from portal.desk import authorities, custody
from portal.desk.session import Desk
from portal.errors import DeskError

NEW, OLD = str(HybridIdentity.generate().recipient), str(X25519Identity.generate().recipient)


def test_police_is_there_from_the_start(desk: Desk) -> None:
    (police,) = authorities.listed(desk.casebook)
    assert (police.name, police.police, police.recipient) == ("police", True, None)


def test_add_change_and_remove(desk: Desk) -> None:
    made = authorities.add(desk, "parquet", "  Parquet\n du tribunal ", police=True, recipient=NEW)
    assert (made.title, made.police, made.is_post_quantum) == ("Parquet du tribunal", True, True)
    changed = authorities.add(desk, "parquet", "Parquet", recipient=OLD)
    assert (changed.title, changed.police, changed.is_post_quantum) == ("Parquet", False, False)
    assert authorities.find(desk.casebook, "parquet") == changed
    assert authorities.the_one_with_recipient(desk.casebook) == changed
    authorities.remove(desk, "parquet")
    with pytest.raises(DeskError, match="No authority is called 'parquet'"):
        authorities.find(desk.casebook, "parquet")
    acts = [record.details for record in custody.records(desk.casebook) if record.entry.act == "settings-changed"]
    assert [said and said["key"] for said in acts] == ["authority parquet"] * 3


@pytest.mark.parametrize(
    ("name", "title", "recipient", "reason"),
    [
        ("No Name", "Title", None, "small letters"),
        ("../x", "Title", None, "small letters"),
        ("lab", " ", None, "title"),
        ("lab", "x" * 201, None, "title"),
        ("lab", "Title", "age1pq1nonsense", "not one of age"),
        ("lab", "Title", NEW[:-1], "not one of age"),
        ("lab", "Title", "AGE-SECRET-KEY-1QQQQ", "not one of age"),
        ("lab", "Title", "ssh-ed25519 AAAA", "not one of age"),
    ],
)
def test_what_is_wrong_is_refused(desk: Desk, name: str, title: str, recipient: str | None, reason: str) -> None:
    with pytest.raises(DeskError, match=reason) as refused:
        authorities.add(desk, name, title, recipient=recipient)
    assert "QQQQ" not in str(refused.value)
    assert [known.name for known in authorities.listed(desk.casebook)] == ["police"]


def test_a_name_that_is_not_listed(desk: Desk) -> None:
    unknown = authorities.named(desk.casebook, "stopline")
    assert (unknown.title, unknown.police, unknown.recipient) == ("stopline", False, None)
    with pytest.raises(DeskError, match="No age recipient of stopline"):
        unknown.key  # noqa: B018
    with pytest.raises(DeskError, match="small letters"):
        authorities.named(desk.casebook, "Not A Name")
    with pytest.raises(DeskError, match="No authority with an age recipient"):
        authorities.the_one_with_recipient(desk.casebook)
    with pytest.raises(DeskError, match="No authority"):
        authorities.remove(desk, "stopline")
