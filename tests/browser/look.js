/* What the browser knows of the page it shows, told as lines: no line, nothing wrong. */
window.look = (() => {
  const root = () => document.documentElement, told = (el) => {
    const name = el.id ? `#${el.id}` : el.className?.baseVal ?? el.className;
    return `${el.tagName.toLowerCase()} ${name}: ${(el.textContent || el.value || "").trim().replace(/\s+/g, " ").slice(0, 60)}`;
  };
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && !el.closest(".vh, .skip");
  const all = (names) => [...document.querySelectorAll(names)].filter(seen);
  const texts = function* (el) {
    const walk = document.createTreeWalker(el, NodeFilter.SHOW_TEXT), range = document.createRange();
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      if (!node.data.trim() || !seen(node.parentElement)) continue;
      range.selectNodeContents(node);
      yield [node, [...range.getClientRects()].filter((box) => box.width && box.height)];
    }
  };
  /* The part of a box that its scrolling and cutting ancestors let through. */
  const shown = (node, { left, top, right, bottom }) => {
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX === "visible") continue;
      const edge = up.getBoundingClientRect();
      [left, top, right, bottom] = [Math.max(left, edge.left), Math.max(top, edge.top), Math.min(right, edge.right), Math.min(bottom, edge.bottom)];
    }
    return { left, top, right, bottom };
  };
  const CONTROLS = "button, .btn, .badge, .pill, .tabs a, .seg > *, .nav a, .toc a, .chipx, .cite, th, label, .k, summary";
  const beyond = (box, edge) => box.left < edge.left - 1.5 || box.right > edge.right + 1.5 || box.top < edge.top - 1.5 || box.bottom > edge.bottom + 1.5;

  return {
    sideways: () => root().scrollWidth > root().clientWidth
      ? [`scrolls: ${root().scrollWidth} of ${root().clientWidth}`, ...all("main *").filter((el) => el.getBoundingClientRect().right > root().clientWidth + 1 && !el.closest(".scroll, .tabs, .toc")).slice(0, 3).map(told)]
      : [],
    /* Words of a control that stand outside it, and words cut off by what holds them. */
    clipped: () => {
      const found = [];
      for (const el of all(CONTROLS)) {
        const edge = el.getBoundingClientRect();
        for (const [node, boxes] of texts(el)) if (boxes.some((box) => beyond(box, edge))) found.push(`outside ${told(el)}`);
      }
      for (const el of all("body *")) {
        const style = getComputedStyle(el);
        if (["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis" && !["SELECT", "INPUT", "svg", "SVG"].includes(el.tagName) && el.scrollWidth > el.clientWidth + 1)
          found.push(`cut off in ${told(el)}`);
      }
      return [...new Set(found)];
    },
    /* Lines of text that lie on one another. */
    overlaps: () => {
      const found = [], lines = [];
      for (const [node, boxes] of texts(document.body)) {
        if (node.parentElement.closest(".bar, .nav, dialog, #toasts, .plot, option, select")) continue;
        for (const box of boxes.map((one) => shown(node, one))) if (box.right > box.left && box.bottom > box.top) lines.push([node, box]);
      }
      lines.sort((a, b) => a[1].top - b[1].top);
      for (let at = 0; at < lines.length; at++)
        for (let next = at + 1; next < lines.length && lines[next][1].top < lines[at][1].bottom - 4; next++) {
          const [one, a] = lines[at], [two, b] = lines[next];
          const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (one !== two && wide > 2 && high > 4) found.push(`${one.data.trim().slice(0, 40)} × ${two.data.trim().slice(0, 40)}`);
        }
      return found.slice(0, 5);
    },
    anatomy: () => {
      const ids = [...document.querySelectorAll("[id]")].map((el) => el.id), twice = ids.filter((id, at) => ids.indexOf(id) !== at);
      const found = twice.map((id) => `id twice: ${id}`), count = (names) => all(names).length;
      if (count("h1") !== 1) found.push(`${count("h1")} h1`);
      if (count("main") !== 1) found.push(`${count("main")} main`);
      if (root().lang !== "en") found.push(`lang ${root().lang}`);
      if (!/^.+ · PS Insights$/.test(document.title)) found.push(`title ${document.title}`);
      return found;
    },
    shifts: () => (window.shifted || []).reduce((sum, entry) => sum + entry[0], 0),
    shifters: () => (window.shifted || []).map(([value, names]) => `${value.toFixed(4)} ${names.join(" | ")}`),
    breaches: () => window.breached || [],
    loaded: () => performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => /\.(css|js)($|\?)/.test(name)),
    /* Marks one element of each way of colouring words that is not known yet, and tells those ways. */
    coloured: (known) => {
      const kinds = new Map();
      for (const [node] of texts(document.body)) {
        const el = node.parentElement, style = getComputedStyle(el), key = [style.color, style.fontSize, style.fontWeight];
        for (let up = el; up; up = up.parentElement) {
          const of = getComputedStyle(up);
          if (of.opacity !== "1") key.push(`opacity ${of.opacity}`);
          if (of.backgroundImage !== "none") key.push(of.backgroundImage);
          if (of.backgroundColor === "rgba(0, 0, 0, 0)") continue;
          key.push(of.backgroundColor);
          if (!/rgba|\//.test(of.backgroundColor)) break;
        }
        const kind = key.join();
        if (!kinds.has(kind)) kinds.set(kind, el);
      }
      for (const el of document.querySelectorAll("[data-coloured]")) el.removeAttribute("data-coloured");
      for (const kind of known) kinds.delete(kind);
      for (const el of kinds.values()) el.setAttribute("data-coloured", "");
      return [...kinds.keys()];
    },
    folded: () => all("main details:not([open])").length,
    unfold: () => { for (const one of document.querySelectorAll("main details")) one.open = true; },
    told, all,
  };
})();
document.addEventListener("securitypolicyviolation", (event) => (window.breached ||= []).push(`${event.violatedDirective} ${event.blockedURI}`));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) (window.shifted ||= []).push([entry.value, entry.sources.map((one) => one.node?.nodeType === 1 ? look.told(one.node) : String(one.node?.data))]);
}).observe({ type: "layout-shift", buffered: true });
