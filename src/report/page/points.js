// @ts-check
// ---- every test image as a point, the hardest first
/** The side of a point, in pixels of the drawing. */
const POINT = 4;
/** The colour of an image that no configuration misses. */
const EASIEST = [205, 222, 236];
const HARDEST = [150, 32, 0];

/**
 * A square of points, line by line from the hardest image to the easiest, with a slider that walks along them.
 * @param {{ name: string, title: string }} set
 * @param {Looks | null} looks
 * @param {Uint16Array} count how many configurations miss each image
 * @param {number} all how many configurations there are
 * @param {(image: number) => string} say
 */
function pointMap(set, looks, count, all, say) {
  const order = [...count.keys()].sort((a, b) => count[b] - count[a] || a - b);
  const across = Math.ceil(Math.sqrt(order.length));
  const down = Math.ceil(order.length / across);
  const canvas = /** @type {HTMLCanvasElement} */ (
    el("canvas", { width: across * POINT, height: down * POINT, "aria-hidden": "true" })
  );
  const pen = canvas.getContext("2d");
  order.forEach((image, rank) => {
    const share = Math.sqrt(count[image] / all);
    const colour = EASIEST.map((from, at) => Math.round(from + (HARDEST[at] - from) * share));
    if (!pen) return;
    pen.fillStyle = `rgb(${colour.join()})`;
    pen.fillRect((rank % across) * POINT, Math.floor(rank / across) * POINT, POINT - 1, POINT - 1);
  });
  const at = el("span", { class: "at", "aria-hidden": "true" });
  const told = el("output", {});
  const slider = /** @type {HTMLInputElement} */ (
    el("input", {
      type: "range",
      min: "0",
      max: String(order.length - 1),
      value: "0",
      "aria-label": `Test images of ${set.title}, the hardest first`,
    })
  );
  const tell = () => {
    const rank = Number(slider.value);
    const image = order[rank];
    at.style.left = `${(100 * (rank % across)) / across}%`;
    at.style.top = `${(100 * Math.floor(rank / across)) / down}%`;
    const text = `place ${(rank + 1).toLocaleString("en")}: test image ${image}, ${say(image)}`;
    slider.setAttribute("aria-valuetext", text);
    told.replaceChildren(
      ...pictures(looks, set.name, [image], 1, say).slice(0, 1),
      el("span", {}, bdi(text), hasPicture(looks, set.name, image) ? "" : " (no picture in this page)"),
    );
  };
  slider.addEventListener("input", tell);
  const square = el("div", { class: "square" }, canvas, at);
  square.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((across * (event.clientX - box.x)) / box.width);
    const line = Math.floor((down * (event.clientY - box.y)) / box.height);
    slider.value = String(Math.max(0, Math.min(order.length - 1, line * across + column)));
    tell();
  });
  tell();
  return el("div", { class: "points" }, square, slider, told);
}
/**
 * @param {Looks | null} looks
 * @param {string} name
 * @param {number} image
 */
const hasPicture = (looks, name, image) =>
  looks?.sets.find((one) => one.name === name)?.images.includes(image) ?? false;
