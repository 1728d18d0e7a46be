// One look: which elements of this document a place may mean, best first. It never changes the page.

let kept = new Map();
let keptCount = 0;
const keep = (element) => {
  for (const [key, other] of kept) if (other === element) return key;
  kept.set(++keptCount, element);
  return keptCount;
};

const everywhere = (selector) => [...rootsOf()].flatMap((root) => [...root.querySelectorAll(selector)]);

// A box around a field (a widget, a label, a cell) stands for the field in it.
const controlIn = (element, selector) =>
  element.matches(selector) ? element : element.tagName === "LABEL" && element.control ? element.control : element.querySelector(selector);

const byLabel = (words, selector, labels = labelsOf) => {
  const found = [];
  for (const control of everywhere(selector)) {
    let best = null;
    for (const [label, hint] of labels(control)) {
      const rank = rankOf(bare(label), bare(words));
      if (rank >= 0 && (best === null || rank * 2 + hint < best)) best = rank * 2 + hint;
    }
    if (best !== null) found.push([control, best]);
  }
  return found;
};

// 0 pressable exact, 1 pressable folded, 2 other exact, 3 other folded, 4 pressable contained, 5 other contained.
const byPressText = (words) => {
  const best = new Map();
  const offer = (element, rank, other) => {
    const key = rank === 2 ? 4 + other : rank + 2 * other;
    if (!(best.get(element) <= key)) best.set(element, key);
  };
  for (const element of innermost(document, fold(words)).found) {
    const around = pressableAround(element);
    const rank = Math.min(...[element, around].filter(Boolean).map((one) => rankOf(textOf(one), words)).filter((one) => one >= 0));
    if (around) offer(around, rank, 0);
    else if (!PROSE.test(element.tagName)) offer(element, rank, 1);
  }
  for (const element of everywhere(STRONG + ",[onclick]")) {
    if (element.tagName === "LABEL") continue;
    for (const name of pressNames(element)) {
      const rank = rankOf(name, words);
      if (rank >= 0) offer(element, rank, 0);
    }
  }
  return [...best];
};

const bySeen = (words) => innermost(document, fold(words)).found.map((element) => [element, rankOf(textOf(element), words)]);

// What a page shows as plain text beside its label: the next cell, or what follows the colon.
const besideLabel = (words) => {
  const found = [];
  for (const element of innermost(document, fold(words)).found) {
    const rank = rankOf(bare(textOf(element)), bare(words));
    if (rank === 2 && fold(textOf(element)).startsWith(fold(bare(words)) + ":")) found.push([element, 2]);
    if (rank !== 0 && rank !== 1) continue;
    for (let node = element, level = 0, value = null; node && level < 3 && !value; node = node.parentElement, level++) {
      for (let next = node.nextElementSibling; next && !value; next = next.nextElementSibling)
        if (visible(next) && spaced(textOf(next))) value = next;
      if (value) found.push([value, rank]);
      if (/^(TD|TH|DT|TR|BODY)$/.test(node.tagName)) break;
    }
  }
  return found;
};

const SELECTORS = { press: CHOOSABLE, fill: FILLABLE, choose: CHOOSABLE, list: LISTS, upload: "input[type=file]" };

const byUpload = (words) => {
  const found = byLabel(words, "input[type=file]");
  for (const input of everywhere("input[type=file]")) {
    // Pickers lay an invisible field over a button: the words are in the box around both.
    for (let node = input.parentElement, level = 0; node && level < 4; node = node.parentElement, level++) {
      if (node.querySelectorAll("input[type=file]").length > 1) break;
      const rank = rankOf(textOf(node), words);
      if (rank >= 0) {
        found.push([input, rank * 2 + 1]);
        break;
      }
    }
  }
  return found;
};

const byPlace = ({ by, words }, purpose) => {
  const selector = SELECTORS[purpose];
  if (purpose === "list" && /^(label|text)$/.test(by)) return byLabel(words, selector, listLabels);
  switch (by) {
    case "css":
      return everywhere(words).map((element) => [element, 0]);
    case "xpath": {
      const found = document.evaluate(words, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
      return Array.from({ length: found.snapshotLength }, (_, at) => [found.snapshotItem(at), 0]).filter(([node]) => node.nodeType === 1);
    }
    case "role":
      return [...walk(document)].filter((element) => rolesOf(element).includes(words.toLowerCase())).map((element) => [element, 0]);
    case "label": {
      if (purpose === "see") {
        const fields = byLabel(words, FILLABLE + "," + CHOOSABLE);
        return fields.length ? fields : besideLabel(words);
      }
      if (purpose === "upload") return byUpload(words);
      if (purpose !== "press") return byLabel(words, selector);
      // Pressing the field that is called x: a read-only combo opens that way. Without such a field, whatever is called so.
      const fields = byLabel(words, FILLABLE + "," + CHOOSABLE);
      return fields.length ? fields : byPressText(words);
    }
    default:
      if (purpose === "press") return byPressText(words);
      if (purpose === "see") return bySeen(words);
      return purpose === "upload" ? byUpload(words) : byLabel(words, selector);
  }
};

const retarget = (element, { by }, purpose) => {
  if (by !== "css" && by !== "xpath") {
    return purpose === "press" && /^(checkbox|radio)$/.test(element.type) ? (faceOf(element) ?? element) : element;
  }
  return SELECTORS[purpose] && purpose !== "press" ? (controlIn(element, SELECTORS[purpose]) ?? element) : element;
};

const shownFor = (element, purpose) => {
  if (purpose === "upload") return element.isConnected;
  if (/^(choose|list)$/.test(purpose) && /^(checkbox|radio)$/.test(element.type)) return faceOf(element) !== null;
  return visible(element, purpose === "press" || purpose === "fill");
};

// What a person sees of a file field: kits clip it or lay it over a button, so what a pointer meets counts.
const pickerOf = (field) => {
  const { x, y, width, height } = rectOf(field);
  if (visible(field, true) && topmostAt(x + width / 2, y + height / 2) === field) return field;
  let box = field.parentElement;
  while (box?.parentElement && !(visible(box, true) && textOf(box).trim())) box = box.parentElement;
  return box ?? field;
};

// Nothing gives files a place in the window: they are given to fields that are far below, too.
const revealPicker = (key) => kept.get(key)?.isConnected && pickerOf(kept.get(key)).scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });

// Where a person sees what was found: a radio button with its words, all lists of one line, the button over a file field.
const rectShown = (element, purpose) => {
  if (purpose === "upload") return rectOf(pickerOf(element));
  if (purpose !== "list") return rectOf(element);
  let parts = [];
  if (element.type === "radio") {
    const radio = groupOf(element).find((one) => one.checked) ?? element;
    parts = [radio, radio.nextElementSibling?.matches(FACES) ? radio.nextElementSibling : null, ...radio.labels];
  } else for (let list = element; list; list = listAt(element, parts.length)) parts.push(list);
  const shown = parts.filter((part) => part && visible(part, true)).map((part) => part.getBoundingClientRect());
  if (!shown.length) return rectOf(element);
  const [x, y] = [Math.min(...shown.map((one) => one.left)), Math.min(...shown.map((one) => one.top))];
  return { x, y, width: Math.max(...shown.map((one) => one.right)) - x, height: Math.max(...shown.map((one) => one.bottom)) - y };
};

// Where the words stand that a candidate must come before or after; only their best matches.
const anchors = (words) => {
  const found = bySeen(words);
  const best = Math.min(...found.map(([, rank]) => rank));
  return found.filter(([, rank]) => rank === best).map(([element]) => element);
};

// Where the text stands among the elements; the element that holds it may hold candidates as well: <p><button>…</button> words</p>.
const positionOf = (mark, words, order) => {
  const walker = document.createTreeWalker(mark, NodeFilter.SHOW_TEXT);
  let text = walker.nextNode();
  while (text && !fold(text.data).includes(fold(words))) text = walker.nextNode();
  const before = [...mark.querySelectorAll("*")].filter((inner) => text && text.compareDocumentPosition(inner) & Node.DOCUMENT_POSITION_PRECEDING);
  return Math.max(order.get(mark), ...before.map((inner) => order.get(inner))) + 0.5;
};

const kindOf = (element) => (isPassword(element) ? "password" : (rolesOf(element)[0] ?? element.tagName.toLowerCase()));

const probe = (place, purpose) => {
  let found;
  try {
    found = byPlace(place, purpose);
  } catch (error) {
    return { bad: String(error.message ?? error) };
  }
  found = found.map(([element, rank]) => [retarget(element, place, purpose), rank]);
  const hidden = found.filter(([element]) => !shownFor(element, purpose)).length;
  found = found.filter(([element]) => shownFor(element, purpose));
  // What only contains the words comes after what is them.
  if (place.whole) found = found.filter(([, rank]) => rank < (place.by === "text" && purpose === "see" ? 2 : 4));
  if (place.role) found = found.filter(([element]) => rolesOf(element).includes(place.role.toLowerCase()));
  let list = found.map(([element, rank]) => ({ element, rank, near: 0 }));
  if (place.row) {
    list = list.map((one) => ({ ...one, near: rowRank(one.element, place.row) })).filter((one) => one.near !== null);
  }
  for (const side of ["after", "before"]) {
    if (!place[side]) continue;
    const marks = anchors(place[side]);
    if (marks.length > 1) return { crowd: marks.map((mark) => describe(mark)), anchor: place[side] };
    if (marks.length === 0) {
      list = [];
      break;
    }
    const order = new Map([...walk(document)].map((element, at) => [element, at]));
    const from = positionOf(marks[0], place[side], order);
    list = list
      .filter((one) => (side === "after" ? order.get(one.element) > from : order.get(one.element) < from) && !within(one.element, marks[0]))
      .map((one) => ({ ...one, near: one.near + Math.abs(order.get(one.element) - from) / 1e6 }));
  }
  // An element around a better or equal one only repeats its words.
  list = list.filter(
    (one, at) =>
      !list.some(
        (other, index) =>
          (other.element !== one.element && other.rank <= one.rank && within(one.element, other.element)) ||
          (other.element === one.element && (other.rank < one.rank || (other.rank === one.rank && index < at))),
      ),
  );
  for (const [key, element] of kept) if (!element.isConnected) kept.delete(key);
  return {
    hidden,
    list: list.slice(0, 40).map(({ element, rank, near }) => ({
      key: keep(element),
      near,
      rank,
      kind: kindOf(element),
      text: short(isPassword(element) ? "" : textOf(element), 2000),
      label: short(element.matches(FILLABLE + "," + CHOOSABLE) ? bare(labelsOf(element)[0]?.[0] ?? "") : ""),
      rect: rectShown(element, purpose),
    })),
  };
};

// The first of `wanted` that a person can read in this document now: [index, text] or null.
const seen = (wanted) => {
  for (const [at, words] of wanted.entries()) {
    const { found } = innermost(document, fold(words));
    if (found.length) return [at, short(textOf(found[0]), 400)];
  }
  return null;
};
