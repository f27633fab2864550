"""docs/referral.schema.json, made from the structures:

python -m portal.desk.referring.schema > docs/referral.schema.json
"""

import json

import msgspec

from portal.desk.referring.model import Referral

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> str:
    """The JSON schema (draft 2020-12) of referral.json."""
    made = {"$schema": _DIALECT, "title": "referral.json, version 1", **msgspec.json.schema(Referral)}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
