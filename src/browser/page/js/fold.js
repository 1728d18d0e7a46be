// How words are compared: as people read them. words.rs folds messages and dialogs in the same way.

const spaced = (text) => text.replace(/[\s\u200b-\u200d\ufeff\u00ad]+/g, " ").trim();

const fold = (text) =>
  text
    .replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[\s\u0085\u200b-\u200d\ufeff\u00ad]+/g, "")
    .toLowerCase()
    .replaceAll("登陆", "登录")
    .replaceAll("帐", "账");

// 0 exact, 1 folded, 2 contained, -1 no match.
const rankOf = (text, words) => {
  if (spaced(text) === spaced(words)) return 0;
  const [there, sought] = [fold(text), fold(words)];
  if (sought === "") return -1;
  if (there === sought) return 1;
  return there.includes(sought) ? 2 : -1;
};

// Labels carry a colon and a star for "required" that nobody reads aloud.
const bare = (label) => spaced(label).replace(/^[*＊\s]+|[*＊：:\s]+$/g, "");

// A lone half of a surrogate pair would make the answer unreadable for the robot.
const short = (text, most = 80) => spaced(text).slice(0, most).toWellFormed();
