// Putting values in and reading them back. The value of a password field is never read.

const activeDeep = () => {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active;
};

// Fields that take no keys one by one; they are set and told so.
const SET = /^(date|time|month|week|datetime-local|color|range)$/;
const tell = (element, ...types) => types.forEach((type) => element.dispatchEvent(new Event(type, { bubbles: true, composed: true })));

// Focus and select all, so that the keys that follow replace what was there.
const takeFocus = (key, secretAllowed) => {
  const element = kept.get(key);
  if (!element?.isConnected) return { state: "gone" };
  if (isPassword(element) && !secretAllowed) return { state: "secret" };
  element.focus({ preventScroll: true });
  if (activeDeep() !== element) return { state: "unfocused" };
  if (SET.test(element.type)) return { state: "set" };
  if (element.isContentEditable) getSelection().selectAllChildren(element);
  else element.select?.();
  return { state: "focused", lines: element.tagName === "TEXTAREA" || element.isContentEditable };
};

const setValue = (key, value) => {
  const element = kept.get(key);
  element.value = value;
  tell(element, "input", "change");
};

const leave = (key) => kept.get(key)?.blur();

const valueOf = (key) => {
  const element = kept.get(key);
  if (!element?.isConnected) return { state: "gone" };
  if (isPassword(element)) return { state: "secret" };
  if (/^(checkbox|radio)$/.test(element.type)) return { state: "value", value: element.checked ? "✓" : "" };
  return { state: "value", value: (element.isContentEditable ? element.innerText : textOf(element)).toWellFormed() };
};

const isChecked = (key) => {
  const element = kept.get(key);
  const box = element?.tagName === "LABEL" ? (element.control ?? element) : element;
  if (!box?.isConnected) return { state: "gone" };
  if (typeof box.checked === "boolean") return { state: "value", value: box.checked };
  const said = box.getAttribute("aria-checked");
  return said === null ? { state: "wrong" } : { state: "value", value: said === "true" };
};

// What a person presses to tick this very box.
const tickFace = (key) => {
  const element = kept.get(key);
  if (!element?.isConnected) return { state: "gone" };
  const face = /^(checkbox|radio)$/.test(element.type) ? faceOf(element) : element;
  return face ? { state: "face", key: keep(face) } : { state: "hidden" };
};

const fileField = (key) => {
  const element = kept.get(key);
  if (!element?.isConnected) return { state: "gone" };
  return element.type === "file" ? { state: "field", node: element, several: element.multiple } : { state: "wrong" };
};

// Whether the document is complete and nothing in it has changed for `quiet` milliseconds, attributes that do not show included: those of
// kits that begin to listen.
let stirred = null;
const settled = async (quiet) => {
  if (stirred === null) {
    stirred = performance.now();
    const stir = () => {
      stirred = performance.now();
    };
    new MutationObserver(stir).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  }
  return (await stillFor()) >= quiet && document.readyState === "complete" && performance.now() - stirred >= quiet;
};
