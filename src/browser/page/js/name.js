// How people call things: roles, labels, what can be pressed, the row an element stands in.

const STRONG =
  "a,button,summary,label,input[type=button],input[type=submit],input[type=reset],input[type=image]," +
  "[role=button],[role=link],[role=menuitem],[role=menuitemcheckbox],[role=menuitemradio],[role=tab],[role=option]," +
  "[role=checkbox],[role=radio],[role=switch],[role=treeitem]";
const FILLABLE =
  "textarea,[contenteditable=''],[contenteditable=true],[contenteditable=plaintext-only]," +
  "input:not([type=button],[type=submit],[type=reset],[type=image],[type=hidden],[type=checkbox],[type=radio],[type=file])";
const CHOOSABLE =
  "select,input[type=checkbox],input[type=radio],[role=combobox],[role=listbox],[role=checkbox],[role=radio],[role=switch]";
const ROW = "tr,li,dl,[role=row],[role=listitem],.mini-grid-row,.layui-row";
// Plain text that nobody takes for a button, unless its style or its markup says so.
const PROSE = /^(H[1-6]|P|LEGEND|CAPTION|TH|BODY|HTML|INPUT|TEXTAREA|SELECT|OPTION)$/;

const IMPLICIT = {
  A: "link", BUTTON: "button", SUMMARY: "button", SELECT: "combobox", TEXTAREA: "textbox", IMG: "img", TABLE: "table", TR: "row",
  TD: "cell", TH: "columnheader", LI: "listitem", UL: "list", OL: "list", NAV: "navigation", MAIN: "main", FORM: "form",
  DIALOG: "dialog", OPTION: "option", PROGRESS: "progressbar", H1: "heading", H2: "heading", H3: "heading", H4: "heading",
  H5: "heading", H6: "heading",
};

const rolesOf = (element) => {
  const given = element.getAttribute("role");
  if (given) return [given.trim().toLowerCase()];
  if (element.tagName === "INPUT") {
    if (/^(button|submit|reset|image)$/.test(element.type)) return ["button"];
    if (/^(checkbox|radio)$/.test(element.type)) return [element.type];
    return ["textbox"];
  }
  const role = IMPLICIT[element.tagName];
  // Widget kits build their buttons from links.
  if (role === "link" && /button|btn/i.test(element.className)) return ["link", "button"];
  return role ? [role] : [];
};

const weakPress = (element) =>
  element.hasAttribute("onclick") ||
  (getComputedStyle(element).cursor === "pointer" &&
    Boolean(element.parentElement) &&
    getComputedStyle(element.parentElement).cursor !== "pointer");

// The nearest thing around `element` that a person would press, or null.
const pressableAround = (element) => {
  let weak = null;
  for (let node = element; node && node !== document.body && node !== document.documentElement; node = parentOf(node)) {
    if (node.matches(STRONG) && !(node.tagName === "LABEL" && !node.control)) return weak && weak.hasAttribute("onclick") ? weak : node;
    if (!weak && weakPress(node)) weak = node;
  }
  // A whole panel with a click handler is not what the words in it stand for.
  return weak && (weak === element || textOf(weak).length < 120) ? weak : null;
};

const pressNames = (element) => {
  const names = [element.getAttribute("aria-label"), element.getAttribute("title")];
  if (element.tagName === "INPUT") names.push(element.type === "image" ? element.alt : element.value);
  if (element.tagName === "IMG") names.push(element.alt);
  for (const image of element.querySelectorAll("img[alt]")) names.push(image.alt);
  return names.filter(Boolean);
};

const hasControl = (node) => node.nodeType === 1 && (node.matches(FILLABLE + "," + CHOOSABLE) || node.querySelector(FILLABLE + "," + CHOOSABLE));

// Words before a control, in the nearest enclosing boxes: the cell to the left, a label without `for`, a dt.
const wordsBefore = (control) => {
  for (let node = control, level = 0; node && level < 6 && !/^(FORM|TABLE|TBODY|TR|BODY)$/.test(node.tagName); node = node.parentElement, level++) {
    for (let before = node.previousSibling; before; before = before.previousSibling) {
      if (before.nodeType === 1 && SILENT.has(before.tagName)) continue;
      if (hasControl(before)) return [];
      const text = before.nodeType === 1 && !visible(before) ? "" : before.textContent;
      if (bare(text)) return [text];
    }
  }
  return [];
};

// The words of a box or a radio button follow it.
const wordsBeside = (control) => {
  if (/^(checkbox|radio)$/.test(control.type)) {
    for (let node = control.nextSibling; node && !hasControl(node); node = node.nextSibling)
      if (spaced(node.textContent)) return [node.textContent];
  }
  return wordsBefore(control);
};

// Layui draws its list beside the real one, which it hides and which has the label.
const realList = (control) => {
  const before = control.closest(".layui-form-select")?.previousElementSibling;
  return before?.tagName === "SELECT" ? before : null;
};

// [[text, 0 for a label | 1 for a hint inside the field]]
const labelsOf = (control) => {
  const real = realList(control);
  if (real) return labelsOf(real);
  const root = control.getRootNode();
  const labels = [...(control.labels ?? [])].map(textOf);
  for (const id of (control.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean)) {
    const other = root.getElementById?.(id);
    if (other) labels.push(other.textContent);
  }
  if (control.getAttribute("aria-label")) labels.push(control.getAttribute("aria-label"));
  // MiniUI: the label names the widget `x`, the field inside is `x$text`.
  if (control.id.endsWith("$text"))
    for (const label of root.querySelectorAll("label[for]")) if (label.htmlFor === control.id.slice(0, -5)) labels.push(textOf(label));
  if (labels.every((label) => !bare(label))) labels.push(...wordsBeside(control));
  const hints = [control.getAttribute("placeholder"), control.getAttribute("title")];
  return [...labels.map((text) => [text, 0]), ...hints.filter(Boolean).map((text) => [text, 1])];
};

// The outermost row around `node` inside `outer`, or null.
const rowInside = (node, outer) => {
  let row = null;
  for (let around = node; around && around !== outer; around = parentOf(around)) if (around.matches(ROW)) row = around;
  return row;
};

// How far out the row that holds the words is, and how well it matches; null when no row does. Words of the row next door speak for that
// one: a table that only lays out the page is a row around both.
const rowRank = (element, words) => {
  let distance = 0;
  for (let node = element; node; node = parentOf(node)) {
    if (!node.matches(ROW)) continue;
    const own = rowInside(element, node);
    const nextDoor = (word) => {
      const row = rowInside(word, node);
      return own && row && row !== own && row.parentElement === own.parentElement;
    };
    const { found } = innermost(node, fold(words));
    const cells = found.filter((word) => !nextDoor(word));
    if (fold(textOf(node)).includes(fold(words)) && (cells.length || !found.length)) {
      const ranks = cells.map((cell) => rankOf(textOf(cell), words)).filter((rank) => rank >= 0);
      return distance * 3 + Math.min(2, ...ranks);
    }
    distance++;
  }
  return null;
};
