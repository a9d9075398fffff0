"""Drives the page of a transcript in Chromium, by keyboard and pointer, light, dark and 400 pixels wide; draws pictures.

usage: page.py PAGE.html TRANSCRIPT.json PICTURES [PAGE.html]...

The first page is tried; all pages, which may be those of `score` and `compare`, are drawn and looked over.
"""
import json
import os
import pathlib
import sys
import time

from playwright.sync_api import sync_playwright

LOOKS = {"light": ("light", 1000), "dark": ("dark", 1000), "narrow": ("light", 400), "narrow-dark": ("dark", 400)}

# What each page must hold: landmarks, headings in order, no width beyond the screen, enough contrast of text.
LOOK_OVER = """() => {
  const found = [];
  if (document.querySelectorAll('main').length !== 1) found.push('not one main landmark');
  const outside = [...document.body.children].filter(e => !e.matches('main,script'));
  if (outside.length) found.push('outside of main: ' + outside[0].tagName);
  let level = 0;
  for (const heading of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(`heading h${next} follows h${level}`);
    level = next;
  }
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the screen');
  const parse = text => {
    const numbers = text.match(/[0-9.]+/g).map(Number);
    return numbers.length > 3 ? numbers : [...numbers, 1];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour[3] > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement, box = element.getBoundingClientRect();
    if (!node.data.trim() || !box.width || element.closest('script,style,[hidden],:disabled')) continue;
    const style = getComputedStyle(element), within = element.closest('svg');
    const a = light(parse(within ? style.fill : style.color)), b = light(ground(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = `${element.tagName}.${element.getAttribute('class') || ''}`;
    if (contrast < 4.5 && !seen.has(name)) {
      seen.add(name);
      found.push(`${name} ${JSON.stringify(node.data.trim().slice(0, 20))} has a contrast of ${contrast.toFixed(2)}`);
    }
  }
  for (const control of document.querySelectorAll('button,select,input,audio,canvas[tabindex]'))
    if (!control.textContent.trim() && !control.getAttribute('aria-label') && !control.closest('label') && control.id !== 'player')
      found.push('a control without a name: ' + control.outerHTML.slice(0, 60));
  for (const box of document.querySelectorAll('main *')) {
    const style = getComputedStyle(box), scrolls = [style.overflowX, style.overflowY].some(v => v === 'auto' || v === 'scroll');
    if (scrolls && !(box.tabIndex === 0 && box.matches('[role=region]') && box.getAttribute('aria-label')))
      found.push('a box that scrolls without a name: ' + box.outerHTML.slice(0, 60));
  }
  return found;
}"""


def text_of(page, selector):
    return page.locator(selector).inner_text()


def wait(page, condition, seconds=9):
    """Asks again and again: the page's policy forbids to put the condition into it."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"{condition} doesn't hold after {seconds} s"
        page.wait_for_timeout(10)


def focused(page):
    return page.evaluate("document.activeElement.textContent")


def playing(page):
    return page.evaluate("!player.paused")


def check(page, transcript, folder):
    """Uses the page as a person without a mouse does, then with one."""
    words = [word["word"] for segment in transcript["segments"] for word in segment["words"]]
    assert page.locator(".w").all_inner_texts() == words, "the words differ from the JSON's"
    assert page.evaluate("peaks.length") >= 50 * transcript["duration"] - 1, "the waveform is too short"

    # By Tab: waveform, player, tools, then one word; arrows lead on.
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"))
        if stops[-1].startswith("w "):
            break
    for stop in ["overview", "player", "unsure", "save-text", "save-json", "time"]:
        assert stop in stops, f"Tab passes by {stop}: {stops}"
    assert focused(page) == words[0]
    page.keyboard.press("ArrowRight")
    assert focused(page) == words[1]
    page.keyboard.press("End")
    assert focused(page) == words[-1]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert len(transcript["segments"]) < 2 or focused(page) == transcript["segments"][1]["words"][0]["word"]
    page.keyboard.press("Home")

    # Enter plays the word, and it ends by itself near the word's end.
    page.keyboard.press("ArrowRight")
    wait(page, "player.readyState >= 1")
    page.keyboard.press("Enter")
    wait(page, "!player.paused")
    wait(page, "player.paused")
    word = transcript["segments"][0]["words"][1]
    at = page.evaluate("player.currentTime + about.sound_from")
    assert word["end"] <= at + 0.05 and at < word["end"] + 0.6, f"it plays to {at}, the word ends at {word['end']}"
    page.keyboard.press("Shift+Enter")
    wait(page, "player.currentTime + about.sound_from > %f" % (word["end"] + 0.3))
    assert playing(page) and page.locator(".now").count() == 1
    page.keyboard.press("Escape")
    assert not playing(page)

    # An alternative is taken by its number, taken back by Ctrl z; a word is edited and deleted by keys.
    other = page.locator(".w[data-a]").first
    others = json.loads(other.get_attribute("data-a"))
    # Escape has closed what is shown of the word, which may be the same one.
    page.locator("#overview").focus()
    other.focus()
    before = focused(page)
    page.wait_for_selector("#tip:not([hidden])")
    assert f"1 {others[0] or '(nothing)'}" in text_of(page, "#tip")
    page.keyboard.press("1")
    assert focused(page) == (others[0] or "∅") and "1 word edited" in text_of(page, "#said")
    page.keyboard.press("Control+z")
    assert focused(page) == before and text_of(page, "#said") == ""
    page.keyboard.press("Home")
    page.keyboard.press("e")
    page.keyboard.type("two <b>words</b>")
    page.keyboard.press("Enter")
    assert focused(page) == "two <b>words</b>"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    page.keyboard.type("not kept")
    page.keyboard.press("Escape")
    assert focused(page) == words[2] and "2 words edited" in text_of(page, "#said")
    page.keyboard.press("n")
    assert page.evaluate("Number(document.activeElement.dataset.c) < 0.7")

    # What is saved.
    def save(button):
        with page.expect_download() as download:
            page.locator(button).press("Enter")
        download.value.save_as(folder / download.value.suggested_filename)
        return (folder / download.value.suggested_filename).read_text()
    lines = [segment["text"] for segment in transcript["segments"]]
    lines[0] = " ".join(["two <b>words</b>"] + lines[0].split()[2:])
    assert save("#save-text") == "".join(line + "\n" for line in lines)
    saved = json.loads(save("#save-json"))
    first = saved["segments"][0]["words"][0]
    assert first["word"] == "two <b>words</b>" and first["recognised"] == words[0]
    assert saved["segments"][0]["text"] == lines[0] and saved["path"] == transcript["path"]
    assert len([w for s in saved["segments"] for w in s["words"]]) == len(words) - 1
    assert abs(saved["segments"][-1]["end"] - transcript["segments"][-1]["end"]) < 0.001

    # The waveform is a slider; the pointer plays words and takes alternatives.
    page.locator("#overview").press("End")
    assert page.locator("#overview").get_attribute("aria-valuenow") == f"{transcript['duration']:.1f}"
    page.locator("#overview").press("Home")
    box = page.locator("#overview").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
    assert abs(page.evaluate("position") - transcript["duration"] / 2) < 0.02 * transcript["duration"]
    other.hover()
    page.locator("#tip button").first.click()
    assert other.inner_text() == (others[0] or "∅")


def main(first, transcript, pictures, *more):
    pictures = pathlib.Path(pictures)
    pictures.mkdir(parents=True, exist_ok=True)
    transcript = json.loads(pathlib.Path(transcript).read_text())
    problems = []
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM")
        browser = playwright.chromium.launch(
            executable_path=path, args=["--autoplay-policy=no-user-gesture-required", "--no-sandbox"])
        for number, name in enumerate((first, *more)):
            place = pathlib.Path(name).resolve()
            for look, (scheme, width) in LOOKS.items():
                context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
                page = context.new_page()
                asked = []
                page.on("request", lambda request: asked.append(request.url))
                page.on("pageerror", lambda error: problems.append(f"{name} ({look}): {error}"))
                page.on("console", lambda line: problems.append(f"{name} ({look}): {line.text}") if line.type == "error" else None)
                page.goto(place.as_uri())
                problems += [f"{name} ({look}): {problem}" for problem in page.evaluate(LOOK_OVER)]
                problems += [f"{name} asks for {url}" for url in asked if not url.startswith(("file:", "data:", "blob:"))]
                if number == 0:
                    wait(page, "player.readyState >= 1")
                    page.evaluate("seek(first + about.duration / 3)")
                    page.locator(".w[data-a]").first.focus()
                page.screenshot(path=pictures / f"{place.stem}-{look}.png", full_page=number > 0)
                if number == 0 and look == "light":
                    check(page, transcript, pictures)
                context.close()
        browser.close()
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


main(*sys.argv[1:])
