"""The experiments: they run a model, intervene on it, and write down per prompt what came out.

Everything here needs the ``experiments`` extra (torch, transformers, scikit-learn); nothing outside this
package imports it at top level.
"""
