"""The language server: findings as one types, hover, code actions, the way to the experiment.

Everything within counts code points; `places` alone speaks the protocol's lines and UTF-16 units.
"""

from claimlint.lsp.server import serve

__all__ = ["serve"]
