"""cybertip.xml: a referral in the shape of a report to NCMEC's CyberTipline, for tools that read such reports.

Valid against cybertip.xsd beside this module, which is ours. Element names and values are theirs, wherever they
differ from the words of this project. Addresses stand as they were reported: programs read this. Pure.
"""

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from portal.desk.referring import answers, inert
from portal.desk.referring.model import Message, Referral

_TYPES = {
    "travel": "Child Sex Tourism",
    "grooming": "Online Enticement of Children for Sexual Acts",
    "website": "Child Pornography (possession, manufacture, and distribution)",
}
_OTHER_TYPE = "Child Sexual Molestation"
_WHEN = {
    "travel": ("date_from", "date_to"),
    "grooming": ("last_contact", "first_contact"),
    "website": ("seen_at",),
    "other": ("date_from",),
}
"""The questions that say when it happened; the first that is answered gives incidentDateTime."""
_ONLINE = {"game": "onlineGamingIncident", "sms": "cellPhoneIncident", "email": "emailIncident"}


def write(referral: Referral) -> bytes:
    """The bytes of cybertip.xml, UTF-8."""
    message = referral.messages[0]
    report = Element("report")
    _summary(report, referral, message)
    _DETAILS.get(message.channel, _elsewhere)(SubElement(report, "internetDetails"), message)
    _reporter(report, message)
    for key in ("suspect", "account"):
        for said in answers.blocks(message.answers, key):
            _person_or_user(report, said, answers.text(message.answers, "service_name"))
    for victim in _victims(message):
        _victim(report, victim)
    _text(report, "additionalInfo", _additional(referral))
    indent(report)
    body: bytes = tostring(report, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _summary(report: Element, referral: Referral, message: Message) -> None:
    summary = SubElement(report, "incidentSummary")
    _text(summary, "incidentType", _TYPES.get(message.channel, _OTHER_TYPE))
    if referral.urgent:
        labels = dict.fromkeys(flag.label for flag in referral.flags if flag.urgent)
        _text(summary, "escalateToHighPriority", "; ".join(labels) or "Marked as urgent by the desk's rules.")
    behaviours = answers.texts(message.answers, "behaviours")
    found = {"blackmail": "sextortion", "asked_images": "csamSolicitation"}
    if annotations := [name for value, name in found.items() if value in behaviours]:
        marked = SubElement(summary, "reportAnnotations")
        for name in annotations:
            SubElement(marked, name)
    moment, description = _moment(message)
    _text(summary, "incidentDateTime", moment)
    _text(summary, "incidentDateTimeDescription", description)


def _moment(message: Message) -> tuple[str, str]:
    """incidentDateTime, and what is really known of it."""
    known = [(key, answers.day(message.answers.get(key))) for key in _WHEN.get(message.channel, ())]
    said = "; ".join(f"{key}: {day or 'not known'}" for key, day in known)
    for key, day in known:
        if day:
            first = (day + "-01-01")[:10]
            return f"{first}T00:00:00Z", f"The first moment of what is known of {key}; the time of day is not. {said}."
    told = f" ({said})" if said else ""
    return f"{message.received}T00:00:00Z", f"When it happened is not known{told}: this is the day of the report."


def _web_page(details: Element, message: Message) -> None:
    incident = SubElement(details, "webPageIncident")
    for address in answers.texts(message.answers, "urls") or ["not known"]:
        _text(incident, "url", address)
    _text(incident, "additionalInfo", _said(message.answers, "page_hint", "access", "site_type", "poster"))


def _online(details: Element, message: Message) -> None:
    said = message.answers
    incident = SubElement(details, _ONLINE.get(answers.text(said, "service_type"), "chatImIncident"))
    names = [answers.text(block, "username") for block in answers.blocks(said, "account")]
    match incident.tag:
        case "onlineGamingIncident":
            _text(incident, "gameName", answers.text(said, "service_name"))
        case "chatImIncident":
            _text(incident, "chatClient", answers.text(said, "service_name"))
        case "emailIncident":
            for name in names:
                _text(incident, "emailAddress", name)
        case "cellPhoneIncident":
            for name in names:
                _text(incident, "phoneNumber", name)
    _text(incident, "additionalInfo", _said(said, "service_type", "behaviours", "meeting_details", "images_shared"))


def _elsewhere(details: Element, message: Message) -> None:
    said = message.answers
    incident = SubElement(details, "nonInternetIncident")
    _text(incident, "locationName", answers.text(said, "place_name", "institution", "place"))
    city, country = answers.text(said, "city"), answers.country(said, "country")
    if city or country:
        address = SubElement(incident, "incidentAddress")
        _text(address, "city", city)
        _text(address, "country", country)
    _text(incident, "additionalInfo", _said(said, "place_type", "signs", "ongoing", "subject"))


_DETAILS: dict[str, Callable[[Element, Message], None]] = {"website": _web_page, "grooming": _online}


def _reporter(report: Element, message: Message) -> None:
    person = SubElement(SubElement(report, "reporter"), "reportingPerson")
    for name, key in (("lastName", "contact_name"), ("phone", "contact_phone"), ("email", "contact_email")):
        _text(person, name, answers.text(message.answers, key))


def _person_or_user(report: Element, said: dict[str, Any], service: str) -> None:
    reported = SubElement(report, "personOrUserReported")
    if name := answers.text(said, "name"):
        _text(SubElement(reported, "personOrUserReportedPerson"), "lastName", name)
    user = answers.text(said, "username")
    _text(reported, "espService", service if user else "")
    _text(reported, "screenName", user or answers.text(said, "account"))
    _text(reported, "profileUrl", answers.text(said, "profile"))
    _text(reported, "additionalInfo", _said(said, *(said.keys() - {"name", "username", "account", "profile"})))


def _victims(message: Message) -> Iterator[dict[str, Any]]:
    yield from answers.blocks(message.answers, "child")
    asked = ("child_age_band", "child_country", "relation_to_child", "child_safe_now")
    if said := {key: message.answers[key] for key in asked if key in message.answers}:
        yield said


def _victim(report: Element, said: dict[str, Any]) -> None:
    victim = SubElement(report, "victim")
    if name := answers.text(said, "name"):
        _text(SubElement(victim, "victimPerson"), "lastName", name)
    _text(victim, "additionalInfo", _said(said, *(said.keys() - {"name"})))


def _additional(referral: Referral) -> str:
    parts = [
        f"Case {referral.case} of the desk {referral.desk}, referral {referral.number} of {referral.day}. "
        "Nobody at the desk has assessed the report; its incident type follows from the form that was used."
    ]
    if referral.keep_from:
        parts.append(f"The reporter asked to keep this from: {', '.join(referral.keep_from)}.")
    for message in referral.messages:
        parts.append(f"Message {message.number}, received {message.received}, language {message.language}")
        parts += [f"{said.label}: {said.value}" for said in message.labelled]
        parts += [message.narrative] if message.narrative else []
    return "\n\n".join(parts)


def _said(said: dict[str, Any], *keys: str) -> str:
    """Some answers in one text, in their order."""
    return "; ".join(f"{key}: {_value(answer)}" for key, answer in said.items() if key in keys)


def _value(answer: object) -> str:
    if isinstance(answer, list):
        return ", ".join(map(str, answer))
    return (answers.day(answer) or "unknown") if isinstance(answer, dict) else str(answer)


def _text(parent: Element, name: str, text: object) -> None:
    if text:
        SubElement(parent, name).text = inert.xml(str(text))
