// Masks: personal values are blackened before the picture exists. They stand from `placeMasks` to `liftMasks` and follow every
// change of the document in between. The value of a password field is never read; the field is covered wholly.

const MASK = "data-ruku-mask";
const CARET = "data-ruku-caret";
const HIGHLIGHT = "ruku-mask";
const maskSheet = new CSSStyleSheet();
maskSheet.replaceSync(`
  ::highlight(${HIGHLIGHT}) { color: #000; background-color: #000; -webkit-text-fill-color: #000; text-shadow: none; text-decoration: none; }
  [${MASK}] { color: #000 !important; background: #000 !important; -webkit-text-fill-color: #000 !important; caret-color: #000 !important;
    text-shadow: none !important; border-color: #000 !important; border-radius: 0 !important; outline: none !important; box-shadow: none !important;
    opacity: 1 !important; filter: none !important; clip-path: none !important; transition: none !important; animation: none !important; }
  [${MASK}]::placeholder, [${MASK}]::selection { color: #000 !important; background: #000 !important; }
  textarea[${MASK}] { resize: none !important; }
  [${CARET}] { caret-color: transparent !important; }
  [${MASK}]::before, [${MASK}]::after { color: #000 !important; background: #000 !important; }
  img[${MASK}], object[${MASK}], embed[${MASK}], video[${MASK}], canvas[${MASK}], svg[${MASK}], input[type="image"][${MASK}] { filter: brightness(0) !important; }
`);
// They stay in the document: to come and go, they would have all styles worked out anew for every picture.
const sheets = [maskSheet, plainSheet];

let masks = null;
// What was looked for in attributes and fields last, and what was found in them: most are the same in the next picture.
let lastLooked = ["", null];

// What `make` says of a key, asked once: pages repeat their letters and their attributes thousandfold.
const remembered = (make, kept = new Map()) => (key) => {
  if (!kept.has(key)) kept.set(key, make(key));
  return kept.get(key);
};

// What is asked of every mark of a text. Unseen and ignored as base/letters.rs has it.
const traits = remembered((c) => {
  const code = c.codePointAt(0);
  const half = code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : c;
  const mark = half.replace(/[A-Z]/, (upper) => upper.toLowerCase());
  return {
    mark,
    space: /\s/.test(mark),
    worded: /[0-9a-z\s\-\u2010-\u2015./]/.test(mark),
    numeric: /[0-9x\s\-\u2010-\u2015./]/.test(mark),
    unseen: /[\u00ad\u200b-\u200d\ufeff]/.test(c),
    ignored: /[\s\u0000\u0085\u2010-\u2015\-－,，/／+＋]/.test(mark),
  };
});
// Between the words of two lines or cells: belongs to no number.
const BREAK = "\u0000";
// Between elements of one line that letters make one word: a code may run through it, and a number may end at it.
const JOINT = "\u0000\u0000";

// The element whose lines a text flows in.
const lineOf = (node) => {
  let box = node.parentElement;
  while (box && /^(inline|contents)/.test(getComputedStyle(box).display)) box = box.parentElement;
  return box;
};

// Some marks as one string, and for each code unit of it the mark that it belongs to.
class Line {
  text = "";
  units = [];
  push(mark, at) {
    this.text += mark;
    for (let unit = 0; unit < mark.length; unit++) this.units.push(at);
  }
  // The marks that a part of the string is made of.
  between(start, end) {
    return [...new Set(this.units.slice(start, end))];
  }
}

// The parts of a folded text that the net finds and nobody calls public.
const unknownHits = (text) =>
  netHits(text).filter(([start, end]) => {
    const own = [...text.slice(start, end)].filter((c) => !traits(c).ignored).join("");
    return !masks.shown.some((value) => value.includes(own));
  });

// Where in a chain of text nodes the values and the net's numbers stand: [[node, start, end]…], which may run through several nodes; and
// whether there was a value among them.
const textHits = (root, values) => {
  const nodes = [];
  // Of each mark: itself, its node, and where in that it begins and ends.
  const [marks, owners, begins, ends] = [[], [], [], []];
  const push = (c, owner, begin, end) => {
    marks.push(traits(c));
    owners.push(owner);
    begins.push(begin);
    ends.push(end);
  };
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (node.tagName === "BR") push(BREAK);
      continue;
    }
    if (SILENT.has(node.parentElement?.tagName)) continue;
    const text = node.data;
    const at = nodes.push(node) - 1;
    // Numbers run through elements of one line only. The style is asked for where two numbers could be one.
    const [before, after] = [marks.at(-1), text ? traits(text[0]) : null];
    const flows = before?.worded && after?.worded && lineOf(nodes[at - 1]) === lineOf(node);
    if (at && !flows) push(BREAK);
    else if (at && !(before.numeric && after.numeric)) push(JOINT);
    let offset = 0;
    for (const c of text) {
      if (!traits(c).unseen) push(c, at, offset, offset + c.length);
      offset += c.length;
    }
  }
  const hits = [];
  let known = false;
  // Marks from one to another: one hit in each node that they run through.
  const add = (part) => {
    for (let at = 0; at < part.length; ) {
      const node = owners[part[at]];
      let end = at;
      while (end + 1 < part.length && owners[part[end + 1]] === node) end++;
      hits.push([nodes[node], begins[part[at]], ends[part[end]]]);
      at = end + 1;
    }
  };
  const [folded, line, joined] = [new Line(), new Line(), new Line()];
  marks.forEach(({ mark, space, ignored }, at) => {
    if (!ignored) folded.push(mark, at);
    // A line shows any white space as one.
    if (space && marks[at - 1]?.space) return;
    line.push(mark, at);
    if (mark !== JOINT) joined.push(mark, at);
  });
  for (const value of values) {
    // As base/redact.rs has it: fifty employees must not blank the middle of every number.
    const small = /^[0-9]{1,5}$/.test(value);
    for (let from = folded.text.indexOf(value); from >= 0; from = folded.text.indexOf(value, from + 1)) {
      const part = folded.between(from, from + value.length);
      const digitAt = (at) => isDigit(marks[at]?.mark ?? "");
      if (small && (digitAt(part[0] - 1) || digitAt(part.at(-1) + 1))) continue;
      known = true;
      add(part);
    }
  }
  for (const seen of joined.text === line.text ? [line] : [line, joined])
    for (const [start, end] of unknownHits(seen.text)) add(seen.between(start, end));
  return [hits, known];
};

// [whether a value stands in a text, whether the net finds a number in it]
const looked = (text) => {
  const marks = [...text].map(traits).filter(({ unseen }) => !unseen);
  const [folded, significant] = [marks, marks.filter(({ ignored }) => !ignored)].map((some) => some.map(({ mark }) => mark).join(""));
  return [masks.values.some((value) => significant.includes(value)), unknownHits(folded).length > 0];
};

const holds = (text) => {
  if (!text) return false;
  const [known, unknown] = lastLooked[1](text);
  masks.known ||= known;
  return known || unknown;
};

// Elements to be covered as a whole: fields, and what shows an attribute (a hint, a picture's words, generated content).
const wholeHits = (root) => {
  const found = [];
  for (const element of root.querySelectorAll("*")) {
    if (SILENT.has(element.tagName)) continue;
    if (isPassword(element)) {
      found.push([element, "secret"]);
      continue;
    }
    const field = /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
    if (field && element.type !== "hidden" && (holds(textOf(element)) || holds(element.placeholder))) {
      found.push([element, "personal"]);
      continue;
    }
    if (field || !element.getAttributeNames().some((name) => holds(element.getAttribute(name)))) continue;
    const media = /^(IMG|OBJECT|EMBED|VIDEO|CANVAS)$/.test(element.tagName);
    const generated = ["::before", "::after"].some((part) => holds(getComputedStyle(element, part).content));
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

// What is found is kept until the document changes or the last look: looking through all styles takes longer than all the rest.
const hidden = (root) => {
  if (!masks.media.has(root)) masks.media.set(root, unreadable(root));
  return masks.media.get(root);
};

const setMark = (element, name, value, marked) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  marked.add(element);
};

const dropMarks = (name, marked, still) => {
  for (const element of marked) {
    if (still.has(element)) continue;
    element.removeAttribute(name);
    marked.delete(element);
  }
};

// Finds what has to be covered, and covers it.
const find = () => {
  const { values, highlight } = masks;
  highlight.clear();
  masks.spots = [];
  const [whole, plain, focused] = [new Set(), new Set(), new Set()];
  const cover = (element, reason) => {
    whole.add(element);
    setMark(element, MASK, "", masks.covered);
    masks.spots.push([element, null, reason]);
  };
  const roots = [...rootsOf()];
  for (const root of roots) {
    if (!masks.roots.has(root)) {
      masks.roots.add(root);
      masks.watch.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
    }
    // Where nothing has the focus the body is said to.
    const active = root.activeElement;
    if (active && (active !== document.body || active.isContentEditable)) focused.add(active);
    for (const sheet of sheets) if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    const [hits, known] = textHits(root, values);
    masks.known ||= known;
    masks.personal ||= hits.length > 0;
    for (const [node, start, end] of hits) {
      const range = new Range();
      range.setStart(node, start);
      range.setEnd(node, end);
      highlight.add(range);
      masks.spots.push([node.parentElement, range, "personal"]);
    }
    for (const [element, reason] of wholeHits(root)) {
      if (reason === "personal") masks.personal = true;
      cover(element, reason);
    }
  }
  if (masks.personal) {
    for (const root of roots) {
      const [covered, behind] = hidden(root);
      for (const element of covered) if (!whole.has(element) && showsWords(element.getBoundingClientRect())) cover(element, "picture");
      for (const [element, parts] of behind) {
        plain.add(element);
        setMark(element, PLAIN, parts.join(" "), masks.plain);
        // A style that insists on its picture.
        if (drawnParts(element).length) cover(element, "picture");
        else masks.spots.push([element, null, "background"]);
      }
    }
  }
  dropMarks(MASK, masks.covered, whole);
  dropMarks(PLAIN, masks.plain, plain);
  // It blinks: no two pictures would be equal.
  for (const element of focused) setMark(element, CARET, "", masks.carets);
  dropMarks(CARET, masks.carets, focused);
  CSS.highlights.set(HIGHLIGHT, highlight);
  // Our own attribute changes are no news.
  masks.watch.takeRecords();
};

// Where it lies now.
const measure = () => {
  const boxes = [];
  for (const [element, range, reason] of masks.spots) {
    if (!element?.checkVisibility({ visibilityProperty: true })) continue;
    const rects = range ? [...range.getClientRects()].map((rect) => withInk(element, rect)) : [element.getBoundingClientRect()];
    for (const rect of rects) {
      const seen = clipped(element, rect);
      if (seen) boxes.push({ ...seen, reason });
    }
  }
  const places = JSON.stringify(boxes);
  if (places !== masks.places) masks.moves++;
  masks.places = places;
  return boxes;
};

const place = () => {
  find();
  return measure();
};

// With all pictures shown, for a look at them anew: those that are left out now would be missed.
const showPictures = () => {
  masks.media.clear();
  dropMarks(PLAIN, masks.plain, new Set());
};

const lookAgain = () =>
  metered(() => {
    showPictures();
    place();
  });

// `given.values` come folded (no white space, dashes, commas or slashes, half-width, lower case), and so do `given.shown`, which the net lets
// through; `given.harmless` are addresses of pictures; `given.origins` are those where pictures may be personal whatever the page shows, and
// `given.personal` says that this window's are. Answers the covered places of this viewport once it stands still, and how many milliseconds
// it looked for them: to ask whether it stands still, and to wait for that, is every picture's, covered or not.
const placeMasks = async (given) => {
  masks ??= {
    highlight: new Highlight(), covered: new Set(), plain: new Set(), carets: new Set(), roots: new Set(), media: new Map(), watch: new MutationObserver(lookAgain),
    known: false, moves: 0,
  };
  Object.assign(masks, given, { spent: 0, personal: given.personal || given.origins.includes(whose()) });
  const sought = JSON.stringify([given.values, given.shown]);
  if (sought !== lastLooked[0]) lastLooked = [sought, remembered(looked)];
  masks.highlight.priority = 2147483647;
  lookAgain();
  // A font that never comes must not stop the proof; the second look would see it move the text.
  await Promise.race([document.fonts.ready, new Promise((done) => setTimeout(done, 3000))]);
  for (let frame = 0; frame < 20; frame++) {
    const before = masks.moves;
    await nextFrame();
    if (!frame) continue;
    const boxes = metered(measure);
    if (masks.moves !== before) continue;
    const hosts = metered(closedHosts);
    // What the watch cannot see, such as a field's value, is found with the last look.
    return { state: maskState(boxes), hosts, personal: masks.personal, known: masks.known, spent: masks.spent };
  }
  return null;
};

// Adds up what looking for masks takes.
const metered = (work) => {
  const begun = performance.now();
  try {
    return work();
  } finally {
    masks.spent += performance.now() - begun;
  }
};

// What must be the same before and after the capture, as one text: the driver would ask for every part of an object by itself. `moves`: what
// went away and came back between two looks was elsewhere in the picture.
const maskState = (boxes) =>
  JSON.stringify({
    boxes,
    moves: masks.moves,
    scroll: [scrollX, scrollY],
    size: [innerWidth, innerHeight],
    ratio: devicePixelRatio,
    personal: masks.personal,
    known: masks.known,
  });

// The same look again, for after the capture, with which the masks go; null when they were lifted meanwhile. A style sheet that came since, or
// was changed by a script, is no change of the document: this look goes through all styles again.
const takeMasks = () => {
  if (!masks) return null;
  showPictures();
  const state = maskState(place());
  liftMasks();
  return state;
};

const liftMasks = () => {
  if (!masks) return;
  masks.watch.disconnect();
  CSS.highlights.delete(HIGHLIGHT);
  for (const [name, marked] of [[MASK, masks.covered], [PLAIN, masks.plain], [CARET, masks.carets]]) {
    // The page may have copied what was marked.
    for (const root of masks.roots) for (const copy of root.querySelectorAll(`[${name}]`)) marked.add(copy);
    dropMarks(name, marked, new Set());
  }
  masks = null;
};
