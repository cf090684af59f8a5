"""The commands, each a module of this package; named here, so that naming them imports none of them."""

COMMANDS = {
    "check": "Report the claims that ask for more than their evidence gives (the default command).",
    "baseline": "Keep the findings that are known, so that only new ones are reported.",
    "claims": "List the claims that the engine sees in a paper.",
    "classify": "Label sentences: JSON lines in, JSON lines out.",
    "explain": "Show a rule: what, why, example, fix, references.",
    "rules": "List the rules.",
    "init": "Write a manifest to be filled in, a config and a CI workflow for a paper.",
    "run": "Run experiments from a spec and write them to the manifest.",
    "lsp": "Serve an editor: findings as one types, hover, code actions.",
    "manifest": "Work with the manifest of executed experiments.",
}
