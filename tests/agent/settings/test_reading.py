from pathlib import Path

import pytest

from agent import messages
from agent.bootstrap import load
from agent.capture import registry
from agent.cli.wording import of_problems
from agent.errors import Misconfigured
from agent.settings import config_file, read
from agent.settings.reading import url_fault
from agent.settings.template import new_config

GOOD = """
[server]
url = "https://genjin.example.com/"
[privacy]
exclude = ["*@bank.example", "hr@*"]
[sources.dropped]
type = "mailfiles"
path = "dropped"
[sources.notes]
type = "notes"
path = "~/Notes"
[speech]
model = "small"
enabled = false
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "agent.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_good_configuration(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD), {"GENJIN_HOME": str(tmp_path / "home")})
    assert settings.server_url == "https://genjin.example.com"
    assert settings.privacy.exclude == ("*@bank.example", "hr@*")
    assert [(source.name, source.type) for source in settings.sources] == [
        ("dropped", "mailfiles"),
        ("notes", "notes"),
    ]
    assert settings.sources[0].options["path"] == str(tmp_path / "dropped")
    assert settings.sources[1].options["path"] == str(Path.home() / "Notes")
    assert (settings.speech.model, settings.speech.enabled) == ("small", False)
    assert settings.state_dir == tmp_path / "home" / "state"


def test_a_state_folder_is_meant_from_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'state_dir = "here"\n[server]\nurl = "http://127.0.0.1:1"\n')
    assert load(file, {"GENJIN_HOME": "/elsewhere"}).state_dir == tmp_path / "here"


def test_windows_editors_begin_files_with_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read(file).problems == ()


def test_all_faults_are_listed_at_once_with_file_key_and_what_to_do(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        """
serverr = 1
[server]
url = "http://genjin.example.com"
ulr = "x"
[privacy]
exclude = "hr@*"
[speech]
enabled = "yes"
[sources.a]
path = "x"
[sources.b]
type = "mailfile"
[sources.c]
type = "notes"
[sources.d]
type = "notes"
pth = "/x"
path = "/x"
""",
    )
    with pytest.raises(Misconfigured) as raised:
        load(file, {})
    told = {(code, params["key"]) for code, params in raised.value.problems if "key" in params}
    assert told == {
        ("config_key_unknown", "serverr"),
        ("config_key_unknown", "server.ulr"),
        ("config_url_not_https", "server.url"),
        ("config_wrong_type", "privacy.exclude"),
        ("config_wrong_type", "speech.enabled"),
        ("config_key_missing", "sources.a.type"),
        ("config_type_unknown", "sources.b.type"),
        ("config_key_unknown", "sources.d.pth"),
    }
    assert [code for code, params in raised.value.problems if "key" not in params] == [
        "setting_missing"
    ]
    lines = of_problems(raised.value.problems)
    assert len(lines) == 9
    assert all(str(file) in line for line in lines)
    nearest = "\n".join(lines)
    for name in ('"server"', '"url"', '"mailfiles"', '"path"'):
        assert name in nearest or name.replace('"', "“", 1).replace('"', "”") in nearest


def problem_lines(file: Path) -> list[str]:
    with pytest.raises(Misconfigured) as raised:
        load(file, {})
    return of_problems(raised.value.problems)


def test_a_source_without_a_type_is_told_those_that_exist(tmp_path: Path) -> None:
    file = written(tmp_path, '[server]\nurl = "https://a.example"\n[sources.a]\npath = "x"\n')
    (line,) = problem_lines(file)
    assert all(kind in line for kind in registry.SOURCES)
    assert "imap" in registry.SOURCES or "imap" not in line


@pytest.mark.parametrize("key", ["password", "Token", "client_secret"])
def test_who_writes_a_password_into_the_file_is_told_where_it_belongs(
    tmp_path: Path, key: str
) -> None:
    file = written(
        tmp_path,
        '[server]\nurl = "https://a.example"\n[sources.mail]\ntype = "imap"\n'
        f'host = "mail.example.com"\nusername = "li"\n{key} = "geheim"\n',
    )
    (line,) = problem_lines(file)
    assert f"sources.mail.{key}" in line
    assert "genjin agent sign-in mail" in line
    assert "geheim" not in line


def test_the_case_of_a_type_does_not_lead_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENJIN_LANG", "en")
    file = written(tmp_path, '[server]\nurl = "https://a.example"\n[sources.mail]\ntype = "IMAP"\n')
    (line,) = problem_lines(file)
    assert 'Did you mean "imap"?' in line


def test_every_source_of_the_first_configuration_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    new_config(file, "https://a.example")
    lines = file.read_text("utf-8").splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("# [sources."))
    bare = [line.removeprefix("# ").removeprefix("#") for line in lines[begin:]]
    file.write_text("\n".join([*lines[:begin], *bare]), "utf-8")
    settings = load(file)
    assert {source.type for source in settings.sources} == set(registry.SOURCES)


def test_a_wrong_choice_is_told_what_may_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(
        tmp_path,
        '[server]\nurl = "https://a.example"\n'
        '[sources.calls]\ntype = "recordings"\npath = "x"\nrep_channel = "middle"\n',
    )
    for language in messages.LANGUAGES:
        monkeypatch.setenv("GENJIN_LANG", language)
        (line,) = problem_lines(file)
        assert all(word in line for word in ("calls", "rep_channel", "'left'", "'right'"))
        assert "middle" not in line


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (r'path = "C:\Users\lilei"', "config_backslash"),
        (r'path = "D:\客户"', "config_backslash"),
        (r"path = 'C:\Users\lilei", "config_toml_string"),
        ('path = "unfinished', "config_toml_string"),
    ],
)
def test_a_windows_path_in_double_quotes(tmp_path: Path, line: str, code: str) -> None:
    ((found, params),) = read(written(tmp_path, f"[sources.a]\n{line}\n")).problems
    assert found == code
    for language in messages.LANGUAGES:
        said = messages.text(found, language, **params)
        assert ("第 2 行" if language == "zh-CN" else "line 2,") in said
        assert (r"'C:\Users" in said) == (code == "config_backslash")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[server\n", "config_toml_table"),
        ("server = 3\n", "config_wrong_type"),
        ("", "config_key_missing"),
        ("[server]\nurl = 5\n", "config_wrong_type"),
        ('[server]\nurl = "genjin"\n', "config_url_invalid"),
        ("[sources]\nx = 1\n[server]\nurl = 'https://a.example'\n", "config_wrong_type"),
    ],
)
def test_single_faults(tmp_path: Path, text: str, code: str) -> None:
    problems = read(written(tmp_path, text)).problems
    assert code in [found for found, _ in problems]


def test_no_file_and_no_text(tmp_path: Path) -> None:
    assert read(tmp_path / "none.toml").problems[0][0] == "config_missing"
    (tmp_path / "agent.toml").write_bytes(b"\xff\xfe\x00")
    assert read(tmp_path / "agent.toml").problems[0][0] == "config_unreadable"
    assert read(tmp_path).problems[0][0] == "config_unreadable"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://genjin.example.com", None),
        ("https://genjin.example.com:8443/base", None),
        ("http://127.0.0.1:8765", None),
        ("http://localhost:8765", None),
        ("http://[::1]:8765", None),
        ("http://10.0.0.5", "config_url_not_https"),
        ("http://localhost.example.com", "config_url_not_https"),
        ("ftp://x.example", "config_url_invalid"),
        ("https://", "config_url_invalid"),
        ("https://x.example:port", "config_url_invalid"),
        ("https://x.example/?q=1", "config_url_invalid"),
        ("https://[broken", "config_url_invalid"),
    ],
)
def test_addresses(url: str, fault: str | None) -> None:
    assert url_fault(url) == fault


def test_where_the_configuration_lives() -> None:
    assert config_file({"GENJIN_HOME": "/x"}) == Path("/x/agent.toml")
    assert config_file({}).name == "agent.toml"


def test_every_list_of_the_privacy_table_is_read_and_every_fault_named(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(
        """
[server]
url = "https://genjin.example.com"
[privacy]
exclude = ["hr@*", "bank.example", "bank", " "]
exclude_domains = ["law.example", "li@law.example"]
exclude_folders = ["私人", "客户/私人", "*"]
exclude_category = ["x"]
exclude_categories = "人事"
exclude_subjects = ["工资", "**"]
""",
        "utf-8",
    )
    reading = read(file, {})
    assert reading.settings.privacy.exclude_folders[:2] == ("私人", "客户/私人")
    assert reading.settings.privacy.exclude_subjects[0] == "工资"
    faults = [(code, params["key"]) for code, params in reading.problems]
    assert sorted(faults) == [
        ("config_exclusion_blank", "privacy.exclude"),
        ("config_exclusion_no_address", "privacy.exclude"),
        ("config_exclusion_no_domain", "privacy.exclude_domains"),
        ("config_exclusion_of_everything", "privacy.exclude_folders"),
        ("config_exclusion_of_everything", "privacy.exclude_subjects"),
        ("config_key_unknown", "privacy.exclude_category"),
        ("config_wrong_type", "privacy.exclude_categories"),
    ]
    near = {params["key"]: params.get("nearest") for _, params in reading.problems}
    assert near["privacy.exclude_category"] == "exclude_categories"
    assert all(of_problems(reading.problems))
