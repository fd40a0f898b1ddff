// Twenty-five questions of three new users, answered with the page in Chromium: the user's steps, and whether the answer
// is there. `npm install && node trial.mjs reports/benchmark.html results`; the table in README.md is its output.
//
// Steps are a user's actions. Seconds are a keystroke-level model (a click 1.3, a key 0.2, a look 1.2) plus what the page
// itself took, measured. No person was timed.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const file = path.resolve(process.argv[2]);
const results = path.resolve(process.argv[3]);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trial-"));

async function open(opts = {}) {
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...opts });
  const page = await context.newPage();
  const errs = [];
  page.on("pageerror", (e) => errs.push(String(e.stack)));
  page.on("console", (m) => {
    if (m.type() === "error") errs.push(m.text());
  });
  await page.goto("file://" + file);
  return { browser, page, errs };
}
const out = [];
async function task(who, question, opts, fn) {
  const { browser, page, errs } = await open(opts);
  if (opts.javaScriptEnabled !== false) await page.waitForSelector("tr.row");
  let steps = 0,
    model = 0,
    waited = 0;
  const log = [];
  const u = {
    page,
    async timed(f) {
      const t = Date.now();
      const r = await f();
      waited += Date.now() - t;
      return r;
    },
    async click(sel, what) {
      steps++;
      model += 1.3 + 1.2;
      log.push("click " + (what || sel));
      await u.timed(() => page.locator(sel).first().click());
    },
    async type(text, sel) {
      steps++;
      model += 1 + 0.2 * text.length + 1.2;
      log.push("type " + text);
      await u.timed(async () => {
        if (sel) await page.locator(sel).first().fill(text);
        else await page.keyboard.type(text);
      });
    },
    async key(k) {
      steps++;
      model += 0.3 + 0.6;
      log.push(k);
      await u.timed(() => page.keyboard.press(k));
    },
    async choose(sel, v) {
      steps++;
      model += 2.6 + 1.2;
      log.push("choose " + v);
      await u.timed(() => page.locator(sel).selectOption(v));
    },
    look() {
      model += 1.2;
      log.push("read");
    },
    async seen(sel) {
      return await page
        .locator(sel)
        .first()
        .evaluate((n) => {
          const b = n.getBoundingClientRect();
          return b.top < innerHeight && b.bottom > 0 && n.checkVisibility();
        });
    },
    text: (sel) => page.locator(sel).first().innerText(),
    all: (sel) => page.locator(sel).allInnerTexts(),
    ok(c, m) {
      if (!c) throw new Error("FAIL " + m);
    },
  };
  let result = "ok",
    answer = "";
  try {
    answer = await fn(u);
  } catch (e) {
    result = "FAIL: " + String(e.message).split("\n")[0];
  }
  if (errs.length) result += " errors " + errs[0];
  out.push({
    who,
    question,
    result,
    steps,
    seconds: (model + waited / 1000).toFixed(0),
    page: (waited / 1000).toFixed(1),
    answer: String(answer || "")
      .replace(/\s+/g, " ")
      .slice(0, 150),
    how: log.join(", "),
  });
  await browser.close();
}
const L = "library chooser",
  T = "teacher",
  R = "researcher";
await task(L, "which library, how fast? (first screen)", {}, async (u) => {
  u.look();
  await u.click("nav a[href='#findings']", "Findings");
  u.look();
  u.ok(await u.seen("#card-library"), "card");
  return (await u.all("#card-library li")).slice(0, 2).join(" ");
});
await task(L, "what does smartcore do with SVC rbf?", {}, async (u) => {
  await u.type("smartcore svc rbf c=10", "#search");
  await u.page.waitForFunction(() => document.querySelectorAll("tr.row").length < 10);
  await u.click("tr.row .name", "the row");
  u.look();
  const t = (await u.all(".part .libraries tbody tr")).filter((x) => x.includes("smartcore"));
  u.ok(t.length, "smartcore row");
  return t[0];
});
await task(L, "all libraries on one configuration", {}, async (u) => {
  await u.type("svc rbf c=10", "#search");
  await u.click("tr.row .name", "the row");
  u.look();
  const t = await u.all(".part:first-child .libraries tbody th");
  u.ok(t.length >= 5, "libraries " + t);
  return t.join(", ");
});
await task(L, "which library for a forest at 5,000 images?", {}, async (u) => {
  await u.click("nav a[href='#libraries']", "Libraries");
  await u.choose("#matrix-size", "5000");
  u.look();
  const t = (await u.all("#matrix tbody tr")).filter((x) => /RandomForest/.test(x));
  u.ok(t.length, "row");
  return t[0];
});
await task(L, "where do they fail, with which defect?", {}, async (u) => {
  await u.click("nav a[href='#libraries']", "Libraries");
  u.look();
  const t = await u.all("#matrix td a");
  u.ok(t.length > 2, "findings");
  return t.join(", ");
});
await task(L, "what machine made these seconds?", {}, async (u) => {
  u.look();
  u.ok(await u.seen("#origin"), "strip");
  return u.text("#origin");
});
await task(L, "sort by speed on a phone", { viewport: { width: 375, height: 800 } }, async (u) => {
  await u.choose(
    "#sort",
    await u.page
      .locator("#sort option")
      .evaluateAll((o) => o.find((x) => /time.*Fashion/.test(x.textContent)).value),
  );
  u.look();
  const heads = await u.all("#results thead th:visible");
  u.ok(
    heads.some((h) => /time/.test(h)),
    "time shown " + heads,
  );
  return (await u.all("tr.row")).slice(0, 2).join(" | ");
});
await task(T, "is MNIST too easy? (first screen)", {}, async (u) => {
  u.look();
  u.ok(await u.seen("h1"), "h1");
  return u.text("h1");
});
await task(T, "show it: the images that everyone knows, that no one knows", {}, async (u) => {
  await u.click("nav a[href='#yours']", "Place yours");
  await u.page.locator("#difficulty").scrollIntoViewIfNeeded();
  await u.page.evaluate(() => document.querySelector("#difficulty").scrollIntoView());
  await u.page.waitForSelector("#histograms figure");
  u.look();
  await u.click("#histograms figure:last-child .bin", "no one");
  u.ok((await u.page.locator("#bin .image").count()) > 0, "images");
  return (await u.all("#histograms h3")).join(" | ");
});
await task(T, "link to a chart", {}, async (u) => {
  await u.click("nav a[href='#charts']", "Charts");
  await u.click("#charts figure figcaption a", "Link");
  u.ok(/#\w/.test(u.page.url()), "url");
  return u.page.url().split("#")[1];
});
await task(T, "link to a family", {}, async (u) => {
  await u.click("nav a[href='#families']", "Families");
  await u.click("#families a.anchor", "#");
  return u.page.url().split("#")[1];
});
await task(T, "print a handout", {}, async (u) => {
  await u.key("Control+p");
  const pdf = await u.timed(() => u.page.pdf({ format: "A4" }));
  const n = (pdf.toString("latin1").match(/\/Type \/Page\b(?!s)/g) || []).length;
  u.ok(n <= 8, "pages " + n);
  return n + " sheets";
});
await task(T, "one pixel: is the quote right?", {}, async (u) => {
  await u.click("nav a[href='#one-pixel']", "One pixel");
  u.look();
  return u.text("#one-pixel p b");
});
await task(R, "find SVC rbf on Fashion-MNIST", {}, async (u) => {
  await u.type("rbf fashion", "#search");
  await u.page.waitForFunction(() => document.querySelectorAll("tr.row").length < 10);
  u.look();
  const t = await u.all("tr.row");
  u.ok(t.length >= 3, "rows");
  return t[0];
});
await task(R, "compare two rows", {}, async (u) => {
  await u.type("svc rbf", "#search");
  await u.page.waitForFunction(() => document.querySelectorAll("tr.row").length < 10);
  await u.page.locator(".pin").nth(0).click();
  await u.click("tr.row:nth-of-type(2) .pin", "second +");
  await u.click("#tray a", "Show");
  await u.page.waitForSelector(".versus");
  u.look();
  return (await u.all(".versus dd")).slice(0, 5).join("; ");
});
await task(R, "link to a row", {}, async (u) => {
  await u.type("svc rbf", "#search");
  await u.click("tr.row .name", "row");
  u.ok(await u.page.locator(".share button", { hasText: "Copy link" }).count(), "button");
  await u.click(".share button", "Copy link");
  return u.page.url().split("#")[1];
});
await task(R, "a link to a row that is not there", {}, async (u) => {
  await u.page.evaluate(() => {
    location.hash = "row=reference%2Fnative%2FSVC%2CC%3D7%2Ffull";
  });
  u.look();
  const t = await u.text("#shown");
  u.ok(/not in this report/.test(t), t);
  return t;
});
await task(R, "cite", {}, async (u) => {
  await u.click("#open-cite", "Cite");
  u.look();
  const t = await u.text("#cite pre");
  u.ok(/@misc/.test(t), "bib");
  return t;
});
await task(R, "download the lines in view", {}, async (u) => {
  await u.type("svc", "#search");
  const [d] = await Promise.all([u.page.waitForEvent("download"), u.click("#save-csv", "CSV")]);
  const t = fs.readFileSync(await d.path(), "utf8");
  return d.suggestedFilename() + ": " + t.split("\n")[0].slice(0, 80);
});
await task(R, "place my own predictions", {}, async (u) => {
  await u.click("nav a[href='#yours']", "Place yours");
  const j = JSON.parse(
    fs.readFileSync(path.join(results, "reference/fashion-mnist/native/GaussianNB,priors=uniform.json")),
  );
  fs.writeFileSync(
    path.join(folder, "mine.csv"),
    "id,label\n" + [...j.repeats[0].predictions].map((c, i) => i + "," + c).join("\n"),
  );
  const [fc] = await Promise.all([u.page.waitForEvent("filechooser"), u.click("#drop-file", "File")]);
  await u.timed(() => fc.setFiles(path.join(folder, "mine.csv")));
  await u.page.waitForSelector("#drop-result dl");
  u.look();
  return u.text("#drop-result dd");
});
await task(R, "keyboard alone: search, open, close a row", {}, async (u) => {
  await u.key("/");
  await u.type("gaussiannb");
  await u.page.waitForFunction(() => document.querySelectorAll("tr.row").length < 6);
  let n = 0;
  while (n < 40 && !(await u.page.evaluate(() => document.activeElement.matches(".name")))) {
    await u.page.keyboard.press("Tab");
    n++;
  }
  u.ok(n < 40, "reach");
  await u.key("Enter");
  u.ok((await u.page.locator("tr.detail").count()) == 1, "open");
  await u.key("Enter");
  return n + " Tab stops from search to the first row";
});
await task(R, "keyboard alone: a mark of a chart", {}, async (u) => {
  await u.page.locator("#best-per-family svg").focus();
  await u.key("ArrowRight");
  await u.key("ArrowRight");
  const tip = await u.text("#tip");
  await u.key("Enter");
  u.ok((await u.page.locator("tr.detail").count()) == 1, "opened");
  return tip;
});
await task(R, "keyboard: skip to the table", {}, async (u) => {
  await u.key("Tab");
  const t = await u.page.evaluate(() => document.activeElement.textContent);
  u.ok(/Skip/.test(t), t);
  await u.key("Enter");
  return t;
});
await task(R, "without JavaScript", { javaScriptEnabled: false }, async (u) => {
  u.look();
  const n = await u.page.locator("#plain tbody tr").count();
  u.ok(n >= 145, "rows " + n);
  u.ok(!(await u.page.locator("#search").isVisible()), "search hidden");
  return n + " configurations as a table";
});
await task(R, "what is the test behind a tie?", {}, async (u) => {
  await u.click("nav a[href='#groups']", "Tie groups");
  u.look();
  return (await u.text("#groups p")).slice(0, 120);
});
fs.rmSync(folder, { recursive: true });
console.log("| user | question | result | steps | seconds | how |\n|---|---|---|---:|---:|---|");
for (const o of out)
  console.log(
    `| ${o.who} | ${o.question} | ${o.result} | ${o.steps} | ${o.seconds} | ${o.how.replaceAll("|", "\\|")} |`,
  );
const failed = out.filter((o) => o.result !== "ok").length;
console.log(
  `\n${out.length - failed} of ${out.length} answered, ${out.reduce((sum, o) => sum + o.steps, 0)} steps, ${out.reduce((sum, o) => sum + Number(o.seconds), 0)} s.`,
);
process.exitCode = failed ? 1 : 0;
