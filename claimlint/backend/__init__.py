"""The experiments: they run a model, intervene on it, and write down per prompt what came out.

From the model to the manifest: ``sites`` names the places of a model, ``prompts`` and ``capture`` read them,
``interventions`` and ``sweep`` change them (the hooks are in ``capture`` and ``shared_forward``), one
module per method measures (``activation_patching``, ``ablation``, ``linear_probe``, ...),
``evidence.effects`` turns outcomes into numbers, ``manifest_entries`` into entries; ``specs``, ``units`` and
``runner`` do all that from a file.

Everything here needs the ``experiments`` extra (torch, transformers, scikit-learn); nothing outside this
package imports it at top level.
"""
