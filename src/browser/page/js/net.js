// The net of base/net.rs, for what the page shows: numbers that are personal by their looks. One list of samples is put to both.

const isDigit = (c) => c >= "0" && c <= "9";
const isLetter = (c) => c >= "a" && c <= "z";

const isId = (digits) => {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);
  return digits.length === 18 && digits[17] === "10x98765432"[sum % 11];
};

const isLuhn = (digits) => {
  const doubled = (digit) => (digit > 4 ? digit * 2 - 9 : digit * 2);
  const sum = [...digits].reverse().reduce((sum, c, at) => sum + (at % 2 ? doubled(Number(c)) : Number(c)), 0);
  return sum % 10 === 0;
};

const isDay = (digits) => {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8)].map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1900 && year < 2100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};

const PROVINCE = /^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])/;

const isMobile = (digits, lengths, mark) => {
  const dotted = mark === "." || mark === "/";
  const written = dotted ? /^3,4,4$/ : /^(11|3,4,4|3,8|7,4)$/;
  return written.test(lengths.join()) && /^1[3-9]/.test(digits) && !(dotted && isDay(digits.slice(3)));
};

const isOldId = (digits, lengths) =>
  lengths.length === 1 && PROVINCE.test(digits) && digits.slice(6, 8) >= "30" && isDay(`19${digits.slice(6, 12)}`);

const isCard = (digits, lengths) => {
  const written = lengths.length === 1 || (lengths.at(-1) <= 4 && lengths.slice(0, -1).every((length) => length === 4));
  const issuer = { 15: /^3[47]/, 16: /^(4|5[1-5]|60|62|35(2[89]|[3-8])|955[89])/ }[digits.length] ?? /^(60|62|955[89])/;
  return written && issuer.test(digits) && isLuhn(digits);
};

const isPersonal = (digits, lengths, mark) => {
  const country = digits.length - 11;
  if (digits.length === 11) return isMobile(digits, lengths, mark);
  if ((country === 2 && digits.startsWith("86")) || (country === 4 && digits.startsWith("0086")))
    return lengths[0] > country && isMobile(digits.slice(country), [lengths[0] - country, ...lengths.slice(1)], mark);
  if (digits.length === 15) return isOldId(digits, lengths) || isCard(digits, lengths);
  if (digits.length < 16 || digits.length > 19) return false;
  return (isId(digits) && isDay(digits.slice(6, 14))) || isCard(digits, lengths);
};

const isInParts = (lengths) => {
  const [first, last] = [lengths[0], lengths.at(-1)];
  if (lengths.slice(0, -1).every((length) => length === first) && last <= first && first >= 3) return true;
  return /^(8,10|8,9,1|2,16|2,6,10|2,6,9,1|17,1)$/.test(lengths.join());
};

const isCompany = (code) => {
  const alphabet = "0123456789abcdefghjklmnpqrtuwxy";
  const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
  const values = [...code].map((c) => alphabet.indexOf(c));
  const sum = weights.reduce((sum, weight, at) => sum + weight * values[at], 0);
  const region = code.slice(2, 8);
  const placed = /^\d{6}$/.test(region) && (PROVINCE.test(region) || region.startsWith("10"));
  return placed && /^[1-9any][1-59]/.test(code) && !values.includes(-1) && values[17] === (31 - (sum % 31)) % 31;
};

// Whether no other digit belongs to the same word.
const standsAlone = (text, start, end) => {
  let [before, after] = [start - 1, end];
  while (before >= 0 && isLetter(text[before])) before--;
  while (after < text.length && isLetter(text[after])) after++;
  return !(before >= 0 && isDigit(text[before])) && !(after < text.length && isDigit(text[after]));
};

// What keeps two groups of one number apart: white space and dashes, or one dot or slash; "" when nothing such does.
const gap = (between) => (/^[\s\-\u2010-\u2015]{1,3}$/.test(between) ? " " : /^[./]$/.test(between) ? between : "");

// The groups from `first` on in which one number may be written: [start, end, what keeps them apart]…
function* chain(text, groups, first) {
  let mark = null;
  for (let at = first; at < groups.length; at++) {
    const [start, end] = groups[at];
    if (at > first) {
      const next = gap(text.slice(groups[at - 1][1], start));
      if (!next || (mark ??= next) !== next) return;
    }
    yield [start, end, mark];
  }
}

// Behind the x that ends an identity number of which seventeen digits end at `end`.
const checkLetter = (text, end, mark) => {
  const at = text.slice(end, end + 4).indexOf("x");
  const next = at > 0 ? gap(text.slice(end, end + at)) : mark;
  return at === 0 || (at > 0 && next && (mark ?? next) === next) ? end + at + 1 : null;
};

// Where personal numbers stand in a folded text: [[start, end]…]; parts may overlap.
const netHits = (text) => {
  const found = [];
  const runs = (letters) => [...text.matchAll(letters)].map(({ 0: run, index }) => [index, index + run.length]);
  const words = runs(/[0-9a-z]+/g);
  for (let first = 0; first < words.length; first++) {
    let code = "";
    const lengths = [];
    for (const [from, to] of chain(text, words, first)) {
      code += text.slice(from, to);
      lengths.push(to - from);
      if (code.length < 18) continue;
      if (code.length === 18 && isInParts(lengths) && isCompany(code)) found.push([words[first][0], to]);
      break;
    }
  }
  const groups = runs(/[0-9]+/g);
  for (let first = 0; first < groups.length; first++) {
    let digits = "";
    const lengths = [];
    for (const [from, to, mark] of chain(text, groups, first)) {
      digits += text.slice(from, to);
      lengths.push(to - from);
      if (digits.length > 19) break;
      let end = to;
      if (digits.length === 17) {
        const check = checkLetter(text, to, mark);
        if (check !== null) [digits, end] = [`${digits}x`, check];
      }
      if (standsAlone(text, groups[first][0], end) && isPersonal(digits, lengths, mark)) found.push([groups[first][0], end]);
    }
  }
  return found;
};
