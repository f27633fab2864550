"""The table of fields names all that the channel files say."""

from portal.channels import load, wire_names
from portal.channels.table import table


def test_the_page_names_every_field_and_value():
    page = table()
    for channel in load().values():
        part = page.split(f"\n### {channel.key}\n")[1].split("\n### ")[0]
        for question in channel.questions():
            for inner in question.questions or (question,):
                name = f"{question.key}-N-{inner.key}" if question.questions else inner.key
                first = wire_names(inner)[0].removeprefix(inner.key)
                assert f"`{name}{first}`" in part
                assert all(f"`{option.value}`" in part for option in inner.options)
