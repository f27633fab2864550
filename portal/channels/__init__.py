"""The channels: one form each, its questions, its texts, and what its answers look like.

Pure but for `load`, which reads the channel files once.
"""

from portal.channels.answers import Answers, advice, check_answers, is_urgent
from portal.channels.describing import describe
from portal.channels.form import Form, Problem, read_form
from portal.channels.loading import BUILT_IN, load
from portal.channels.model import (
    LANGUAGES,
    LATER_LANGUAGES,
    NARRATIVE,
    UNKNOWN,
    Channel,
    Option,
    Question,
    Section,
    Text,
    wire_names,
)

__all__ = [
    "BUILT_IN",
    "LANGUAGES",
    "LATER_LANGUAGES",
    "NARRATIVE",
    "UNKNOWN",
    "Answers",
    "Channel",
    "Form",
    "Option",
    "Problem",
    "Question",
    "Section",
    "Text",
    "advice",
    "check_answers",
    "describe",
    "is_urgent",
    "load",
    "read_form",
    "wire_names",
]
