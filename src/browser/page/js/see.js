// What a person sees: walking through open shadow roots, visibility, text, geometry.

const SILENT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "HEAD", "TITLE", "META", "LINK"]);

// Closed shadow roots by their hosts, as far as the robot has learnt of them.
const closedRoots = new WeakMap();
const shadowOf = (element) => element.shadowRoot ?? closedRoots.get(element) ?? null;

// All elements in document order, shadow roots after their host.
function* walk(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    yield node;
    const shadow = shadowOf(node);
    if (shadow) yield* walk(shadow);
  }
}

function* rootsOf(root = document) {
  yield root;
  for (const element of root.querySelectorAll("*")) {
    const shadow = shadowOf(element);
    if (shadow) yield* rootsOf(shadow);
  }
}

const parentOf = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;

const within = (outer, inner) => {
  for (let node = inner; node; node = parentOf(node)) if (node === outer) return true;
  return false;
};

// `strict` also refuses what is transparent or pushed off the page: a decoy is never pressed.
const visible = (element, strict = false) => {
  if (!element.isConnected || SILENT.has(element.tagName)) return false;
  if (getComputedStyle(element).display === "contents") return [...element.children].some((child) => visible(child, strict));
  if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: strict })) return false;
  const rect = element.getBoundingClientRect();
  if (strict && rect.width <= 1 && rect.height <= 1) return false;
  if (strict && (rect.right + scrollX <= 0 || rect.bottom + scrollY <= 0)) return false;
  if (rect.width > 0 && rect.height > 0) return true;
  // An empty box whose children stick out is seen by its children.
  return [...element.children].some((child) => visible(child, strict));
};

const isPassword = (element) => element.tagName === "INPUT" && element.type === "password";

// The words a person reads in an element; never the value of a password field.
const textOf = (element) => {
  switch (element.tagName) {
    case "INPUT":
      if (isPassword(element) || element.type === "hidden") return "";
      return element.value;
    case "TEXTAREA":
      return element.value;
    case "SELECT":
      return [...element.selectedOptions].map((option) => option.text).join(" ");
    case "IMG":
      return element.alt;
    default:
      return (element.innerText ?? element.textContent) || (element.shadowRoot ? element.shadowRoot.textContent : "");
  }
};

// The innermost visible elements whose text holds `sought` (already folded).
const innermost = (root, sought, found = []) => {
  let any = false;
  for (const child of root.children) {
    if (SILENT.has(child.tagName)) continue;
    if (child.shadowRoot && innermost(child.shadowRoot, sought, found).any) any = true;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(child.tagName)) {
      if (visible(child) && fold(textOf(child)).includes(sought)) any = Boolean(found.push(child));
    } else if (fold(child.textContent).includes(sought) || child.querySelector("input,select,textarea") || hasShadow(child)) {
      if (innermost(child, sought, found).any) any = true;
      else if (visible(child) && fold(textOf(child)).includes(sought)) any = Boolean(found.push(child));
    }
  }
  return { any, found };
};

const hasShadow = (element) => {
  for (const inner of element.querySelectorAll("*")) if (inner.shadowRoot) return true;
  return Boolean(element.shadowRoot);
};

const rectOf = (element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x, y, width, height };
};

// What stands there, in words first and then as those who look after the playbooks know it: 「words」(a.x).
const describe = (element) => {
  const id = element.id ? `#${element.id}` : "";
  const names = element.getAttribute("class")?.trim().split(/\s+/).map((name) => `.${name}`).join("") ?? "";
  const text = short(isPassword(element) ? "" : textOf(element), 20);
  return `${text ? `「${text}」` : ""}(${element.tagName.toLowerCase()}${short(id + names, 40)})`;
};

// Two animation frames would never come in a hidden tab: a timer stands in.
const nextFrame = () =>
  new Promise((done) => {
    const timer = setTimeout(done, 100);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      done();
    });
  });

// The content box of a child frame in this viewport, and whether a person can see it.
const boxOf = (frame) => {
  const rect = frame.getBoundingClientRect();
  const style = getComputedStyle(frame);
  const px = (name) => parseFloat(style[name]) || 0;
  const scale = frame.offsetWidth ? rect.width / frame.offsetWidth : 1;
  const [left, top] = [px("borderLeftWidth") + px("paddingLeft"), px("borderTopWidth") + px("paddingTop")];
  return {
    x: rect.x + left * scale,
    y: rect.y + top * scale,
    width: rect.width - (left + px("borderRightWidth") + px("paddingRight")) * scale,
    height: rect.height - (top + px("borderBottomWidth") + px("paddingBottom")) * scale,
    scale,
    shown: visible(frame, true),
  };
};

// Whose document this is. A frame without an address has the origin of the one around it; a sandboxed one has none but its address's.
const whose = () => (self.origin === "null" ? location.origin : self.origin);

// The child frames, those in shadow roots last, each with its window, by which the robot knows it. Kept for the hit test.
let frameElements = [];
const frames = () => {
  frameElements = [...rootsOf()].flatMap((root) => [...root.querySelectorAll("iframe, frame")]).filter((frame) => frame.contentWindow);
  return frameElements.map((frame) => ({ window: frame.contentWindow, ...boxOf(frame) }));
};
