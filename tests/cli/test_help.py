"""The help of the whole: each command on one line that nothing cuts, and an example at the end of each help."""

import click
import pytest

from dupfind.cli.main import COMMANDS, dupfind, run

CONTEXT = click.Context(dupfind, info_name="dupfind")


def commands() -> dict[str, click.Command]:
    """Every command and subcommand, by its name."""
    found = {name: dupfind.get_command(CONTEXT, name) for name in COMMANDS}
    named = {name: command for name, command in found.items() if command is not None}
    assert len(named) == len(COMMANDS)
    for name, command in list(named.items()):
        if isinstance(command, click.Group):
            named |= {f"{name} {inner}": command.commands[inner] for inner in command.commands}
    return named


@pytest.mark.parametrize("group", [[], ["model"]])
def test_no_line_of_a_list_of_commands_is_cut(
    group: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*group, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.rstrip().endswith("...")] == []
    assert max(map(len, lines)) <= 80


def test_the_list_has_one_line_for_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    begin = lines.index("Commands:") + 1
    assert [line.split()[0] for line in lines[begin : begin + len(COMMANDS)]] == list(COMMANDS)


@pytest.mark.parametrize("name", commands())
def test_the_short_help_of_a_command_is_a_sentence_of_fifty_characters_at_most(name: str) -> None:
    short = commands()[name].short_help
    assert short is not None
    assert 0 < len(short) <= 50
    assert short[0].isupper()
    assert short.endswith(".")


@pytest.mark.parametrize("name", ["check", "query", "suggest", "doctor"])
def test_the_last_line_of_a_help_is_an_example(name: str) -> None:
    epilog = commands()[name].epilog
    assert epilog is not None
    assert epilog.splitlines()[-1].startswith(f"  dupfind {name} ")
