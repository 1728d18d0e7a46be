// Picking a day in a calendar that a portal draws. One step tells what to press next, as for lists.

const numberIn = (element) => parseInt(/\d+/.exec(element?.textContent ?? "")?.[0] ?? "", 10);
const pressThis = (element) => {
  if (!element || !visible(element)) return { state: "lost" };
  if (element.matches(".laydate-disabled,.layui-disabled,.mini-calendar-disabled")) return { state: "disabled" };
  return { state: "press", key: keep(element), text: short(textOf(element), 30) };
};

const layDate = (panel, [year, month, day]) => {
  const find = (selector) => [...panel.querySelectorAll(selector)].find((element) => visible(element));
  const item = (list, value) => [...list.querySelectorAll("li")].find((one) => one.getAttribute("lay-ym") === String(value));
  const years = find(".laydate-year-list");
  if (years) {
    const first = numberIn(years.querySelector("li:nth-child(2)") ?? years.querySelector("li"));
    return pressThis(item(years, year) ?? find(year < first ? ".laydate-prev-y" : ".laydate-next-y"));
  }
  const months = find(".laydate-month-list");
  if (months) return pressThis(item(months, month - 1));
  const [shownYear, shownMonth] = [find(".laydate-set-ym [lay-type=year]"), find(".laydate-set-ym [lay-type=month]")];
  if (numberIn(shownYear) !== year) return pressThis(shownYear);
  if (numberIn(shownMonth) !== month) return pressThis(shownMonth);
  const cell = find(`td[lay-ymd="${year}-${month}-${day}"]`);
  // A calendar with a confirm button keeps open after the day was pressed.
  return pressThis(cell?.matches(".layui-this") ? (find(".laydate-btns-confirm") ?? cell) : cell);
};

const miniCalendar = (panel, [year, month, day]) => {
  const find = (selector) => [...panel.querySelectorAll(selector)].find((element) => visible(element));
  const [shownYear, shownMonth] = (textOf(find(".mini-calendar-title") ?? panel).match(/\d+/g) ?? []).map(Number);
  const name = shownYear !== year ? ["yearPrev", "yearNext", shownYear < year] : ["monthPrev", "monthNext", shownMonth < month];
  if (shownYear !== year || shownMonth !== month) return pressThis(find(`.mini-calendar-${name[2] ? name[1] : name[0]}`));
  const cells = [...panel.querySelectorAll(".mini-calendar-date")].filter((cell) => !cell.matches(".mini-calendar-othermonth"));
  return pressThis(cells.find((one) => numberIn(one) === day));
};

const CALENDARS = { ".layui-laydate": layDate, ".mini-calendar": miniCalendar };

// closed: no calendar that is known is open · press · disabled: the portal does not allow this day · lost: nothing to press.
const dateStep = (date) => {
  for (const [selector, step] of Object.entries(CALENDARS)) {
    const panel = everywhere(selector).find((one) => visible(one));
    if (panel) return step(panel, date);
  }
  return { state: "closed" };
};

// How a field takes its date: set (the browser's own picker), typed, or picked alone.
const dateField = (key) => {
  const element = kept.get(key);
  if (!element?.isConnected) return { state: "gone" };
  if (isPassword(element)) return { state: "secret" };
  return { state: SET.test(element.type) ? "set" : readOnly(element) ? "readonly" : "typed", value: textOf(element), type: element.type };
};
