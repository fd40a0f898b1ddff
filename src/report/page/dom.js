// @ts-check
// The page shows what the program computed. Its whole state is in the address after #, so that a view can be
// linked and the back button works. Text from files goes into text nodes only, never into markup.
/** @type {PageData} */
const data = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("data")).textContent);
const { datasets, lines } = data;
const CHUNK = 100;

/** The element of this id, where the page has it. @param {string} id */
const elementOf = (id) => document.getElementById(id);
/** The element of this id, which the page has. @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** A field to fill in or to choose from. @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
/** The first element that a selector finds. @param {string} selector @returns {HTMLElement | null} */
const first = (selector) => document.querySelector(selector);
/** The picture of a chart. @param {string} name @returns {SVGSVGElement | null} */
const chartOf = (name) => document.querySelector(`[data-chart="${CSS.escape(name)}"] svg`);
/** The element with this value of an attribute. @param {string} name @param {string} value */
const withAttribute = (name, value) => first(`[${name}="${CSS.escape(value)}"]`);

/**
 * An element with properties (or attributes) and children; strings become text.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {Part[]} children
 */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key === "onclick") node.addEventListener("click", /** @type {EventListener} */ (value));
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) if (child) node.append(child);
  return node;
}
/** @param {string} text */
const bdi = (text) => el("bdi", {}, text);
/**
 * A class's name, which may break between its words where space is short.
 * @param {string} text
 */
const className = (text) =>
  el(
    "bdi",
    {},
    ...text.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word, at) => (at ? [el("wbr"), word] : [word])),
  );

// ---- figures as text
/** @param {number | undefined} value */
const accuracy = (value) => (value === undefined ? "" : value.toFixed(4));
/** @param {number} value */
const signed = (value) => (value < -0.00005 ? "\u2212" : "+") + Math.abs(value).toFixed(4);
/** @param {number} value */
const seconds = (value) =>
  value >= 99.95
    ? value.toFixed(0)
    : value >= 9.995
      ? value.toFixed(1)
      : value >= 0.9995
        ? value.toFixed(2)
        : value.toFixed(3);
/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
/** @param {string} [status] */
const words = (status = "") => status.replaceAll("_", " ");
