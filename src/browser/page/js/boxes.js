// Boxes that a page draws over itself: a message with buttons.

const BOXES =
  ".layui-layer-dialog,.layui-layer-page,.mini-messagebox,.mini-window,dialog[open],[role=dialog],[role=alertdialog],.swal2-popup,.el-message-box,.modal";
const BUTTONS = "a,button,input[type=button],input[type=submit],[role=button],.layui-layer-btn > *";
const BOX_TEXT = ".mini-messagebox-content-text,.layui-layer-content,.mini-messagebox-content,.swal2-html-container,.el-message-box__message";

const heightOf = (box) => {
  for (let node = box; node; node = parentOf(node)) {
    const height = parseInt(getComputedStyle(node).zIndex, 10);
    if (!Number.isNaN(height)) return height;
  }
  return 0;
};

// Buttons with words: what closes a box in its corner has none.
const buttonsOf = (box) => [...box.querySelectorAll(BUTTONS)].filter((button) => visible(button, true) && bare(textOf(button)));
const boxText = (box) => short(textOf(box.querySelector(BOX_TEXT) ?? box), 400);

// What the boxes around a button of theirs ask; a box with one button only tells something.
const questionAround = (element) => {
  const asked = [];
  for (let node = element; node; node = parentOf(node)) {
    if (!node.matches(BOXES)) continue;
    const buttons = buttonsOf(node);
    if (buttons.length > 1 && buttons.some((button) => within(button, element) || within(element, button))) asked.push(boxText(node));
  }
  return asked.join(" ");
};

// The topmost box with the one button that reads `words`, or the topmost box of all; null when there is none.
const drawnBox = (words) => {
  const boxes = everywhere(BOXES)
    .filter((box) => visible(box, true))
    .map((box, at) => ({ box, at, height: heightOf(box) }))
    .sort((one, other) => other.height - one.height || other.at - one.at)
    .map(({ box }) => {
      const buttons = buttonsOf(box);
      return { box, buttons, button: buttons.filter((button) => [0, 1].includes(rankOf(textOf(button), words))) };
    })
    .filter(({ buttons }) => buttons.length);
  const found = boxes.find(({ button }) => button.length === 1) ?? boxes[0];
  if (!found) return null;
  const { box, buttons, button } = found;
  return {
    text: boxText(box),
    buttons: buttons.map((one) => short(textOf(one), 30)),
    button: button.length === 1 ? { key: keep(button[0]), text: short(textOf(button[0]), 80), rect: rectOf(button[0]), kind: kindOf(button[0]) } : null,
  };
};
