// What no script can read: pictures, drawings, films, plug-ins, and pictures behind the text. On a personal page all of it is covered, but for
// what is too small to show words and what the site profile calls harmless. Behind text nothing is blackened: there the picture is left out.

const PLAIN = "data-ruku-plain";
const MEDIA = /^(img|canvas|video|object|embed|svg)$/i;
const DRAWN = /\b(url|image-set|cross-fade|element|paint)\(/;
const plainSheet = new CSSStyleSheet();
const nothing = "background-image: none !important; border-image-source: none !important; list-style-image: none !important; mask-image: none !important;";
plainSheet.replaceSync(`
  [${PLAIN}], [${PLAIN}]::before, [${PLAIN}]::after { ${nothing} transition: none !important; animation: none !important; }
  [${PLAIN}~="before"]::before, [${PLAIN}~="after"]::after { content: "" !important; }
`);

// Icons and rules: no line of eighteen digits fits into 32 pixels, and no letter into 8.
const showsWords = ({ width, height }) => Math.max(width, height) > 32 && Math.min(width, height) > 8;

// Whether the site profile names the picture: by its address, or by a folder of the portal that ends with a slash.
const isHarmless = (address) => {
  const url = address && URL.canParse(address, location.href) ? new URL(address, location.href) : null;
  if (!url || !/^https?:$/.test(url.protocol)) return false;
  const own = url.origin + url.pathname;
  return masks.harmless.some((named) => own === named || (named.endsWith("/") && own.startsWith(named)));
};

// Whether a value of a style draws a picture that is not harmless.
const draws = (value) => {
  if (!value || !DRAWN.test(value)) return false;
  const named = [...value.matchAll(/\burl\("((?:[^"\\]|\\.)*)"\)/g)].map(([, address]) => address);
  return !named.length || /\b(image-set|cross-fade|element|paint)\(/.test(value) || !named.every(isHarmless);
};

const drawsBehind = (style) => [style.backgroundImage, style.borderImageSource, style.listStyleImage, style.maskImage].some(draws);

// Which parts of an element draw pictures: "self" behind its own words, "before" and "after" as its generated content.
const drawnParts = (element, own = getComputedStyle(element)) => {
  const parts = drawsBehind(own) ? ["self"] : [];
  for (const part of ["before", "after"]) {
    const style = getComputedStyle(element, `::${part}`);
    if (style.content === "none") continue;
    if (draws(style.content)) parts.push(part);
    else if (drawsBehind(style)) parts.push("self");
  }
  return parts;
};

// [elements to be covered wholly where they are large enough, elements to be shown without their pictures as [element, parts]].
const unreadable = (root) => {
  const [covered, plain] = [[], []];
  // What is drawn inside an inline drawing goes with it, but for foreign content. What shows nothing at all is asked for its own style only: the
  // styles of all within would be worked out for nothing.
  let style = null;
  const taken = (element) => {
    if (SILENT.has(element.tagName)) return NodeFilter.FILTER_REJECT;
    if (element.ownerSVGElement) return NodeFilter.FILTER_SKIP;
    style = getComputedStyle(element);
    return style.display === "none" ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  };
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT, taken);
  for (let element = walker.nextNode(); element; element = walker.nextNode()) {
    const media = MEDIA.test(element.tagName) || (element.tagName === "INPUT" && element.type === "image");
    const parts = media ? [] : drawnParts(element, style);
    const replaced = !media && draws(style.content);
    if (!media && !replaced && !parts.length) continue;
    // Generated content may stick out of the element that it belongs to. A picture may still be on its way, and has no size before it comes.
    if (!media && !showsWords(element.getBoundingClientRect()) && !parts.includes("before") && !parts.includes("after")) continue;
    if (parts.length) plain.push([element, parts]);
    if (replaced || (media && !isHarmless(/^(IMG|INPUT)$/.test(element.tagName) ? element.currentSrc || element.src : ""))) covered.push(element);
  }
  return [covered, plain];
};

// Elements whose closed shadow root the robot has to ask the browser for: no script is given it. Custom elements, and elements that take room
// without showing anything of their own. A plain element that shows its own children through a slot as well is not found.
const HOSTS = /^(ARTICLE|ASIDE|BLOCKQUOTE|BODY|DIV|FOOTER|H[1-6]|HEADER|MAIN|NAV|P|SECTION|SPAN)$/;
const closedHosts = () => {
  const found = [];
  for (const element of walk(document)) {
    if (shadowOf(element)) continue;
    const custom = element.tagName.includes("-");
    if (!custom && !(HOSTS.test(element.tagName) && !showsOwn(element))) continue;
    if (custom || showsWords(element.getBoundingClientRect())) found.push(element);
  }
  return found;
};

const showsOwn = (element) =>
  [...element.childNodes].some((child) => {
    if (child.nodeType === Node.ELEMENT_NODE) return SILENT.has(child.tagName) || child.getClientRects().length > 0 || showsOwn(child);
    return child.nodeType === Node.TEXT_NODE && child.data.trim() !== "";
  });

// `roots`: [[host, its closed root]…], as the browser told the robot.
const learnRoots = (roots) => roots.forEach(([host, root]) => closedRoots.set(host, root));
