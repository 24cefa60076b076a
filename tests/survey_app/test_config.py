from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from survey_app.config import InvalidSetting, environment_example, load_settings

GOOD = {"SECRET_KEY": "s" * 40, "FIELD_KEY": Fernet.generate_key().decode()}
ROOT = Path(__file__).parent.parent.parent


def test_the_defaults_are_those_of_one_machine(tmp_path):
    found = load_settings({**GOOD, "DATA_DIR": str(tmp_path)})
    assert found.database_url == f"sqlite:///{tmp_path}/pulse.sqlite"
    assert found.public_base_url == "http://127.0.0.1:8000"
    assert (found.redis_url, found.minimum_group_size, found.demo) == ("", 5, False)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x", "must start with sqlite:/// or postgresql://"),
        ("REDIS_URL", "http://x", "must start with redis://"),
        ("SECRET_KEY", "short", "must have at least 32 characters"),
        ("FIELD_KEY", "nonsense", "must be a list of keys"),
        ("PUBLIC_BASE_URL", "pulse.example", "must be an address"),
        ("PUBLIC_BASE_URL", "http://pulse.example.gov.uk", "must use https"),
        ("SMTP_URL", "mail.example", "must be an address"),
        ("TWILIO_BASE_URL", "https://evil.example", "may point at this machine only"),
        ("MINIMUM_GROUP_SIZE", "4", "must be a whole number of 5 or more"),
        ("MINIMUM_GROUP_SIZE", "many", "must be a whole number of 5 or more"),
        ("PORT", "70000", "must be a number from 1 to 65535"),
        ("DEFAULT_TIME_ZONE", "London", "must be a time zone such as Europe/London"),
        ("MOBILE_COUNTRIES", "England", "must be two-letter codes of countries"),
        ("DEMO", "perhaps", "must be yes or no"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_name_and_the_remedy(tmp_path, name, value, says):
    with pytest.raises(InvalidSetting, match=f"The setting {name} {says}"):
        load_settings({**GOOD, "DATA_DIR": str(tmp_path), name: value})


def test_a_missing_secret_says_how_to_make_one(tmp_path):
    with pytest.raises(InvalidSetting, match=r"SECRET_KEY is missing: set it, or run `pulse init`"):
        load_settings({"DATA_DIR": str(tmp_path)})


def test_secrets_may_be_kept_in_the_keys_folder(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").write_text(GOOD["SECRET_KEY"])
    (tmp_path / "keys" / "field_key").write_text(GOOD["FIELD_KEY"])
    assert load_settings({"DATA_DIR": str(tmp_path)}).secret_key == GOOD["SECRET_KEY"]


def test_a_key_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "keys" / "secret_key").mkdir(parents=True)
    with pytest.raises(InvalidSetting, match="SECRET_KEY cannot be read"):
        load_settings({"DATA_DIR": str(tmp_path)})


def test_what_is_printed_of_the_settings_holds_no_secret(tmp_path):
    printed = repr(load_settings({**GOOD, "DATA_DIR": str(tmp_path), "TWILIO_AUTH_TOKEN": "tell-nobody"}))
    assert not [secret for secret in (*GOOD.values(), "tell-nobody") if secret in printed]


def test_the_example_lists_every_setting():
    assert (ROOT / ".env.example").read_text() == environment_example()


def test_postgresql_is_reached_through_psycopg(tmp_path):
    found = load_settings({**GOOD, "DATA_DIR": str(tmp_path), "DATABASE_URL": "postgresql://u@h/d"})
    assert found.database_url == "postgresql+psycopg://u@h/d"
