# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``kring`` command. Each command only parses its arguments and calls one function elsewhere.

Expected errors end as one readable line and exit code 2 (3: a setting must be changed first); heavy modules are
imported inside the commands so that ``kring --help`` is quick.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from pipeline.catalog import default_language, text
from pipeline.errors import ConfigurationError, KringError
from pipeline.logs import configure_logs
from pipeline.settings import load_settings, settings_table
from pipeline.settings_texts import setting_help, unit_name
from service.articles_cli import articles_app
from service.audit_cli import audit_app
from service.console import add_row, out, table
from service.datadir import PRIVATE_UMASK
from service.models_cli import models_app
from service.report_cli import report_app

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Kring.")
user_app = typer.Typer(no_args_is_help=True, help=text("service.help_user"))
archive_app = typer.Typer(no_args_is_help=True, help=text("service.help_archive"))
bench_app = typer.Typer(no_args_is_help=True, help=text("service.help_bench"))
eval_app = typer.Typer(no_args_is_help=True, help=text("service.help_eval"))
app.add_typer(user_app, name="user")
app.add_typer(archive_app, name="archive")
app.add_typer(bench_app, name="bench")
app.add_typer(eval_app, name="eval")
app.add_typer(models_app, name="models")
app.add_typer(articles_app, name="articles")
app.add_typer(report_app, name="report")
app.add_typer(audit_app, name="audit")

err = Console(stderr=True, highlight=False)
JsonOption = Annotated[bool, typer.Option("--json", help=text("service.help_json"))]


@app.command(help=text("service.help_up"))
def up() -> None:
    """Run all processes until Ctrl-C."""
    from service.up import run_service

    settings = load_settings()
    configure_logs("supervisor", settings.log_level, json_lines=False)
    asyncio.run(run_service(settings, out))


@app.command(help=text("service.help_demo"))
def demo(
    calls: Annotated[int, typer.Option(min=0, help=text("service.help_demo_calls"))] = 0,
    port: Annotated[int, typer.Option(help=text("service.help_demo_port"))] = 8080,
) -> None:
    """Run the service on temporary data with people who phone."""
    from service.demo import run_demo

    asyncio.run(run_demo(out, calls=calls, http_port=port))


@app.command(help=text("service.help_doctor"))
def doctor() -> None:
    """Check everything the service needs on this machine."""
    from service.doctor import run_checks

    rows = table("", *(text(f"service.doctor_{name}") for name in ("check", "finding", "remedy")))
    findings = run_checks()
    for finding in findings:
        add_row(rows, finding.mark, finding.check, finding.detail, finding.remedy)
    out.print(rows)
    if any(not finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command(help=text("service.help_call"))
def call(
    uri: Annotated[str, typer.Argument(metavar="sip:2101@127.0.0.1:5062")],
    play: Annotated[Path, typer.Option(help=text("service.help_call_play"))],
    caller: Annotated[str, typer.Option("--from", help=text("service.help_call_from"))] = "081200000000",
    wait_speech_ms: Annotated[int, typer.Option(min=0, help=text("service.help_call_wait"))] = 4000,
) -> None:
    """Place one test call."""
    from service.phones import call_once

    raise typer.Exit(call_once(uri, play, caller=caller, wait_speech_ms=wait_speech_ms))


@app.command(help=text("service.help_settings"))
def settings(markdown: Annotated[bool, typer.Option("--markdown")] = False) -> None:
    """Print the settings table."""
    if markdown:
        from service.docs import settings_page

        sys.stdout.write(settings_page())
        return
    rows = table(*(text(f"service.{name}") for name in ("setting", "default", "unit", "environment", "help")))
    language = default_language()
    for name, default, unit, environment, _ in settings_table():
        add_row(rows, name, default, unit_name(unit, language), environment, setting_help(name, language))
    out.print(rows)


@user_app.command("add", help=text("service.help_user_add"))
def user_add(
    username: str,
    name: Annotated[str, typer.Option(help=text("service.help_user_name"))],
    role: Annotated[list[str], typer.Option(help=text("service.help_user_role"))],
    extension: Annotated[str, typer.Option(help=text("service.help_user_extension"))] = "",
) -> None:
    """Add a person; the password is asked for (or read from standard input)."""
    from service.users import add_user

    if sys.stdin.isatty():
        password = typer.prompt(text("service.ask_password"), hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    add_user(load_settings(), username=username, name=name, roles=role, extension=extension, password=password)
    out.print(text("service.user_added", username=username))


@archive_app.command("list", help=text("service.help_archive_list"))
def archive_list() -> None:
    """List sealed calls, newest first."""
    from service.archive_cli import bundle_rows

    rows = table(*(text(f"service.archive_{column}") for column in ("call", "from", "length", "state")))
    for row in bundle_rows(load_settings()):
        add_row(rows, *row)
    out.print(rows)


@archive_app.command("verify", help=text("service.help_archive_verify"))
def archive_verify() -> None:
    """Check every bundle's hashes; exit code 1 when one is damaged."""
    from service.archive_cli import verify_bundles

    checked, damaged = 0, 0
    for call_id, problems in verify_bundles(load_settings()):
        checked += 1
        if problems:
            damaged += 1
            out.print(f"[red]✗[/red] {call_id}: {escape('; '.join(problems))}")
    out.print(text("service.archive_verified", checked=checked, damaged=damaged))
    if damaged:
        raise typer.Exit(1)


@bench_app.command("pipeline", help=text("service.help_bench_pipeline"))
def bench_pipeline(
    json_output: JsonOption = False,
    calls: Annotated[str, typer.Option(help=text("service.help_bench_calls"))] = "1,5,10",
) -> None:
    """Measure latency, CPU and loss of the whole pipeline with real calls."""
    from service.bench.pipeline import run_bench

    counts = [int(part) for part in calls.split(",") if part.strip().isdigit() and int(part) > 0]
    if not counts:
        raise ConfigurationError(
            text("service.bench_no_calls", given=repr(calls)), remedy=text("service.bench_no_calls_remedy")
        )
    _report(asyncio.run(run_bench(counts, err)), json_output)


@bench_app.command("screen-log", help=text("service.help_bench_screen_log"))
def bench_screen_log(json_output: JsonOption = False) -> None:
    """Measure the size of the screen log of a typical call."""
    from service.bench.screen_log import run_screen_bench

    _report(asyncio.run(run_screen_bench(err)), json_output)


@eval_app.command("retrieval", help=text("service.help_eval_retrieval"))
def eval_retrieval(
    *,
    json_output: JsonOption = False,
    questions: Annotated[Path | None, typer.Option(help=text("service.help_eval_questions"))] = None,
    quick: Annotated[bool, typer.Option("--quick", help=text("service.help_eval_quick"))] = False,
    spoken: Annotated[int | None, typer.Option(min=0, help=text("service.help_eval_spoken"))] = None,
    jobs: Annotated[int, typer.Option(min=1, help=text("service.help_eval_jobs"))] = 2,
) -> None:
    """Measure how often the right article is found."""
    from service.evaluation import Asked, as_json, run_retrieval_evaluation, show

    asked = Asked(questions, quick, spoken, jobs)
    report = run_retrieval_evaluation(load_settings(), asked, lambda line: err.print(line, markup=False))
    if json_output:
        sys.stdout.write(json.dumps(as_json(report), ensure_ascii=False) + "\n")
    else:
        show(report, out)


@eval_app.command("suggester", help=text("service.help_eval_suggester"))
def eval_suggester(json_output: JsonOption = False) -> None:
    """Measure how calm the live suggestions are, and the proposed class."""
    from service.suggestion_evaluation import evaluate_suggester

    _report(evaluate_suggester(load_settings()), json_output)


@eval_app.command("asr", help=text("service.help_eval_asr"))
def eval_asr(
    *,
    json_output: JsonOption = False,
    model: Annotated[str, typer.Option(help=text("service.help_eval_model"))] = "",
    data: Annotated[Path | None, typer.Option(help=text("service.help_eval_data"))] = None,
    split: Annotated[str, typer.Option(metavar="dev|test", help=text("service.help_eval_split"))] = "test",
    quick: Annotated[bool, typer.Option("--quick", help=text("service.help_eval_quick"))] = False,
    most: Annotated[int | None, typer.Option(min=1, help=text("service.help_eval_most"))] = None,
    jobs: Annotated[int, typer.Option(min=1, help=text("service.help_eval_jobs"))] = 2,
) -> None:
    """Measure how well and at what cost the recogniser hears."""
    from service.asr_evaluation import Asked, as_json, run_asr_evaluation, show

    asked = Asked(model, data, most, split, quick, jobs)
    report = run_asr_evaluation(load_settings(), asked, lambda line: err.print(line, markup=False))
    if json_output:
        sys.stdout.write(json.dumps(as_json(report), ensure_ascii=False) + "\n")
    else:
        show(report, out)


def _report(result: dict[str, Any], json_output: bool) -> None:
    """Print ``{"figures": ..., "setup": ...}`` as JSON on stdout or as a table."""
    if json_output:
        sys.stdout.write(json.dumps(result) + "\n")
        return
    rows = table(text("service.figure"), text("service.value"))
    for name, value in result["figures"].items():
        add_row(rows, name, f"{value:.4g}")
    out.print(rows)
    out.print(", ".join(f"{name}: {value}" for name, value in result["setup"].items()))


def main() -> None:
    """Entry point: run the command and turn expected errors into one line."""
    os.umask(PRIVATE_UMASK)  # inherited by every process: what the service writes is nobody else's business
    configure_logs("kring", "error", json_lines=False)  # on stderr: stdout is for results
    try:
        app()
    except KringError as error:
        raise SystemExit(_refuse(error)) from None
    except ExceptionGroup as group:  # several tasks at once; the first of what they said is enough
        expected, unexpected = group.split(KringError)
        if expected is None or unexpected is not None:
            raise
        raise SystemExit(_refuse(_first(expected))) from None
    except OSError as error:  # a full disk, a file that may not be read
        raise SystemExit(_refuse(KringError(text("service.system_problem", problem=error)))) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _first(group: ExceptionGroup[KringError]) -> KringError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first


def _refuse(error: KringError) -> int:
    """Say what is wrong in one line and return the exit code (3: a setting must be changed first)."""
    err.print(f"kring: {error}", markup=False, soft_wrap=True)
    return 3 if isinstance(error, ConfigurationError) else 2


if __name__ == "__main__":
    main()
