// Cells of grids: a row by its words or number, a column by its heading. Kits draw head and body as tables of their own, so a cell
// belongs to the heading that it stands under.

const HEADINGS = "th,[role=columnheader],.mini-grid-headerCell,.mini-grid-header-cell,.layui-table-header th";
const GRID_ROWS = "tr,[role=row],.mini-grid-row";
const CELLS = "td,[role=gridcell],[role=cell],.mini-grid-cell";

const overlap = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left);

// The grid of a row ends where its nearest headings are: those of another grid are not its own.
const gridOf = (row, headings) => {
  for (let box = row.parentElement; box; box = parentOf(box)) if (headings.some((heading) => within(box, heading))) return box;
  return null;
};

// The cell of `row` below the heading; null when it has none there.
const cellBelow = (row, heading) => {
  const head = heading.getBoundingClientRect();
  const cells = [...row.querySelectorAll(CELLS)].filter((cell) => cell.closest(GRID_ROWS) === row && visible(cell));
  const under = cells.map((cell) => [cell, overlap(cell.getBoundingClientRect(), head)]).sort(([, one], [, other]) => other - one);
  return under.length && under[0][1] > 0 ? under[0][0] : null;
};

const cellWords = (cell) => {
  const field = cell.querySelector(FILLABLE + ",select");
  return spaced(field && visible(field) ? textOf(field) : textOf(cell));
};

// Every row with its cell below the heading that reads `column` best, from the first; without such a heading, the headings there are.
const gridRows = (column) => {
  const ranked = everywhere(HEADINGS).filter((heading) => visible(heading)).map((heading) => [heading, rankOf(bare(textOf(heading)), column)]);
  const fitting = ranked.filter(([, rank]) => rank >= 0);
  const best = Math.min(...fitting.map(([, rank]) => rank));
  const headings = fitting.filter(([, rank]) => rank === best).map(([heading]) => heading);
  const all = ranked.map(([heading]) => heading);
  if (!headings.length) return { headings: all.map((heading) => short(textOf(heading), 20)).filter(Boolean) };
  const rows = everywhere(GRID_ROWS).filter((row) => visible(row) && !row.querySelector(HEADINGS) && row.querySelector(CELLS));
  return {
    rows: rows.flatMap((row) => {
      const grid = gridOf(row, all);
      const cell = headings.filter((heading) => grid && within(grid, heading)).map((heading) => cellBelow(row, heading)).find(Boolean);
      return cell ? [[row, cell]] : [];
    }),
  };
};

// cell: found, with what it shows · none, many: the rows there are · column: the headings there are.
const gridCell = (row, column, index) => {
  const { rows, headings } = gridRows(column);
  if (!rows) return headings.length ? { state: "column", list: headings.slice(0, 40) } : { state: "nothing" };
  const number = /^\d{1,3}$/.test(row);
  const fits = (cell) => {
    const rank = rankOf(cellWords(cell), row);
    return rank < 0 || (number && rank > 1) ? 3 : rank;
  };
  const ranks = rows.map(([one]) => Math.min(3, ...[...one.querySelectorAll(CELLS)].map(fits)));
  const best = Math.min(3, ...ranks);
  let found = best < 3 ? rows.filter((_, at) => ranks[at] === best) : [];
  // A number that is in no cell of its own counts the rows.
  if (!found.length && number) found = rows.slice(row - 1, row);
  if (index !== null) found = rows.slice(index, index + 1);
  const list = (found.length ? found : rows).slice(0, 20).map(([one]) => short(textOf(one), 40));
  if (found.length !== 1) return { state: found.length ? "many" : "none", list };
  const [, cell] = found[0];
  return { state: "cell", key: keep(cell), value: cellWords(cell), index: rows.indexOf(found[0]), rect: rectOf(cell), text: short(textOf(cell), 200) };
};

// The field that edits a cell: in it, or laid over it.
const cellEditor = (key) => {
  const cell = kept.get(key);
  if (!cell?.isConnected) return { state: "gone" };
  const over = [...everywhere(".mini-grid-editwrap")].flatMap((box) => [...box.querySelectorAll(FILLABLE + ",select")]);
  const fields = [...cell.querySelectorAll(FILLABLE + ",select"), ...over, activeDeep()].filter((field) => field?.matches(FILLABLE + ",select"));
  const place = cell.getBoundingClientRect();
  const editor = fields.find((field) => {
    const box = field.getBoundingClientRect();
    return visible(field) && overlap(box, place) > 0 && Math.min(box.bottom, place.bottom) > Math.max(box.top, place.top);
  });
  if (!editor) return { state: "closed" };
  return { state: "open", key: keep(editor), select: editor.tagName === "SELECT" };
};
