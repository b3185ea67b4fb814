import pytest

from twofold.domain.fields import (
    Field,
    FieldType,
    ProfileError,
    Role,
    field_in_role,
    require_sound,
)


def test_a_name_may_stand_for_one_field_only():
    field = Field("age", FieldType.NUMBER, Role.FEATURE)

    with pytest.raises(ProfileError, match="`age` is declared 2 times"):
        require_sound([field, field])


@pytest.mark.parametrize("role", [Role.PREDICTION, Role.LABEL])
def test_a_schema_has_one_prediction_and_one_label(role):
    twice = [Field("a", FieldType.BOOLEAN, role), Field("b", FieldType.BOOLEAN, role)]

    with pytest.raises(ProfileError, match=f"one field can be the {role.value}"):
        require_sound(twice)


def test_a_score_must_be_a_number():
    with pytest.raises(ProfileError, match="score `s` must be a number"):
        require_sound([Field("s", FieldType.CATEGORY, Role.SCORE)])


@pytest.mark.parametrize("role", [Role.PROTECTED, Role.SEGMENT])
def test_a_number_cannot_form_groups(role):
    with pytest.raises(ProfileError, match="`age` forms groups"):
        require_sound([Field("age", FieldType.NUMBER, role)])


def test_a_field_is_found_by_role_and_type():
    label = Field("y", FieldType.NUMBER, Role.LABEL)

    assert field_in_role([label], Role.LABEL, FieldType.NUMBER) == label
    assert field_in_role([label], Role.LABEL, FieldType.BOOLEAN) is None
    assert field_in_role([label], Role.SCORE, FieldType.NUMBER) is None
