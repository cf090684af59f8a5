"use strict";
(() => {
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const byId = (id) => document.getElementById(id);
  const claims = all("a.claim");
  const details = all(".detail");
  const form = document.forms[0];
  const panel = byId("panel");
  const tabs = all("[role=tab]");

  function select(tab) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      byId(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    panel.classList.add("chosen");
  }

  function show(claim) {
    for (const other of claims) other.toggleAttribute("aria-current", false);
    claim.setAttribute("aria-current", "true");
    const mine = byId("d-" + claim.id);
    for (const detail of details) detail.hidden = detail !== mine;
    byId("hint").hidden = true;
    select(byId("tab-claim"));
    panel.classList.add("open");
    panel.scrollTop = 0;
    return mine;
  }

  function toClaim(claim) {
    show(claim);
    claim.scrollIntoView({ block: "center" });
    claim.focus({ preventScroll: true });
  }

  function toExperiment(card) {
    select(byId("tab-experiments"));
    panel.classList.add("open");
    for (let around = card; around; around = around.parentElement.closest("details")) around.open = true;
    card.querySelector("summary").focus();
    card.scrollIntoView({ block: "nearest" });
  }

  function close() {
    panel.classList.remove("open");
    const current = claims.find((claim) => claim.hasAttribute("aria-current"));
    if (current) current.focus();
  }

  function wanted(claim, choice) {
    const { level, verdict, section, rules } = claim.dataset;
    const found = rules ? rules.split(" ") : [];
    const rule = choice.get("rule");
    return (
      choice.getAll("level").includes(level) &&
      (!choice.get("verdict") || choice.get("verdict") === verdict) &&
      (!choice.get("section") || choice.get("section") === section) &&
      (!rule || (rule === "any" ? found.length > 0 : found.includes(rule)))
    );
  }

  function filter() {
    const choice = new FormData(form);
    let left = 0;
    for (const claim of claims) {
      const on = wanted(claim, choice);
      claim.classList.toggle("off", !on);
      claim.tabIndex = on ? 0 : -1;
      const row = document.querySelector(`tr[data-claim="${claim.id}"]`);
      row.hidden = !on;
      left += on;
    }
    const whole = claims.length;
    byId("count").textContent =
      left === whole ? `${whole} claim${whole === 1 ? "" : "s"}` : `${left} of ${whole} claims`;
  }

  function step(by) {
    const open = claims.filter((claim) => !claim.classList.contains("off"));
    const at = open.findIndex((claim) => claim.hasAttribute("aria-current"));
    const next = open[at < 0 ? 0 : at + by];
    if (next) toClaim(next);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || link.classList.contains("skip")) return;
    event.preventDefault();
    if (link.classList.contains("claim")) {
      if (!link.classList.contains("off")) show(link).focus({ preventScroll: true });
      return;
    }
    const target = byId(link.hash.slice(1));
    if (target.classList.contains("card")) toExperiment(target);
    else toClaim(target);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const within = event.target.closest("a.claim, .panel");
    if (event.key === "Escape" && within) close();
    else if (event.key === "j" && within) step(1);
    else if (event.key === "k" && within) step(-1);
    else if (event.target.getAttribute("role") === "tab" && event.key.startsWith("Arrow")) {
      const other = tabs.find((tab) => tab !== event.target);
      select(other);
      other.focus();
    }
  });

  for (const tab of tabs) tab.addEventListener("click", () => select(tab));
  byId("close").addEventListener("click", close);
  byId("show-experiments").addEventListener("click", () => {
    select(byId("tab-experiments"));
    panel.classList.add("open");
    byId("tab-experiments").focus();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", filter);
  form.addEventListener("reset", () => setTimeout(filter));

  for (const detail of details) detail.hidden = true;
  byId("pane-experiments").hidden = true;
  // A browser may keep the choices of the last visit.
  filter();
  const asked = byId(decodeURIComponent(location.hash.slice(1)));
  if (asked && asked.classList.contains("claim")) toClaim(asked);
})();
