// Masks: personal values are blackened before the picture exists. They stand from `placeMasks` to `liftMasks` and follow every
// change of the document in between. The value of a password field is never read; the field is covered wholly.

const MASK = "data-ruku-mask";
const HIGHLIGHT = "ruku-mask";
const maskSheet = new CSSStyleSheet();
maskSheet.replaceSync(`
  ::highlight(${HIGHLIGHT}) { color: #000; background-color: #000; -webkit-text-fill-color: #000; text-shadow: none; text-decoration: none; }
  [${MASK}] { color: #000 !important; background: #000 !important; -webkit-text-fill-color: #000 !important; caret-color: #000 !important;
    text-shadow: none !important; border-color: #000 !important; border-radius: 0 !important; outline: none !important; box-shadow: none !important;
    opacity: 1 !important; filter: none !important; clip-path: none !important; transition: none !important; animation: none !important; }
  [${MASK}]::placeholder, [${MASK}]::selection { color: #000 !important; background: #000 !important; }
  [${MASK}]::before, [${MASK}]::after { color: #000 !important; background: #000 !important; }
  img[${MASK}], object[${MASK}], embed[${MASK}], video[${MASK}], canvas[${MASK}] { filter: brightness(0) !important; }
`);
const shotSheet = new CSSStyleSheet();
shotSheet.replaceSync("*, *::before, *::after { caret-color: transparent !important; }");

let masks = null;

const foldMark = (c) => {
  const code = c.codePointAt(0);
  return (code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : c).replace(/[A-Z]/, (upper) => upper.toLowerCase());
};
// As base/redact.rs has it.
const ignored = (c) => /[\s\u0085\u00ad\u200b-\u200d\u2010-\u2015\ufeff\-－,，/／]/.test(c);

// Where in a chain of text nodes the values stand: [[node, start, end]…]; values may run through several nodes.
const textHits = (root, values) => {
  const nodes = [];
  const marks = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (SILENT.has(node.parentElement?.tagName)) continue;
    const at = nodes.push(node) - 1;
    let offset = 0;
    for (const c of node.data) {
      if (!ignored(c)) marks.push([foldMark(c), at, offset, c.length]);
      offset += c.length;
    }
  }
  // One folded character may be several code units: positions are counted in marks.
  const folded = marks.map(([c]) => c).join("");
  const starts = [];
  marks.forEach(([c], at) => {
    for (let unit = 0; unit < c.length; unit++) starts.push(at);
  });
  const hits = [];
  for (const value of values) {
    for (let from = folded.indexOf(value); from >= 0; from = folded.indexOf(value, from + 1)) {
      const [first, last] = [starts[from], starts[from + value.length - 1]];
      for (let at = first; at <= last; ) {
        const node = marks[at][1];
        let end = at;
        while (end < last && marks[end + 1][1] === node) end++;
        hits.push([nodes[node], marks[at][2], marks[end][2] + marks[end][3]]);
        at = end + 1;
      }
    }
  }
  return hits;
};

const holds = (text, values) => {
  if (!text) return false;
  const folded = [...text].filter((c) => !ignored(c)).map(foldMark).join("");
  return values.some((value) => folded.includes(value));
};

// Elements to be covered as a whole: fields, and what shows an attribute (a hint, a picture's words, generated content).
const wholeHits = (root, values) => {
  const found = [];
  for (const element of root.querySelectorAll("*")) {
    if (SILENT.has(element.tagName)) continue;
    if (isPassword(element)) {
      found.push([element, "secret"]);
      continue;
    }
    const field = /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
    if (field && element.type !== "hidden" && (holds(textOf(element), values) || holds(element.placeholder, values))) {
      found.push([element, "personal"]);
      continue;
    }
    if (field || ![...element.attributes].some(({ value }) => holds(value, values))) continue;
    const media = /^(IMG|OBJECT|EMBED|VIDEO|CANVAS)$/.test(element.tagName);
    const generated = ["::before", "::after"].some((part) => holds(getComputedStyle(element, part).content, values));
    if (media || generated) found.push([element, "personal"]);
  }
  return found;
};

// Slanted letters lean out of their box, where CSS does not cover them: the robot paints there.
const withInk = (element, { left, top, right, bottom }) => {
  const style = getComputedStyle(element);
  const lean = style.fontStyle === "normal" ? 0 : parseFloat(style.fontSize) * 0.3;
  return { left: left - lean, top, right: right + lean, bottom };
};

// The part of `rect` that the boxes around `element` let through.
const clipped = (element, rect) => {
  let { left, top, right, bottom } = rect;
  const free = (node) => getComputedStyle(node).position === "fixed";
  for (let node = element; node && !free(node); node = parentOf(node)) {
    const box = parentOf(node);
    if (!box || box === document.body || box === document.documentElement) break;
    const style = getComputedStyle(box);
    if (style.overflowX === "visible" && style.overflowY === "visible") continue;
    const edge = box.getBoundingClientRect();
    if (style.overflowX !== "visible") [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
    if (style.overflowY !== "visible") [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
  }
  [left, top] = [Math.max(left, 0), Math.max(top, 0)];
  [right, bottom] = [Math.min(right, innerWidth), Math.min(bottom, innerHeight)];
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
};

const place = () => {
  const { values, highlight, covered } = masks;
  highlight.clear();
  const boxes = [];
  const whole = new Set();
  for (const root of rootsOf()) {
    if (!masks.roots.has(root)) {
      masks.roots.add(root);
      masks.watch.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
    }
    for (const sheet of [maskSheet, shotSheet])
      if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    for (const [node, start, end] of textHits(root, values)) {
      const range = new Range();
      range.setStart(node, start);
      range.setEnd(node, end);
      highlight.add(range);
      if (!node.parentElement?.checkVisibility({ visibilityProperty: true })) continue;
      for (const rect of range.getClientRects()) boxes.push([clipped(node.parentElement, withInk(node.parentElement, rect)), "personal"]);
    }
    for (const [element, reason] of wholeHits(root, values)) {
      whole.add(element);
      if (!element.hasAttribute(MASK)) element.setAttribute(MASK, "");
      covered.add(element);
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      boxes.push([clipped(element, element.getBoundingClientRect()), reason]);
    }
  }
  for (const element of covered) {
    if (whole.has(element)) continue;
    element.removeAttribute(MASK);
    covered.delete(element);
  }
  CSS.highlights.set(HIGHLIGHT, highlight);
  // Our own attribute changes are no news.
  masks.watch.takeRecords();
  return boxes.filter(([box]) => box).map(([box, reason]) => ({ ...box, reason }));
};

// `values` come folded (no white space, dashes, commas or slashes, half-width, lower case). Answers the covered places of this viewport.
const placeMasks = async (values) => {
  masks ??= { highlight: new Highlight(), covered: new Set(), roots: new Set(), watch: new MutationObserver(place) };
  masks.values = values;
  masks.highlight.priority = 2147483647;
  place();
  // A font that never comes must not stop the proof; the second look would see it move the text.
  await Promise.race([document.fonts.ready, new Promise((done) => setTimeout(done, 3000))]);
  let before = JSON.stringify(place());
  for (let frame = 0; frame < 20; frame++) {
    await nextFrame();
    const now = JSON.stringify(place());
    if (now === before && frame > 0) return maskState();
    before = now;
  }
  return null;
};

const maskState = () => ({ boxes: place(), scroll: [scrollX, scrollY], size: [innerWidth, innerHeight], ratio: devicePixelRatio });

// The same look again, for after the capture; null when the masks were lifted meanwhile.
const sameMasks = () => (masks ? maskState() : null);

const liftMasks = () => {
  if (!masks) return;
  masks.watch.disconnect();
  CSS.highlights.delete(HIGHLIGHT);
  for (const element of masks.covered) element.removeAttribute(MASK);
  for (const root of masks.roots)
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((sheet) => sheet !== maskSheet && sheet !== shotSheet);
  masks = null;
};
