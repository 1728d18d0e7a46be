// Whether a kept element can take the act now, as Playwright checks it: stable, visible, enabled, editable, in view, hit.
// And the guard: a pointer event that would reach anything else is swallowed at its arrival, so a layout shift cannot mis-click.

const disabled = (element) => {
  const control = element.tagName === "LABEL" && element.control ? element.control : element;
  if (control.matches(":disabled")) return true;
  for (let node = control; node; node = parentOf(node)) if (node.getAttribute("aria-disabled") === "true") return true;
  // Widget kits grey out links by a class of their own.
  return control.matches("a.mini-disabled,.layui-btn-disabled,a[disabled]");
};

const readOnly = (element) => element.readOnly === true || element.getAttribute("aria-readonly") === "true";

const topmostAt = (x, y) => {
  let found = null;
  for (let root = document; root; root = found.shadowRoot) {
    const [top] = root.elementsFromPoint(x, y);
    if (!top || top === found) break;
    found = top;
  }
  return found;
};

// The element, what is in it, or the other half of label and control.
const accepts = (element, hit) => {
  if (within(element, hit)) return true;
  const label = hit.closest?.("label");
  return Boolean(label?.control) && label.control === element ? true : element.tagName === "LABEL" && element.control === hit;
};

const inView = (rect) => rect.top >= 0 && rect.left >= 0 && rect.bottom <= innerHeight && rect.right <= innerWidth;

const ALIGN = ["center", "end", "center", "start"];
const scrollTo = (element, attempt) => {
  if (attempt === 0 && inView(element.getBoundingClientRect())) return;
  // Another alignment at every try gets the element out from under sticky headers and footers.
  const align = ALIGN[attempt % ALIGN.length];
  element.scrollIntoView({ block: align, inline: attempt === 0 ? "nearest" : align, behavior: "instant" });
};

// The middle of the first part of the element that is inside the viewport.
const pointOf = (element) => {
  for (const rect of element.getClientRects()) {
    const [left, right] = [Math.max(0, rect.left), Math.min(innerWidth, rect.right)];
    const [top, bottom] = [Math.max(0, rect.top), Math.min(innerHeight, rect.bottom)];
    if (right > left && bottom > top && (right - left) * (bottom - top) > 0.99) return [Math.max(left, Math.floor((left + right) / 2)), Math.max(top, Math.floor((top + bottom) / 2))];
  }
  return null;
};

const ready = async (key, purpose, attempt) => {
  const element = kept.get(key);
  if (!element?.isConnected) return { state: "gone" };
  let before = element.getBoundingClientRect();
  for (let frame = 0; frame < 2; frame++) {
    await nextFrame();
    const now = element.getBoundingClientRect();
    if (frame > 0 && ["x", "y", "width", "height"].some((side) => now[side] !== before[side])) return { state: "moving" };
    before = now;
  }
  if (!element.isConnected) return { state: "gone" };
  if (!visible(element, purpose === "press")) return { state: "hidden" };
  if (disabled(element)) return { state: "disabled" };
  if (purpose === "fill" && readOnly(element)) return { state: "readonly" };
  scrollTo(element, attempt);
  const point = pointOf(element);
  if (!point) return { state: "outside" };
  const rect = rectOf(element);
  if (purpose === "press") {
    const hit = topmostAt(...point);
    if (!hit || !accepts(element, hit)) return { state: "covered", by: hit ? describe(hit) : "" };
  }
  return { state: "ready", x: point[0], y: point[1], rect };
};

// For the frames around: bring the child frame into view; then where a point of the child is here, and whether a pointer meets it.
const showFrame = (index, attempt) => {
  if (frameElements[index]) scrollTo(frameElements[index], attempt);
};
const frameHit = (index, inner, outer) => {
  const frame = frameElements[index];
  if (!frame?.isConnected) return { state: "gone" };
  const box = boxOf(frame);
  const [x, y] = [box.x + inner * box.scale, box.y + outer * box.scale];
  if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) return { state: "outside" };
  const hit = topmostAt(x, y);
  return hit === frame ? { state: "ready", x, y } : { state: "covered", by: hit ? describe(hit) : "" };
};

// Longer than any press takes to arrive; what comes later is the person's, whatever became of the press.
const LAPSE = 5000;
let armed = null;
// `key` none: in this frame no pointer event may arrive at all.
const arm = (key) => {
  const element = key === null ? null : (kept.get(key) ?? null);
  armed = { element, reached: 0, by: null, at: performance.now() };
  return element && { words: hitWords(element), question: questionAround(element) };
};
const verdict = () => {
  const told = armed && { reached: armed.reached, by: armed.by };
  armed = null;
  return told;
};
const guard = (event) => {
  if (!armed || !event.isTrusted) return;
  const hit = event.composedPath()[0];
  if (armed.by === null && armed.element && accepts(armed.element, hit)) {
    armed.reached++;
    return;
  }
  if (performance.now() - armed.at > LAPSE) return;
  armed.by ??= hit.nodeType === 1 ? describe(hit) : "";
  event.preventDefault();
  event.stopImmediatePropagation();
};
for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "auxclick", "dblclick", "contextmenu"])
  addEventListener(type, guard, { capture: true, passive: false });
