// @ts-check
// ---- the user's own predictions, placed among the results; nothing is sent
function startYours() {
  const section = elementOf("yours");
  if (!section) return;
  byId("drop-set").replaceChildren(
    ...datasets.map((set) =>
      el("option", { value: set.name, selected: set.name === "fashion-mnist" }, set.title),
    ),
  );
  /** @type {File | undefined} */
  let chosenFile;
  /** @param {File} file */
  const take = async (file) => {
    chosenFile = file;
    byId("drop-result").replaceChildren("Reading \u2026");
    try {
      await place(file.name, new Uint8Array(await file.arrayBuffer()));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      /** @type {Node[]} */
      const told = [el("p", { class: "fail" }, bdi(`${file.name} ${reason}.`))];
      if (error instanceof Refused) told.push(...submitCommand(file.name));
      byId("drop-result").replaceChildren(...told);
    }
  };
  byId("drop-file").addEventListener("change", () => {
    const file = field("drop-file").files?.[0];
    if (file) take(file);
  });
  byId("drop-set").addEventListener("change", () => {
    if (chosenFile) take(chosenFile);
  });
  section.addEventListener("dragover", (event) => {
    event.preventDefault();
    byId("drop").classList.add("over");
  });
  section.addEventListener("dragleave", () => byId("drop").classList.remove("over"));
  section.addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
  const seen = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        seen.disconnect();
        histograms();
      }
    },
    { rootMargin: "300px" },
  );
  seen.observe(byId("difficulty"));
}

/** The `submit` command for a file; it reads more forms than the page. @param {string} name of the file */
function submitCommand(name) {
  const command = `cargo run --release -- submit ${quote(name)} --name your-name --dataset ${field("drop-set").value} --classifier "My method" --description "What it does"`;
  return [
    el(
      "p",
      {},
      "The program\u2019s ",
      el("code", {}, "submit"),
      " reads more forms, takes a column by its name (",
      el("code", {}, "--column"),
      ") and says what is wrong:",
    ),
    el("pre", { tabindex: "0", class: "to-copy" }, command),
  ];
}

/**
 * Places a file of predictions among the results on its data set.
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
async function place(name, bytes) {
  const [answers, looks] = await Promise.all([unpackAnswers(), unpack()]);
  const index = datasets.findIndex((set) => set.name === field("drop-set").value);
  const set = answers?.sets.find((one) => one.name === datasets[index].name);
  if (!answers || !set) throw new Error("has no place here: this report has no answers on that data set");
  const classes =
    looks?.sets.find((one) => one.name === set.name)?.classes || [...new Set(set.labels)].sort();
  const predicted = parsePredictions(name, bytes, set.labels.length, classes);
  const row = predicted
    .map((one, at) => (one.toString(36) === set.labels[at] ? "." : one.toString(36)))
    .join("");
  const n = row.length;
  const hits = right(row);
  const [low, high] = wilson(hits, n);
  const rows = openRows(answers, index);
  // Ranked by the table's figures, which are means over repeats.
  const ranked = rows
    .map(({ line, row: other }) => ({ line, row: other, figure: line.cells[index].accuracy ?? 0 }))
    .sort((a, b) => b.figure - a.figure);
  const above = ranked.filter((one) => one.figure > hits / n).at(-1);
  const below = ranked.find((one) => one.figure <= hits / n);
  const leaders = ranked
    .filter(
      ({ line }) => line.cells[index].group !== undefined && line.cells[index].against_best === undefined,
    )
    .sort((a, b) => (a.line.cells[index].group ?? 0) - (b.line.cells[index].group ?? 0));
  const tied = leaders
    .map((one) => ({ ...one, counts: discordant(one.row, row) }))
    .find(({ counts }) => mcnemar(...counts) >= 0.05);
  const count = misses(rows);
  const alone = [...Array(n).keys()].filter((at) => row[at] !== "." && count[at] * 10 < rows.length);
  const only = [...Array(n).keys()].filter((at) => row[at] === "." && count[at] * 10 > 9 * rows.length);
  const say = (/** @type {number} */ at) =>
    `${classes[parseInt(set.labels[at], 36)]}${row[at] === "." ? "" : `, yours says ${classes[parseInt(row[at], 36)]}`}; ${count[at]} of ${rows.length} miss it`;
  const better = ranked.filter((one) => one.figure < hits / n).length;
  const list = [
    [
      "accuracy",
      `${accuracy(hits / n)} (${hits} of ${n}; 95 % interval ${accuracy(low)} to ${accuracy(high)})`,
    ],
    ["among the results", ranked.length ? `above ${better} of ${ranked.length} configurations` : ""],
    [
      "tie group",
      tied
        ? `${tied.line.cells[index].group}: not told apart from its best, ${lineName(tied.line)} (${probability(mcnemar(...tied.counts))}; only that one right ${tied.counts[0]}, only yours ${tied.counts[1]})`
        : leaders.length
          ? `none: told apart from the best of all ${leaders.length} groups`
          : "",
    ],
    ["next above", above ? `${lineName(above.line)} ${accuracy(above.figure)}` : ""],
    ["next below", below ? `${lineName(below.line)} ${accuracy(below.figure)}` : ""],
  ]
    .filter(([, value]) => value)
    .flatMap(([term, value]) => [el("dt", {}, term), el("dd", {}, bdi(value))]);
  const who = el("input", { type: "text", value: "your-name", "aria-label": "Submitter", size: "12" });
  const what = el("input", {
    type: "text",
    value: "My method",
    "aria-label": "Name of the method",
    size: "14",
  });
  const trained = el("input", {
    type: "text",
    inputmode: "numeric",
    value: "60000",
    "aria-label": "Training images it saw",
    size: "6",
  });
  const save = el(
    "button",
    {
      type: "button",
      class: "chip",
      onclick: () => {
        const figure = hits / n;
        const predictions = predicted.map((one) => one.toString(36)).join("");
        const entry = {
          schema_version: 1,
          status: "ok",
          submitter: who.value,
          classifier: what.value,
          parameters: {},
          method: { description: "Describe the method here.", external_data: false },
          dataset: set.name,
          train_size: Number(trained.value) || 60000,
          test_size: n,
          accuracy: figure,
          repeats: [{ accuracy: figure, predictions }],
        };
        const address = URL.createObjectURL(
          new Blob([`${JSON.stringify(entry, null, 1)}\n`], { type: "application/json" }),
        );
        el("a", { href: address, download: `${what.value}.json` }).click();
        setTimeout(() => URL.revokeObjectURL(address), 10000);
      },
    },
    "Save as a submission",
  );
  stars(index, hits / n);
  byId("drop-result").replaceChildren(
    el("h3", {}, bdi(name), ` on ${datasets[index].title}`),
    el("dl", {}, ...list),
    el("h4", {}, `Missed here, recognised by more than nine in ten (${alone.length})`),
    ...pictures(looks, set.name, alone, 24, say),
    el("h4", {}, `Recognised here, missed by more than nine in ten (${only.length})`),
    ...pictures(looks, set.name, only, 24, say),
    el(
      "p",
      {},
      who,
      " ",
      what,
      " trained on ",
      trained,
      " images ",
      save,
      ` as results/submitted/<name>/${set.name}/<id>.json, then run mnist-bench validate.`,
    ),
  );
}

/**
 * A star in each chart that has an axis of accuracy on this data set.
 * @param {number} index
 * @param {number} figure
 */
function stars(index, figure) {
  for (const node of document.querySelectorAll(".star")) node.remove();
  const log = (/** @type {number} */ value) => -Math.log10(1 - Math.min(value, 0.9995));
  const across = [`${datasets[1]?.name}-against-${datasets[0]?.name}`, "best-per-family"];
  for (const { name, marks } of data.charts) {
    const along =
      name === across[1] || (name === across[0] && index === 0)
        ? 0
        : name === `accuracy-against-time-${datasets[index].name}` || (name === across[0] && index === 1)
          ? 1
          : undefined;
    const svg = chartOf(name);
    if (along === undefined || !svg) continue;
    // The axis is linear in the logarithm of the error, so two marks far apart determine it.
    const known = marks
      .flatMap((mark) => {
        const own =
          name === across[1]
            ? lines[mark[2]].cells.map((cell) => cell.accuracy)
            : [lines[mark[2]].cells[index].accuracy];
        return own.length === 1 && own[0] !== undefined ? [[mark[along], log(own[0])]] : [];
      })
      .sort((a, b) => a[1] - b[1]);
    const ends = name === across[1] ? dumbbellEnds(marks, index, log) : [known[0], known.at(-1)];
    if (!ends[0] || !ends[1] || ends[0][1] === ends[1][1]) continue;
    const at =
      ends[0][0] + ((ends[1][0] - ends[0][0]) * (log(figure) - ends[0][1])) / (ends[1][1] - ends[0][1]);
    const { width, height } = svg.viewBox.baseVal;
    const rule = document.createElementNS("http://www.w3.org/2000/svg", "path");
    rule.setAttribute("class", "star");
    rule.setAttribute("d", along === 0 ? `M${at} 30V${height - 60}` : `M56 ${at}H${width - 14}`);
    const star = document.createElementNS("http://www.w3.org/2000/svg", "text");
    star.setAttribute("class", "star");
    star.setAttribute("x", String(along === 0 ? at : width - 30));
    star.setAttribute("y", String(along === 0 ? 44 : at - 4));
    star.textContent = "\u2605 yours";
    star.setAttribute("text-anchor", along === 0 ? "middle" : "end");
    svg.append(rule, star);
  }
}
/**
 * Marks of the dumbbell chart come in pairs, one pair a family, the first data set before the second.
 * @param {[number, number, number][]} marks
 * @param {number} index
 * @param {(value: number) => number} log
 */
function dumbbellEnds(marks, index, log) {
  const points = marks
    .flatMap((mark, at) => {
      const cell = lines[mark[2]].cells[at % 2];
      return at % 2 === index && cell.accuracy !== undefined ? [[mark[0], log(cell.accuracy)]] : [];
    })
    .sort((a, b) => a[1] - b[1]);
  return [points[0], points.at(-1)];
}
