// Choosing in whatever a portal calls a list. One step tells what to do next; the robot presses, and asks again.

const LISTS =
  "select,input[type=radio],[role=combobox],[role=listbox],[aria-haspopup=listbox],.layui-form-select .layui-input," +
  ".mini-buttonedit-input,input[readonly]";
const OPTIONS = "dd,li,[role=option],[role=menuitem],[role=treeitem],.mini-listbox-item,.mini-tree-nodetext";
const LINE = "tr,li,dl,fieldset,[role=row],.layui-form-item,.form-group,.form-item,.mini-row";

const FACES = ".layui-form-checkbox,.layui-form-radio,.layui-form-switch";

// Styled boxes and radio buttons hide the real one: a person presses its label, or what the kit drew beside it.
const faceOf = (box) => {
  if (visible(box, true)) return box;
  const drawn = box.nextElementSibling?.matches(FACES) ? box.nextElementSibling : null;
  return [...box.labels, drawn].find((face) => face && visible(face, true)) ?? null;
};

const groupOf = (radio) =>
  [...radio.getRootNode().querySelectorAll("input[type=radio]")].filter((other) =>
    radio.name ? other.name === radio.name && other.form === radio.form : other === radio,
  );

// Radio buttons are one list, called by what stands before the first of them.
const listLabels = (control) => {
  if (control.type !== "radio") return labelsOf(control);
  if (groupOf(control)[0] !== control) return [];
  const group = control.closest("fieldset,[role=radiogroup]");
  const given = group && [group.getAttribute("aria-label"), group.querySelector("legend")?.innerText];
  const words = given?.filter(Boolean) ?? [];
  return (words.length ? words : wordsBefore(control.closest("label") ?? control)).map((text) => [text, 0]);
};

const optionWords = (option) => (option.type === "radio" ? bare(labelsOf(option)[0]?.[0] ?? "") : spaced(option.text ?? textOf(option)));

// The list `index` places after this one in the same line of the form; one with a label of its own is another field.
const listAt = (control, index) => {
  if (index === 0) return control;
  const line = control.closest(LINE) ?? control.parentElement ?? control.getRootNode();
  const lists = [...line.querySelectorAll(LISTS)].filter((list) => shownFor(list, "list"));
  const after = lists.slice(lists.indexOf(control) + 1);
  const other = after.findIndex((list) => listLabels(list).some(([text, hint]) => !hint && bare(text)));
  return (other < 0 ? after : after.slice(0, other))[index - 1] ?? null;
};

// What stands where nothing is chosen.
const NOTHING = /^[-—=\s]*请选择.*$/;

const listWords = (control) => {
  if (control.type !== "radio") return spaced(textOf(control)).replace(NOTHING, "");
  const on = groupOf(control).find((radio) => radio.checked);
  return on ? optionWords(on) : "";
};

// Options that were in sight before the list was opened belong to something else.
let inSight = new WeakMap();
const off = (option) => option.disabled || option.parentElement?.disabled || option.matches(".layui-disabled,[aria-disabled=true]");
const openOptions = (control) => {
  const own = control.closest(".layui-form-select,[role=listbox]");
  const before = inSight.get(control);
  return everywhere(OPTIONS).filter((option) => visible(option) && (own ? within(own, option) : before && !before.has(option)));
};

const samePath = (text, words) => {
  const plain = (path) => fold(path).replace(/[/>,，、\-—]/g, "");
  return plain(text) === plain(words);
};

const pickFrom = (options, words, last) => {
  const ranked = options.filter((option) => !off(option)).map((option) => [option, rankOf(optionWords(option), words)]);
  const fitting = ranked.filter(([, rank]) => rank >= 0);
  const best = Math.min(...fitting.map(([, rank]) => rank));
  const found = fitting.filter(([, rank]) => rank === best).map(([option]) => option);
  // A panel with several columns may show the same name in an outer one.
  if (found.length === 1 || (found.length && last)) return { option: found.at(-1) };
  const list = (found.length ? found : options).slice(0, 40).map((option) => short(optionWords(option), 30));
  // 请选择 stands in a list whose options are not there yet as well.
  return { state: found.length ? "many" : "none", list: list.filter((words) => words && !NOTHING.test(words)) };
};

// chosen: it shows `words` already · set: chosen now · press: press this option · open: press this to see the options · none, many.
const listStep = (key, index, words, panel, fresh) => {
  const first = kept.get(key);
  if (!first?.isConnected) return { state: "gone" };
  const control = listAt(first, index);
  if (!control) return { state: "missing" };
  if (control.type !== "radio" && disabled(control)) return { state: "disabled" };
  if (fresh && !panel) inSight.delete(control);
  const value = listWords(control);
  if (!panel && spaced(words) && samePath(value, words)) return { state: "chosen", value };
  const radio = control.type === "radio";
  const options = radio ? groupOf(control) : control.tagName === "SELECT" ? [...control.options] : openOptions(control);
  if (!options.length && control.tagName !== "SELECT") {
    if (!inSight.has(control)) inSight.set(control, new Set(everywhere(OPTIONS).filter((option) => visible(option))));
    return { state: "open", key: keep(control), value };
  }
  const { option, ...wrong } = pickFrom(options, words, panel);
  if (!option) return { ...wrong, value };
  const told = { value, words: optionWords(option) };
  if (control.tagName !== "SELECT") {
    const face = radio ? faceOf(option) : option;
    return face ? { ...told, state: "press", key: keep(face) } : { state: "hidden" };
  }
  control.focus({ preventScroll: true });
  control.selectedIndex = option.index;
  tell(control, "input", "change");
  control.blur();
  return { ...told, state: "set" };
};

// What the list shows now, and whether its popup offers `next`.
const listState = (key, index, next) => {
  const control = kept.get(key)?.isConnected ? listAt(kept.get(key), index) : null;
  if (!control) return { state: "gone" };
  return { state: "value", value: listWords(control), panel: next !== null && "option" in pickFrom(openOptions(control), next, true) };
};

// What a field shows, and whether every level of lists that depend on each other is chosen. A list is one that was found as a list, or
// that a kit draws.
const fieldValue = (key, list) => {
  const first = kept.get(key);
  if (!first?.isConnected) return { state: "gone" };
  if (!list && !realList(first)) return valueOf(key);
  const levels = [];
  for (let control = first; control; control = first.type === "radio" ? null : listAt(first, levels.length)) levels.push(listWords(control));
  return { state: "value", value: levels.filter(Boolean).join(" / ").toWellFormed(), whole: levels.every(Boolean) };
};
