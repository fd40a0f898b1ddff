// @ts-check
// ---- search: names, parameters, libraries, data sets and the words that people use for the families
/** Other words for families, libraries and data sets; the pattern matches part of a name. */
/** @type {[RegExp, string][]} */
const SYNONYMS = [
  [/SVC$/, "svm support vector machine"],
  [/KNeighbors/, "knn k-nn k-nearest nearest neighbours neighbors"],
  [/MLP/, "neural network nn mlp multilayer"],
  [/^Network$/, "neural network nn cnn convolutional convnet deep"],
  [/Perceptron/, "linear perceptron"],
  [/RandomForest/, "rf forest trees bagging ensemble"],
  [/ExtraTree|DecisionTree/, "tree trees cart"],
  [/GradientBoosting/, "gbm gbdt boosting boosted trees ensemble"],
  [/NB$/, "naive bayes nb"],
  [/GaussianProcess/, "gp gaussian process"],
  [/Bagging|AdaBoost/, "trees boosting bagging ensemble"],
  [/Ridge/, "linear ridge least squares regression"],
  [/LinearDiscriminant/, "lda linear discriminant"],
  [/QuadraticDiscriminant/, "qda quadratic discriminant"],
  [/NearestCentroid/, "centroid prototype nearest mean"],
  [/LogisticRegression/, "logreg softmax regression linear maxent"],
  [/SGD|PassiveAggressive/, "linear stochastic gradient online"],
];
/** @type {Record<string, string>} */
const LIBRARY_WORDS = {
  native: "mnist-bench ours",
  "scikit-learn": "sklearn python",
  "scikit-learn-intelex": "sklearn intelex daal onedal",
  "libsvm-rs": "libsvm",
  xgboost: "xgb",
  lightgbm: "lgbm lgb",
};
const haystacks = new Map();

/**
 * All words by which a search finds a line, in lower case.
 * @param {Line} line
 */
function haystack(line) {
  const key = `${state.every} ${rowKey(line)}`;
  if (!haystacks.has(key)) {
    const engines = [...new Set(relatives(line).map((one) => one.engine))];
    const ran = datasets
      .filter((_, index) => relatives(line).some((one) => one.cells[index].status))
      .map((set) => `${set.name} ${set.title}`);
    const synonyms = SYNONYMS.filter(([family]) => family.test(line.family)).map(([, words]) => words);
    const libraries = engines.map((engine) => `${engine} ${LIBRARY_WORDS[engine] || ""}`);
    haystacks.set(
      key,
      [line.family, line.parameters, line.id, ...libraries, ...ran, ...synonyms].join(" ").toLowerCase(),
    );
  }
  return haystacks.get(key);
}
/** @param {string} text */
const needlesOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
/**
 * @param {Line} line
 * @param {string[]} needles
 */
const finds = (line, needles) => needles.every((needle) => haystack(line).includes(needle));

/**
 * The edit distance of two words, at most 3.
 * @param {string} a
 * @param {string} b
 */
function distance(a, b) {
  if (Math.abs(a.length - b.length) > 2) return 3;
  let before = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1)
      row[j] = Math.min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    before = row;
  }
  return before[b.length];
}
/** @type {string[] | undefined} */
let vocabulary;
/**
 * The word of this report that is nearest to a word without matches.
 * @param {string} word
 */
function nearestWord(word) {
  vocabulary ??= [
    ...new Set(
      lines
        .flatMap((line) => haystack(line).split(/[\s,=()[\]]+/))
        .filter((one) => one.length > 2 && !/^[\d.]+$/.test(one)),
    ),
  ];
  const near = vocabulary
    .map((one) => ({ one, apart: distance(word, one) }))
    .filter(({ apart }) => apart <= (word.length > 4 ? 2 : 1))
    .sort((a, b) => a.apart - b.apart || (a.one < b.one ? -1 : 1));
  return near[0]?.one;
}

/** Searches to offer if nothing is found: without filters, over every result, with fewer words, or another spelling. */
function offers() {
  const needles = needlesOf(state.q);
  /** @type {Node[]} */
  const list = [];
  const offer = (
    /** @type {number} */ count,
    /** @type {string} */ text,
    /** @type {Partial<State>} */ changes,
  ) => {
    if (count)
      list.push(
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: "link",
              onclick: () => {
                change(changes);
                byId("search").focus();
              },
            },
            text,
          ),
        ),
      );
  };
  const cleared = Object.fromEntries(GROUPS.map(([key]) => [key, []]));
  const count = (/** @type {Line[]} */ pool, /** @type {string[]} */ words) =>
    pool.filter((line) => finds(line, words)).length;
  const filtered = GROUPS.some(([key]) => state[key].length);
  if (filtered)
    offer(count(pool(), needles), `Without the filters: ${count(pool(), needles)} results`, cleared);
  if (needles.length > 1)
    needles.forEach((needle, at) => {
      const rest = needles.filter((_, other) => other !== at);
      offer(count(pool(), rest), `Without \u201c${needle}\u201d: ${count(pool(), rest)} results`, {
        ...cleared,
        q: rest.join(" "),
      });
    });
  needles.forEach((needle, at) => {
    if (count(pool(), [needle])) return;
    const near = nearestWord(needle);
    if (!near) return;
    const words = needles.map((word, other) => (other === at ? near : word));
    offer(
      count(pool(), words),
      `Did you mean \u201c${words.join(" ")}\u201d? ${count(pool(), words)} results`,
      { ...cleared, q: words.join(" ") },
    );
  });
  if (state.tab !== "both") offer(1, "On both data sets", { tab: "both", sort: null });
  offer(1, "Everything", { ...cleared, q: "", tab: "both" });
  return list;
}
