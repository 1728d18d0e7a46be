// A caption for people who watch, in a closed shadow root: nothing that reads or presses meets it.

let captionBox = null;
const caption = (words) => {
  captionBox?.host.remove();
  captionBox = null;
  if (!words || !document.documentElement) return;
  const host = document.createElement("div");
  host.style.cssText = "all:initial;position:fixed;left:0;right:0;bottom:0;z-index:2147483647;pointer-events:none";
  host.setAttribute("aria-hidden", "true");
  const root = host.attachShadow({ mode: "closed" });
  const line = document.createElement("div");
  line.style.cssText =
    "margin:0 auto 28px;width:fit-content;max-width:80%;padding:12px 28px;border-radius:8px;background:rgba(12,32,60,.88);color:#fff;" +
    'font:22px/1.5 "Microsoft YaHei","PingFang SC","WenQuanYi Micro Hei","Noto Sans CJK SC",sans-serif;text-align:center';
  line.textContent = words;
  root.append(line);
  document.documentElement.append(host);
  captionBox = { host };
};
