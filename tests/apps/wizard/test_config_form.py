"""Forms made from Config declarations."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from django.http import QueryDict
from pydantic import Field, model_validator

from apps.runs.specification import RunSpecification
from apps.runs.wizard.config_form import Fieldset, FormField, fieldset_for, values_from
from apps.runs.wizard.draft import CHOICES, SEED_FIELDS, WORK_FIELDS
from nas.core.budget import Budget
from nas.core.config import Config, setting
from nas.core.errors import FieldError, InvalidConfig
from nas.estimators.table_import import ColumnMeaning


class Colour(StrEnum):
    RED = "red"
    LIGHT_BLUE = "light_blue"


class Inner(Config):
    depth: int = setting(2, title="Depth", description="How deep.", ge=1, le=9)


class Everything(Config):
    count: int = setting(3, title="Count", description="How many.", unit="things", ge=1, le=10)
    above: float = setting(0.5, title="Above", description="A number.", gt=0, lt=1)
    limit: float | None = setting(None, title="Limit", description="Empty for none.", gt=0)
    text: str = setting("abc", title="Text", description="Words.", max_length=5)
    flag: bool = setting(True, title="Flag", description="On or off.")
    size: Literal[16, 32] = setting(16, title="Size", description="One of two.")
    colour: Colour = setting(Colour.RED, title="Colour", description="One.")
    many: tuple[Literal["a", "b", "c"], ...] = setting(("a",), title="Many", description="Some.")
    numbers: tuple[int, ...] = setting((1, 2), title="Numbers", description="A list.")
    hidden: int = setting(1, title="Hidden", description="Rarely changed.", advanced=True, ge=0)
    inner: Inner = setting(Inner(), title="Inner", description="A part.")
    source: str = setting("one", title="Source", description="Refers.", refers_to="dataset")

    @model_validator(mode="after")
    def _together(self) -> Everything:
        if self.count > 5 and not self.flag:
            raise ValueError("more than five need the flag")
        return self


def form(values: dict[str, object] | None = None, **more: object) -> Fieldset:
    return fieldset_for(Everything, values or {}, prefix="x.config", **more)  # type: ignore[arg-type]


def field(name: str, fieldset: Fieldset | None = None) -> FormField:
    (found,) = [one for one in (fieldset or form()).fields if one.name == f"x.config.{name}"]
    return found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("count", "integer"),
        ("above", "number"),
        ("limit", "number"),
        ("text", "text"),
        ("flag", "checkbox"),
        ("size", "select"),
        ("colour", "select"),
        ("many", "checkboxes"),
        ("numbers", "list"),
        ("source", "select"),
    ],
)
def test_the_type_decides_the_control(name: str, kind: str) -> None:
    assert field(name).kind == kind


def test_bounds_unit_and_help_come_from_the_declaration() -> None:
    count, above = field("count"), field("above")
    assert (count.minimum, count.maximum, count.unit, count.help) == ("1", "10", "things", "How many.")
    assert count.range == "1 to 10"
    assert above.range == "more than 0, less than 1"
    assert field("text").max_length == 5


def test_advanced_fields_stand_apart() -> None:
    assert [one.name for one in form().advanced] == ["x.config.hidden"]
    assert "x.config.hidden" not in [one.name for one in form().plain]


def test_a_part_inside_has_a_fieldset_of_its_own() -> None:
    (inner,) = form().nested
    assert [one.name for one in inner.fields] == ["x.config.inner.depth"]


def test_what_was_sent_becomes_a_config_with_its_types() -> None:
    data = QueryDict(
        "c.count=7&c.above=0.25&c.limit=&c.text=hi&c.flag=true&c.size=32&c.colour=light_blue&c.many=b&c.many=c"
        "&c.numbers=4,%205&c.hidden=3&c.inner.depth=5&c.source=two"
    )
    assert Everything.parse(values_from(Everything, data, prefix="c")) == Everything(
        count=7,
        above=0.25,
        limit=None,
        text="hi",
        flag=True,
        size=32,
        colour=Colour.LIGHT_BLUE,
        many=("b", "c"),
        numbers=(4, 5),
        hidden=3,
        inner=Inner(depth=5),
        source="two",
    )


def test_a_checkbox_that_was_not_sent_is_off_and_no_box_is_an_empty_list() -> None:
    values = values_from(Everything, QueryDict("c.count=1"), prefix="c")
    assert values["flag"] is False
    assert values["many"] == []
    assert "above" not in values


def test_wrong_input_is_shown_again_with_its_error_at_the_field() -> None:
    values = values_from(Everything, QueryDict("x.config.count=eleven&x.config.flag=true"), prefix="x.config")
    with pytest.raises(InvalidConfig) as caught:
        Everything.parse(values, prefix="x.config.")
    shown = form(values, errors=caught.value.errors)
    assert field("count", shown).value == "eleven"
    assert field("count", shown).errors == ("must be a whole number, got 'eleven'",)
    assert field("above", shown).errors == ()


def test_a_cross_field_error_is_shown_at_the_set() -> None:
    with pytest.raises(InvalidConfig) as caught:
        Everything.parse({"count": 6, "flag": False}, prefix="x.config.")
    shown = form(errors=caught.value.errors)
    assert shown.errors == ("more than five need the flag",)
    assert shown.has_errors


def test_an_error_of_a_field_nobody_can_see_is_shown_at_the_set() -> None:
    with pytest.raises(InvalidConfig) as caught:
        Everything.parse({"unknown": 6}, prefix="x.config.")
    assert form(errors=caught.value.errors).errors == ("there is no such setting",)


def test_a_reference_that_is_gone_is_said_to_be_so_and_not_exchanged() -> None:
    shown = form({"source": "17"}, references={"dataset": [("one", "First")]})
    chosen = [option for option in field("source", shown).options if option.is_chosen]
    assert [option.value for option in chosen] == ["17"]
    assert "not available" in chosen[0].label


def test_a_type_without_a_control_is_refused_instead_of_guessed() -> None:
    class Odd(Config):
        odd: Annotated[dict[str, int], Field(default_factory=dict)]

    with pytest.raises(TypeError, match="no form control"):
        fieldset_for(Odd, {}, prefix="odd")


@pytest.mark.parametrize(("place", "name"), [(place, name) for place, of in CHOICES.items() for name in of])
def test_every_registered_thing_survives_its_own_form(place: str, name: str) -> None:
    """What the form shows of the defaults, sent back unchanged, is the default configuration."""
    config = CHOICES[place].get(name).Config
    assert config.parse(_sent_back(fieldset_for(config, {}, prefix="c"), config)) == config()


def test_the_rest_of_a_run_survives_its_form() -> None:
    for config, only in (
        (Budget, None),
        (RunSpecification, (*SEED_FIELDS, *WORK_FIELDS)),
        (ColumnMeaning, ("role", "unit", "part")),
    ):
        shown = fieldset_for(config, {"role": "accuracy"}, prefix="c", only=only)
        assert {one.name for one in shown.fields} >= {f"c.{name}" for name in only or config.model_fields}


def _sent_back(fieldset: Fieldset, config: type[Config]) -> dict[str, object]:
    """What a browser would send of a form that nobody touched."""
    data = QueryDict(mutable=True)

    def put(part: Fieldset) -> None:
        for one in part.fields:
            if one.kind == "checkbox":
                if one.is_checked:
                    data.appendlist(one.name, "true")
            elif one.kind == "checkboxes":
                data.setlist(one.name, [option.value for option in one.options if option.is_chosen])
            elif one.kind == "select":
                chosen = [option.value for option in one.options if option.is_chosen]
                if one.options:  # of a list without entries a browser sends nothing
                    data.appendlist(one.name, (chosen or [one.options[0].value])[0])
            else:
                data.appendlist(one.name, one.value)
        for inner in part.nested:
            put(inner)
        for row_set in part.row_sets:
            data.appendlist(row_set.count_name, str(row_set.num_shown))
            for row in (*row_set.rows, *row_set.spare):
                put(row)

    put(fieldset)
    return values_from(config, data, prefix="c")


# --- lists of configurations ----------------------------------------------------------------------------------------------


class Only(Config):
    other: str = setting(title="Other", description="Which.")
    values: tuple[bool | int | float | str, ...] = setting(title="Values", description="Of these.", min_length=1)


class Row(Config):
    name: str = setting(title="Name", description="Its name.", refers_to="thing")
    low: float | None = setting(None, title="From", description="Smallest.")
    log: bool = setting(False, title="Log", description="Scale.")
    values: tuple[bool | int | float | str, ...] = setting((), title="Values", description="Listed.")
    only: Only | None = setting(None, title="Only if", description="Condition.", advanced=True)


class Table(Config):
    rows: tuple[Row, ...] = setting((Row(name="a", low=1),), title="Rows", description="Some.", max_length=3)


THINGS = {"thing": [("a", "Thing A"), ("b", "Thing B")]}


def table(**values: object) -> Fieldset:
    return fieldset_for(Table, values, prefix="c", references=THINGS)


def test_a_list_of_configs_is_rows_and_empty_ones_to_fill() -> None:
    (rows,) = table().row_sets
    assert (rows.name, rows.label, rows.help) == ("c.rows", "Rows", "Some.")
    assert [row.prefix for row in rows.rows] == ["c.rows.0"]
    assert [row.prefix for row in rows.spare] == ["c.rows.1", "c.rows.2"]  # no more than three are possible
    assert [option.value for option in rows.rows[0].fields[0].options if option.is_chosen] == ["a"]
    assert [option.value for option in rows.rows[0].fields[0].options] == ["", "a", "b"]  # empty takes it away
    assert [option.value for option in rows.spare[0].fields[0].options] == ["", "a", "b"]
    assert rows.spare[0].fields[0].options[0].is_chosen


def test_rows_that_were_sent_become_configs_and_emptied_ones_are_gone() -> None:
    data = QueryDict(
        "c.rows.rows=3&c.rows.0.name=&c.rows.0.low=4&c.rows.1.name=b&c.rows.1.low=1e-3&c.rows.1.log=true"
        '&c.rows.1.values=32, 0.5, true, relu, "7"&c.rows.1.only.other=a&c.rows.1.only.values=1'
        "&c.rows.2.name=a&c.rows.2.low=&c.rows.2.values=&c.rows.2.only.other=&c.rows.2.only.values="
    )
    first, second = Table.parse(values_from(Table, data, prefix="c")).rows
    assert first == Row(
        name="b", low=0.001, log=True, values=(32, 0.5, True, "relu", "7"), only=Only(other="a", values=(1,))
    )
    assert [type(value) for value in first.values] == [int, float, bool, str, str]
    assert second == Row(name="a")


def test_no_rows_at_all_is_an_empty_list_and_an_absent_one_its_default() -> None:
    assert values_from(Table, QueryDict("c.rows.rows=1&c.rows.0.name="), prefix="c") == {"rows": []}
    assert values_from(Table, QueryDict("c.other=1"), prefix="c") == {}
    assert values_from(Table, QueryDict("c.rows.rows=x&c.rows.0.name=a"), prefix="c") == {"rows": []}


def test_values_of_several_types_are_shown_as_they_are_read() -> None:
    row = {"name": "b", "values": [32, 0.5, True, "relu", "7"]}
    (rows,) = table(rows=[row]).row_sets
    (values,) = [field for field in rows.rows[0].fields if field.name == "c.rows.0.values"]
    assert values.value == '32, 0.5, true, relu, "7"'


def test_an_error_stands_at_its_row() -> None:
    errors = [FieldError("c.rows.0.low", "too low"), FieldError("c.rows", "choose at most 3")]
    (rows,) = fieldset_for(Table, {}, prefix="c", references=THINGS, errors=errors).row_sets
    assert rows.errors == ("choose at most 3",)
    assert [field.errors for field in rows.rows[0].fields if field.name == "c.rows.0.low"] == [("too low",)]
    assert fieldset_for(Table, {}, prefix="c", errors=errors[:1]).has_errors


def test_a_part_that_is_rarely_changed_stands_with_the_advanced_fields() -> None:
    row = table().row_sets[0].rows[0]
    assert [inner.title for inner in row.advanced_nested] == ["Only if"]
    assert row.plain_nested == ()
    assert row.has_advanced
