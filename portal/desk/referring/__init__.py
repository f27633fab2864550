"""Referrals: what goes to the police, a prosecutor or a hotline, as a folder or as one age file.

    model         what referral.json says: the structures, and how they are filled from a case
    redaction     which of it stays here: the reporter's contact data without consent
    pdf, fonts    referral.pdf, set by typst from data alone
    urls          urls.csv
    cybertip      cybertip.xml, shaped as the reports of NCMEC's CyberTipline are
    case_jsonld   case.jsonld, CASE/UCO
    files         which attachments go, as sent or cleaned, and their index
    manifest      manifest.json and its signature
    writing       the folder, or the sealed file
    acting        `refer`: all of it in one act, and what the casebook remembers

Texts of reporters are data in every one of these formats, never markup.
"""

from portal.desk.referring.acting import Made, Wish, refer
from portal.desk.referring.manifest import FORMATS, Manifest, check
from portal.desk.referring.remembering import Referred, listed

__all__ = ["FORMATS", "Made", "Manifest", "Referred", "Wish", "check", "listed", "refer"]
