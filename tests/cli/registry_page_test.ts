/** Opens the registry's page in a real browser. */

import assert from "node:assert/strict";
import { createRegistry } from "../../lib/server/registry.ts";
import { serveRegistry } from "../../lib/server/serve.ts";
import { Browser, findChromium } from "../support/chromium.ts";
import { fillRegistry } from "../support/page_content.ts";

const chromium = findChromium();
const name = "registry serve shows a page that works in a browser, narrow or wide, light or dark, and by keyboard";

/** Gives each text with its contrast against the nearest background, as WCAG 2.2 computes it. */
const contrasts = `(() => {
  const channel = (value) => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const back = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const seen = [...document.querySelectorAll("body *")].filter((element) =>
    element.tagName === "INPUT" || [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ""));
  const texts = seen.map((element) => [element.tagName + " " + (element.textContent || element.value).trim().slice(0, 40),
    ratio(parse(getComputedStyle(element).color), back(element))]);
  const edges = [...document.querySelectorAll("input, button")].map((element) => ["edge of " + element.tagName,
    ratio(parse(getComputedStyle(element).borderColor), back(element.parentElement)) * 1.5]);
  return [...texts, ...edges];
})()`;

/** What has the focus: its text or value, and whether that shows. */
const focus = `(() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  return { tag: element.tagName, text: element.value ?? element.textContent, outline: getComputedStyle(element).outlineStyle,
    isSeen: box.width > 0 && box.left >= 0 && box.right <= innerWidth + 1,
    selected: element.selectionStart === undefined ? "" : element.value.slice(element.selectionStart, element.selectionEnd) };
})()`;

interface Focus {
  readonly tag: string;
  readonly text: string;
  readonly outline: string;
  readonly isSeen: boolean;
  readonly selected: string;
}

async function walkByKeyboard(browser: Browser): Promise<Focus[]> {
  const steps: Focus[] = [];
  for (let step = 0; step < 400; step++) {
    await browser.press("Tab", 9);
    const now = await browser.evaluate<Focus>(focus);
    if (now.tag === "BODY") return steps;
    steps.push(now);
  }
  return steps;
}

Deno.test({
  name: chromium === undefined ? `${name} (skipped: no Chromium in PATH)` : name,
  ignore: chromium === undefined,
  async fn() {
    await using registry = createRegistry();
    await fillRegistry(registry);
    await using server = await serveRegistry(registry);
    const { url } = server.address;
    await using browser = await Browser.start(chromium ?? "");
    const long = (await registry.store.names()).find((one) => one.startsWith("a-rather")) ?? assert.fail();
    const paths = [
      "/",
      "/?q=many",
      "/repositories/team/server",
      "/repositories/team/server/-/latest",
      "/repositories/team/server/-/2.1.0-amd64",
      `/repositories/${long}`,
      `/repositories/${long}/-/${"a-tag-that-is-nearly-as-long-as-tags-may-be-".repeat(2)}`,
      "/repositories/none",
    ];
    for (const path of paths) {
      for (const [width, scheme] of [[375, "light"], [375, "dark"], [1280, "light"], [1280, "dark"]] as const) {
        await browser.show(width, 800, scheme);
        await browser.open(url + path);
        const scroll = await browser.evaluate<number>("document.documentElement.scrollWidth");
        assert(scroll <= width, `${path} is ${scroll} wide at ${width}`);
        const found = await browser.evaluate<[string, number][]>(contrasts);
        assert(found.length > 5);
        for (const [text, ratio] of found) {
          assert(ratio >= 4.5, `${path} ${scheme}: ${text} has a contrast of ${ratio}`);
        }
      }
    }
    assert(browser.problems.every((problem) => problem.includes("404")), browser.problems.join("\n"));
    assert(browser.problems.length <= 4, "only the page that is not there was not found");

    await browser.show(375, 800);
    await browser.open(`${url}/repositories/team/server/-/latest`);
    const text = await browser.evaluate<string>("document.body.innerText");
    for (const shown of ["linux/arm64/v8", "windows/amd64", "application/spdx+json", "<b>everything</b> & more"]) {
      assert(text.includes(shown), shown);
    }
    const steps = await walkByKeyboard(browser);
    const wanted = await browser.evaluate<number>("document.querySelectorAll('a, input, button').length");
    assert.equal(steps.length, wanted, "every control is reached");
    assert(steps.every(({ isSeen, outline }) => isSeen && outline !== "none"), JSON.stringify(steps));
    const command = steps.find(({ text }) => text.startsWith("docker pull"));
    assert.equal(command?.selected, command?.text, "reaching a command selects it");

    await browser.open(`${url}/repositories/team/server`);
    for (let step = 0; step < 20; step++) {
      await browser.press("Tab", 9);
      if ((await browser.evaluate<Focus>(focus)).text === "2.1.0-amd64") break;
    }
    const loaded = browser.waitFor("Page.loadEventFired");
    await browser.press("Enter", 13);
    await loaded;
    assert.match(await browser.evaluate<string>("document.title"), /^team\/server:2\.1\.0-amd64/);
    assert.match(await browser.evaluate<string>("document.body.innerText"), /\/usr\/bin\/server --listen/);
  },
});
