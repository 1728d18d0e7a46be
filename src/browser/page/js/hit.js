// What a press would reach, in words: some words are pressed once or not at all, wherever they stand.

// An option of a list chooses, and does nothing else.
const CHOICE = ".layui-form-select dd,[role=listbox] [role=option],.mini-listbox-item";

// What a field is called, or holds, is not what pressing it does; the label of a box ticks that box.
const isField = (element) =>
  element.matches(FILLABLE + "," + CHOOSABLE) || (element.tagName === "LABEL" && element.control !== null && isField(element.control));

const wordsOn = (node) => {
  if (isField(node) || node.matches(CHOICE)) return [];
  const control = node.tagName === "LABEL" && node.control ? wordsOn(node.control) : [];
  return [textOf(node), ...pressNames(node), ...control];
};

// The words and names of the element, of what the pointer meets there, and of whatever around them takes the press.
const hitWords = (element) => {
  const words = new Set([...element.querySelectorAll(STRONG)].flatMap(pressNames));
  const point = pointOf(element);
  for (const start of [element, point && topmostAt(...point)].filter(Boolean)) {
    for (let node = start; node && node !== document.body && node !== document.documentElement; node = parentOf(node)) {
      const strong = node.matches(STRONG);
      // A whole panel with a click handler is not what a button in it stands for.
      if (node === start || strong || (weakPress(node) && textOf(node).length < 120)) wordsOn(node).forEach((text) => words.add(text));
      if (strong) break;
    }
  }
  return [...words].map((text) => text.toWellFormed()).filter((text) => text.trim());
};
