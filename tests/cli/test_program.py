"""The program as a process: start-up, exit codes, messages, nothing green by accident."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "corpus" / "demo"
HEAVY = ("spacy", "torch", "transformers", "sklearn", "jinja2")


def run(*args: str, cwd: Path | None = None, stdin: str | bytes = "") -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "claimlint", *args],
        cwd=cwd,
        input=data,
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list threads")
def test_a_command_that_reads_starts_no_threads_beside_its_own() -> None:
    code = (
        "import os, claimlint.cli\n"
        "claimlint.cli.program.get_command(None, 'check')\n"
        "import numpy\n"
        "print(len(os.listdir('/proc/self/task')))\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**env, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "1\n"


@pytest.mark.parametrize("args", [["--version"], ["--help"], []])
def test_start_up_loads_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys, claimlint.cli\n"
        f"sys.argv = ['claimlint', *{args!r}]\n"
        "try: claimlint.cli.main()\n"
        "except SystemExit: pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.splitlines()[-1] == "[]"


def test_torch_can_be_imported_after_a_lint(tmp_path: Path) -> None:
    """The engine keeps torch out of spaCy's import; it must not keep it out of anybody else's."""
    (tmp_path / "paper.md").write_text(
        "# Results\n\nPatching layer 9 restores 80% of the logit difference.\n"
    )
    code = (
        "import sys\n"
        "from claimlint.claims import claims\n"
        "from claimlint.manuscript import read\n"
        f"found = claims(read({str(tmp_path / 'paper.md')!r}))\n"
        "assert found and 'torch' not in sys.modules, 'the engine left torch behind'\n"
        "try: import torch\n"
        "except ModuleNotFoundError as error: assert error.name == 'torch' and 'None' not in str(error)\n"
        "else: torch.zeros(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_a_paper_alone_is_checked() -> None:
    """``claimlint paper.tex`` is ``claimlint check paper.tex``."""
    short, whole = (
        run("paper.tex", "--format=json", cwd=DEMO),
        run("check", "paper.tex", "--format=json", cwd=DEMO),
    )
    assert short.stdout == whole.stdout
    assert json.loads(short.stdout)["findings"]
    assert short.returncode == whole.returncode == 1


def test_fail_on_decides_the_exit_code(tmp_path: Path) -> None:
    assert run("paper.tex", "--fail-on=never", cwd=DEMO).returncode == 0
    assert run("paper.tex", "--fail-on=error", cwd=DEMO).returncode == 1
    (tmp_path / "paper.md").write_text(
        "# Method\n\nWe patch the residual stream at every layer of the model.\n"
    )
    assert run("paper.md", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("claimlint ma", {"file,ma", "plain,manifest"}),
        ("claimlint check ma", {"file,ma"}),
        ("claimlint ma.tex --format sar", {"plain,sarif"}),
    ],
)
def test_shells_complete_commands_papers_and_options(words: str, offered: set[str]) -> None:
    asked = {"_CLAIMLINT_COMPLETE": "bash_complete", "COMP_WORDS": words}
    code = "import sys; sys.argv = ['claimlint']; from claimlint.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **asked, "COMP_CWORD": str(words.count(" "))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == offered


def test_concise_says_beside_its_lines_what_was_looked_at(tmp_path: Path) -> None:
    """Nothing on standard output is what a program reads as clean; a person sees that there was a check."""
    (tmp_path / "paper.md").write_text("# Results\n\nWe thank everybody who read this text.\n")
    done = run("paper.md", "--format=concise", "--ignore=no-manifest", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("claimlint: No findings.")


def test_equal_input_gives_equal_bytes() -> None:
    first, second = (run("check", "paper.tex", "--format=json", cwd=DEMO) for _ in range(2))
    assert first.stdout == second.stdout


def test_a_paper_on_standard_input(tmp_path: Path) -> None:
    text = "# Results\n\nLayer 9 drives the refusal of our model.\n"
    done = run("claims", "-", "--format=json", stdin=text, cwd=tmp_path)
    (claim,) = json.loads(done.stdout)["claims"]
    assert text[claim["start"] : claim["end"]] == "Layer 9 drives the refusal of our model."


def test_what_was_not_read_is_told_beside_claims_and_selected_rules(tmp_path: Path) -> None:
    text = "\\section{Results}\n\\input{sections/nowhere}\nHead 9.1 copies the name.\n"
    (tmp_path / "paper.tex").write_text(text)
    listed = run("claims", "paper.tex", cwd=tmp_path)
    assert "Head 9.1 copies the name." in listed.stdout
    assert listed.stderr == "claimlint: paper.tex:2:1: missing-include: sections/nowhere: no such file\n"
    done = run("paper.tex", "--select=definite-circuit", "--format=concise", cwd=tmp_path)
    assert (done.returncode, "CL901 missing-include" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["no-such-paper.tex"], "no-such-paper.tex: no such file"),
        (["clames", "x.tex"], "clames"),
        (["check"], "Missing argument"),
        (["check", "paper.tex", "--format=yaml"], "yaml"),
        (["check", "paper.tex", "--output=yaml=x"], "yaml"),
        (["check", "paper.tex", "--output=json"], "names no file"),
        (["check", "paper.tex", "--output=x.json"], "Write FORMAT=x.json"),
        (["check", "paper.tex", "--output=json=no/such/folder/x.json"], "cannot be written"),
        (["check", "paper.tex", "--output=json=sections"], "sections: cannot be written"),
        (["check", "paper.tex", "--output=json=x", "--output=sarif=./x"], "two reports"),
        (["check", "paper.tex", "--output=json=./sections/probing.tex"], "a report would replace it"),
        (["check", "paper.tex", "--output=json=manifest.json"], "a report would replace it"),
        (["check", "paper.tex", "--manifest=gone.json"], "gone.json: no such manifest"),
        (["check", "paper.tex", "--select=decodable-means-use"], "decodable-means-used"),
        (["check", "paper.tex", "--select=CL5"], "Codes are given whole: CL501, CL502,"),
        (["check", "paper.tex", "--profile=perl"], "pearl"),
        (["explain", "decodable-means-use"], "decodable-means-used"),
        (["check", "."], "."),
        (["manifest.json"], "named by --manifest manifest.json"),
    ],
)
def test_work_that_cannot_be_done_is_exit_2_with_a_message(args: list[str], says: str) -> None:
    done = run(*args, cwd=DEMO)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.tex", b"", "empty.tex"),
        ("blank.md", b"   \n\n", "blank.md"),
        ("preamble.tex", b"\\documentclass{article}\n\\begin{document}\n\\end{document}\n", "preamble.tex"),
        ("binary.tex", bytes(range(256)) * 8, "binary.tex"),
    ],
)
def test_a_paper_without_text_is_never_green(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("check", name, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_output_files_hold_what_the_screen_would(tmp_path: Path) -> None:
    done = run("check", "paper.tex", "--format=json", f"--output=json={tmp_path / 'r.json'}", cwd=DEMO)
    assert (tmp_path / "r.json").read_text() == done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_any_number_of_files_is_written_beside_the_screen(tmp_path: Path) -> None:
    wanted = {"sarif": "r.sarif", "junit": "r.xml", "markdown": "r.md"}
    args = [f"--output={form}={tmp_path / name}" for form, name in wanted.items()]
    done = run("paper.tex", "--format=concise", *args, cwd=DEMO)
    assert done.stdout.startswith("sections/probing.tex:23:63: error CL102")
    assert {path.name for path in tmp_path.iterdir()} == set(wanted.values())


def test_an_output_is_written_whole_where_it_was_meant(tmp_path: Path) -> None:
    """A link stays a link, a pipe or device gets the bytes, and a file keeps its permissions."""
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "link.json").symlink_to("real.json")
    run("paper.tex", f"--output=json={tmp_path / 'link.json'}", cwd=DEMO)
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["findings"]
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
    to_stderr = run("paper.tex", "--output=json=/dev/stderr", cwd=DEMO)
    assert json.loads(to_stderr.stderr)["findings"]
    new = tmp_path / "new.json"
    mask = os.umask(0o027)
    try:
        run("paper.tex", f"--output=json={new}", cwd=DEMO)
    finally:
        os.umask(mask)
    assert new.stat().st_mode & 0o777 == 0o640


def test_a_disk_that_is_full_leaves_the_old_report_and_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("old")
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"ulimit -f 1; {sys.executable} -m claimlint paper.tex --output=json={tmp_path}/r.json",
        ],
        cwd=DEMO,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2
    assert "r.json: cannot be written (File too large)" in done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"r.json": "old"}


def test_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m claimlint check paper.tex --format=json | head -c 10",
        shell=True,
        cwd=DEMO,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Traceback" not in done.stderr
    assert done.stderr == ""


def test_a_report_that_cannot_be_written_out_is_exit_2_with_a_message() -> None:
    with open(os.devnull) as only_read:
        done = subprocess.run(
            [sys.executable, "-m", "claimlint", "rules"],
            stdout=only_read,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 2
    assert "the output: Bad file descriptor" in done.stderr
    assert "Traceback" not in done.stderr


def test_rules_may_be_named_with_commas_between_them() -> None:
    one_by_one = run("paper.tex", "--select=CL102", "--select=CL201", cwd=DEMO)
    assert run("paper.tex", "--select=CL102, CL201", cwd=DEMO).stdout == one_by_one.stdout


def test_a_crashed_rule_is_never_green_and_takes_nothing_else_with_it() -> None:
    """What the other rules found is still shown; the exit code says that the work is not done."""
    code = (
        "import sys, claimlint.cli\n"
        "from claimlint.checks.kinds.scope import Scope\n"
        "def broken(self, study): raise ZeroDivisionError('a rule of the test')\n"
        "Scope.find = broken\n"
        "sys.argv = ['claimlint', 'check', 'paper.tex', '--format=concise', '--fail-on=never']\n"
        "claimlint.cli.main()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=DEMO, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 2
    assert "a rule crashed" in done.stderr
    assert "a rule of the test" in done.stderr
    assert "CL304" in done.stdout


def test_classify_with_a_manuscript_says_what_the_paper_did_for_the_claim(tmp_path: Path) -> None:
    text = "# Number\n\n## Probing\n\nWe train linear probes on layer 8. The probes reach 95% accuracy.\n"
    (tmp_path / "paper.md").write_text(text, encoding="utf-8")
    line = json.dumps({"id": 1, "text": "Layer 8 stores the number of the subject."})
    done = run("classify", "--claims", "--manuscript", str(tmp_path / "paper.md"), stdin=line)
    answer = json.loads(done.stdout)
    assert (answer["level"], answer["evidence_level"]) == (3, 1)
    (evidence,) = answer["evidence"]
    span = evidence["span"]
    assert evidence["method"] == "linear_probe"
    assert text[span["start"] : span["end"]] == "We train linear probes on layer 8."


def test_classify_with_a_manuscript_that_is_not_there_is_an_error_in_words() -> None:
    done = run("classify", "--manuscript", "nowhere.txt", stdin="{}")
    assert done.returncode == 2
    assert "nowhere.txt" in done.stderr
    assert "Traceback" not in done.stderr
