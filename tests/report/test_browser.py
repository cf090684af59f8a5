"""The report page in a real browser: one reads it, clicks it, filters it, and nothing leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claimlint.checks.model import Outcome
from claimlint.config import Config
from claimlint.pipeline import lint
from claimlint.report import render
from tests.checks import papers
from tests.report.browser import AXE, ROOT, browser_or_reason, chromium, requests
from tests.report.test_page import HOSTILE, hostile

DEMO = ROOT / "corpus" / "demo"
OFF = "return document.querySelectorAll('a.claim:not(.off)').length"
ROWS = "return document.querySelectorAll('tr[data-claim]:not([hidden])').length"


SIDEWAYS = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def demo() -> Outcome:
    return lint(str(DEMO / "paper.tex"), Config(), DEMO)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if reason := browser_or_reason():
        pytest.skip(reason)
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def page(browser: Any, demo: Outcome, tmp_path: Path) -> Any:
    return opened(browser, demo, tmp_path)


def opened(browser: Any, outcome: Outcome, folder: Path) -> Any:
    """The browser with the page of an outcome, and empty logs."""
    path = folder / "report.html"
    path.write_bytes(render(outcome, "html").encode())
    browser.get("about:blank")
    browser.get_log("browser")
    requests(browser)
    browser.get(path.as_uri())
    return browser


def find(page: Any, query: str) -> Any:
    return page.find_element("css selector", query)


def click(page: Any, query: str) -> None:
    element = find(page, query)
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def press(page: Any, keys: str) -> None:
    from selenium.webdriver import ActionChains  # noqa: PLC0415  (only where there is a browser)

    ActionChains(page).send_keys(keys).perform()


def choose(page: Any, name: str, value: str) -> None:
    click(page, f"select[name={name}] option[value='{value}']")


def shown(page: Any) -> list[str]:
    """Ids of the claims whose details are open."""
    details = page.find_elements("css selector", ".detail")
    return [detail.get_attribute("id") for detail in details if detail.is_displayed()]


def focused(page: Any) -> str:
    found: str = page.execute_script("return document.activeElement.id")
    return found


def nothing_went_wrong(page: Any) -> None:
    assert page.get_log("browser") == []
    assert {address.partition(":")[0] for address in requests(page)} <= {"file", "data"}


def test_the_page_opens_without_a_word_in_the_console_and_asks_for_nothing(page: Any) -> None:
    assert find(page, "h1").text.startswith("Distracted Pronouns")
    assert find(page, "#hint").is_displayed()
    nothing_went_wrong(page)


def test_a_claim_opens_its_cues_evidence_verdict_and_rewording(page: Any) -> None:
    claim = find(page, "a.claim[data-rules='CL102']")
    click(page, "a.claim[data-rules='CL102']")
    assert shown(page) == [f"d-{claim.get_attribute('id')}"]
    told = find(page, f"#d-{claim.get_attribute('id')}").text
    for words in (
        "storing",
        "probe-gender-l8",
        "gap",
        "licenses association",
        "linearly decodable from layer 8",
    ):
        assert words in told
    assert claim.get_attribute("aria-current") == "true"
    click(page, "a.claim[data-rules='CL201']")
    assert len(shown(page)) == 1
    nothing_went_wrong(page)


def test_an_experiment_opens_from_a_claim_and_leads_back_to_it(page: Any) -> None:
    click(page, "a.claim[data-rules='CL102']")
    click(page, ".detail:not([hidden]) a.experiment")
    card = find(page, "details.card[open]")
    assert "probe-gender-l8" in card.text
    assert find(page, "#tab-experiments").get_attribute("aria-selected") == "true"
    assert find(page, "figure.plot svg").is_displayed()
    click(page, "details.card[open] a.to-claim")
    assert find(page, "#tab-claim").get_attribute("aria-selected") == "true"
    assert len(shown(page)) == 1


def test_the_table_leads_to_the_claim_in_the_text(page: Any) -> None:
    click(page, "tr[data-claim] a.to-claim")
    assert focused(page) == shown(page)[0].removeprefix("d-")


def test_filters_leave_only_the_claims_asked_for(page: Any) -> None:
    whole = page.execute_script(OFF)
    assert find(page, "#count").text == f"{whole} claims"
    click(page, "label.l1")
    click(page, "label.l2")
    left = len(page.find_elements("css selector", "a.claim.l3"))
    assert page.execute_script(OFF) == page.execute_script(ROWS) == left < whole
    assert find(page, "#count").text == f"{left} of {whole} claims"
    click(page, "button[type=reset]")
    page.execute_async_script("setTimeout(arguments[0], 50)")
    assert page.execute_script(OFF) == whole
    choose(page, "rule", "CL102")
    assert page.execute_script(OFF) == 1
    choose(page, "rule", "any")
    found = page.execute_script(OFF)
    assert found == len(page.find_elements("css selector", "a.claim.found"))
    choose(page, "section", find(page, "a.claim[data-rules='CL102']").get_attribute("data-section"))
    assert 0 < page.execute_script(OFF) < found
    nothing_went_wrong(page)


def test_a_claim_that_is_filtered_out_is_plain_text(page: Any) -> None:
    first = find(page, "a.claim.l1")
    click(page, "label.l1")
    assert first.get_attribute("tabindex") == "-1"
    assert first.value_of_css_property("background-color") == "rgba(0, 0, 0, 0)"
    first.click()
    assert shown(page) == []


def test_the_keyboard_does_all_that_the_mouse_does(page: Any) -> None:
    from selenium.webdriver import Keys  # noqa: PLC0415  (only where there is a browser)

    press(page, Keys.TAB)
    assert page.execute_script("return document.activeElement.className") == "skip"
    press(page, Keys.ENTER)
    press(page, Keys.TAB)
    claims = [claim.get_attribute("id") for claim in page.find_elements("css selector", "#paper a.claim")]
    assert focused(page) == claims[0]
    press(page, Keys.ENTER)
    assert shown(page) == [f"d-{claims[0]}"]
    assert focused(page) == f"d-{claims[0]}"
    press(page, "j")
    assert (focused(page), shown(page)) == (claims[1], [f"d-{claims[1]}"])
    press(page, "k")
    press(page, Keys.ENTER)
    press(page, Keys.ESCAPE)
    assert focused(page) == claims[0]
    page.execute_script("document.getElementById('tab-claim').focus()")
    press(page, Keys.ARROW_RIGHT)
    assert focused(page) == "tab-experiments"
    assert find(page, "#pane-experiments").is_displayed()


def test_letters_typed_elsewhere_are_no_commands(page: Any) -> None:
    page.execute_script("document.querySelector('select[name=section]').focus()")
    press(page, "j")
    assert shown(page) == []


def test_on_a_narrow_screen_the_panel_comes_and_goes(page: Any) -> None:
    page.set_window_size(420, 850)
    try:
        assert not find(page, "#panel").is_displayed()
        click(page, "a.claim.found")
        assert find(page, "#panel").is_displayed()
        find(page, "#close").click()
        assert not find(page, "#panel").is_displayed()
        assert page.execute_script(SIDEWAYS) == 0
    finally:
        page.set_window_size(1400, 950)


def test_on_a_narrow_screen_long_words_are_broken(browser: Any, tmp_path: Path) -> None:
    paper = tmp_path / "paper.tex"
    paper.write_text(f"Layer 8 stores the gender. The code is at {'longaddress' * 12}index. We stop here.")
    page = opened(browser, lint(str(paper), Config(), tmp_path), tmp_path)
    page.set_window_size(420, 850)
    try:
        assert page.execute_script(SIDEWAYS) == 0
        assert find(page, ".paper").rect["x"] >= 0
    finally:
        page.set_window_size(1400, 950)


def test_in_print_every_finding_is_there_and_no_control(page: Any) -> None:
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        found = [claim.get_attribute("id") for claim in page.find_elements("css selector", "a.claim.found")]
        assert shown(page) == [f"d-{id}" for id in found]
        assert not find(page, "form").is_displayed()
        assert find(page, "figure.plot").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_hostile_manuscript_stays_text(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, hostile(), tmp_path)
    assert HOSTILE.partition("`")[0] in find(page, "#paper").text
    click(page, "a.claim")
    assert page.execute_script("return document.scripts.length + document.images.length") == 1
    nothing_went_wrong(page)


def test_what_slipped_into_the_page_would_not_run(browser: Any, demo: Outcome, tmp_path: Path) -> None:
    """The policy alone stops a script, a style, an image and a form that were not escaped."""
    whole = render(demo, "html")
    slipped = (
        "<script>document.title = 'run'</script><b id='styled' style='color: red'>x</b>"
        "<img src='https://example.org/x.png' onerror=\"document.title = 'run'\">"
    )
    (tmp_path / "report.html").write_text(whole.replace("<main>", f"<main>{slipped}"), encoding="utf-8")
    browser.get((tmp_path / "report.html").as_uri())
    assert "run" not in browser.title.split()
    assert find(browser, "#styled").value_of_css_property("color") != "rgba(255, 0, 0, 1)"
    refused = [entry["message"] for entry in browser.get_log("browser")]
    assert sum("Content Security Policy" in message for message in refused) >= 3
    browser.get("about:blank")


WITHOUT_MANIFEST = """# On gender

## Results

We ran the model. Layer 8 stores the gender of the name, and nothing else does. We also looked at number.

| layer | score |
|-------|-------|
| 8     | 95    |

Ablating head 9.1 lowers accuracy by 12 points. That is all that we have to say about it.
"""


@pytest.mark.skipif(not AXE.is_file(), reason=f"{AXE} not found: `make browser` installs it")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["as it opens", "with a claim", "with experiments", "without a manifest"])
def test_axe_finds_nothing(page: Any, scheme: str, state: str, tmp_path: Path) -> None:
    """None of what it calls serious, nor of the rest."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    if state == "without a manifest":
        opened(page, papers.lint(WITHOUT_MANIFEST, path="paper.md"), tmp_path)
    if state == "with a claim":
        click(page, "a.claim.found")
    if state == "with experiments":
        click(page, "#tab-experiments")
        click(page, "details.card summary")
    page.execute_script(AXE.read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run().then(arguments[0])")
    assert [(v["id"], [node["html"][:160] for node in v["nodes"][:3]]) for v in found["violations"]] == []
