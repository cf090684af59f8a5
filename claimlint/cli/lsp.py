"""``claimlint lsp``: the language server, over standard input and output."""

from __future__ import annotations

import gc

import click

from claimlint.errors import ClaimlintError


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="The only way of talking; editors name it all the same.")
def command(stdio: bool) -> None:
    """Serve an editor that speaks the Language Server Protocol."""
    try:
        from claimlint.lsp import serve  # noqa: PLC0415  (needs the lsp extra)
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.startswith("claimlint"):
            raise
        raise ClaimlintError(
            f"claimlint lsp: the module {missing.name!r} is not installed",
            "The language server needs pygls; the linter does not.",
            "Run pip install 'claimlint[lsp]'.",
        ) from missing
    # Unlike a run, a session lasts for days, and what it is done with is looked for.
    gc.set_threshold(100_000)
    serve()
