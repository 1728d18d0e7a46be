// Short-lived messages: what pops up is remembered, because a 3-second toast may be the only sign of success.

const LONGEST = 400;
const TOASTLIKE = /toast|tips?\b|-tip|msg|message|layer|notif|alert|dialog|popup|growl|swal|snackbar/i;
const lastSaid = new WeakMap();

const floats = (element) => /^(fixed|absolute|sticky)$/.test(getComputedStyle(element).position);
const named = (element) =>
  TOASTLIKE.test(element.getAttribute("class") ?? "") ||
  TOASTLIKE.test(element.id) ||
  /^(alert|status|dialog|alertdialog|log)$/.test(element.getAttribute("role") ?? "") ||
  element.tagName === "DIALOG" ||
  element.hasAttribute("aria-live");

// What a field opens to choose from is no message: lists, calendars. The years that one pages through would tell the year beside a mask.
const CHOOSERS =
  ".layui-laydate,.layui-form-select,.layui-anim-upbit,.mini-calendar,.mini-listbox,.mini-popup,[role=listbox],[role=grid],[role=menu],[role=tree]";

const remember = (element) => {
  if (element.closest(CHOOSERS)) return;
  const text = short(element.innerText ?? "", LONGEST);
  if (!text || lastSaid.get(element) === text || !visible(element)) return;
  lastSaid.set(element, text);
  const message = { at: Date.now(), text };
  // Out at once, so that it survives the document.
  outbox?.(message);
};

// The box that pops up: the outermost one that looks like a message, at most the whole added piece.
const popUp = (node) => {
  for (let box = node; box && box !== document.body && box !== document.documentElement; box = parentOf(box)) if (named(box)) return box;
  return null;
};

const added = (node) => {
  const element = node.nodeType === 1 ? node : node.parentElement;
  if (!element?.isConnected || SILENT.has(element.tagName) || (element.textContent ?? "").length > 4 * LONGEST) return;
  const box = popUp(element) ?? (node.nodeType === 1 && floats(element) ? element : null);
  if (box) remember(box);
  else if (node.nodeType === 1) for (const inner of element.querySelectorAll("[class],[id],[role],dialog")) if (named(inner)) remember(inner);
};

// When the document last changed: what shows in it, not what is entered.
let changed = performance.now();
const watchMessages = new MutationObserver((records) => {
  changed = performance.now();
  for (const { type, target, addedNodes } of records) {
    if (type === "childList") addedNodes.forEach(added);
    else if (type === "characterData") added(target);
    // An old box shown again: cheap tests first, pages animate styles all the time.
    else if (named(target)) remember(target);
  }
});

const watchRoot = (root) =>
  watchMessages.observe(root, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["class", "style", "hidden", "open"],
  });
watchRoot(document);

// For how many milliseconds the document has not changed. What is due runs before the answer.
const stillFor = async () => {
  await new Promise((then) => setTimeout(then));
  return performance.now() - changed;
};

// For a document that the script comes late to: what has popped up already.
const catchUp = () => {
  for (const element of walk(document)) if (named(element)) remember(element);
};
