// Small manners of the pages: notices, panels, long texts, evidence, the keyboard, the theme.
(() => {
  "use strict";

  const toast = document.getElementById("toast");
  let fading;
  window.genjin = {
    say(text, isBad = false, { undo, undo_text: undoText } = {}) {
      clearTimeout(fading);
      toast.textContent = text;
      if (undo) {
        const button = document.createElement("button");
        button.className = "undo";
        button.textContent = undoText;
        button.addEventListener("click", () => htmx.ajax("POST", undo, { source: document.getElementById("live"), swap: "none" }));
        toast.append(" ", button);
      }
      toast.classList.toggle("bad", isBad);
      toast.hidden = false;
      fading = setTimeout(() => { toast.hidden = true; }, undo ? 12000 : 5000);
    },
  };

  // Panels: one at a time, closed by Escape or a click beside them.
  const openPanels = () => document.querySelectorAll("details.pop[open]");
  document.addEventListener("click", (event) => {
    for (const panel of openPanels()) if (!panel.contains(event.target)) panel.open = false;
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.pop[open]")) event.target.querySelector("textarea, input:not([type=hidden])")?.focus();
  }, true);

  // Long texts and the evidence in them.
  const unfold = (item, open) => {
    const text = item.querySelector("[data-long]");
    if (!text) return;
    const isOpen = open ?? !("open" in text.dataset);
    if (isOpen) text.dataset.open = ""; else delete text.dataset.open;
    for (const button of item.querySelectorAll("[data-unfold]")) {
      if (isOpen) button.dataset.open = ""; else delete button.dataset.open;
    }
  };
  const showEvidence = (id) => {
    const anchor = document.getElementById(id);
    const mark = anchor?.nextElementSibling?.closest("mark") || anchor?.parentElement.querySelector(`#${CSS.escape(id)} ~ mark`);
    if (!mark) return;
    unfold(mark.closest(".item"), true);
    mark.scrollIntoView({ block: "center", behavior: "auto" });
    mark.classList.add("pointed");
    setTimeout(() => mark.classList.remove("pointed"), 2500);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-unfold]");
    if (button) unfold(button.closest(".item"));
    const evidence = event.target.closest("[data-evidence]");
    if (evidence) {
      event.preventDefault();
      showEvidence(evidence.hash.slice(1));
    }
    const jump = event.target.closest("[data-jump]");
    const item = jump && document.getElementById(jump.hash.slice(1));
    if (item) {
      event.preventDefault();
      item.scrollIntoView({ block: "start" });
      item.focus({ preventScroll: true });
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(document.querySelector(copy.dataset.copy).textContent).then(
        () => window.genjin.say(copy.dataset.copied),
        () => getSelection().selectAllChildren(document.querySelector(copy.dataset.copy)),
      );
    }
    const theme = event.target.closest("[data-set-theme]");
    if (theme) setTheme(theme.dataset.setTheme);
  });
  if (location.hash.startsWith("#i-")) document.getElementById(location.hash.slice(1))?.focus();

  const setTheme = (theme) => {
    const root = document.documentElement;
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
    for (const button of document.querySelectorAll("[data-set-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setTheme === theme));
    }
  };

  // j and k walk along the rows, o opens one, / goes to the search.
  const step = (by) => {
    const items = [...document.querySelectorAll("[data-item]")];
    const here = items.indexOf(document.activeElement?.closest("[data-item]"));
    const next = items[Math.min(items.length - 1, Math.max(0, here + by))];
    if (by > 0 && here === items.length - 1) document.querySelector(".more-rows")?.click();
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    const item = document.activeElement?.closest("[data-item]");
    if (!item) return;
    if (item.matches("a")) item.click();
    else if (item.querySelector("[data-long]")) unfold(item);
    else item.querySelector("[data-open-link], .fold")?.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const panel of openPanels()) {
        panel.open = false;
        panel.querySelector("summary").focus();
      }
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select")) return;
    const act = {
      j: () => step(1),
      k: () => step(-1),
      o: open,
      ...(event.target.matches("[data-item]:not(a)") ? { Enter: open } : {}),
      "/": () => {
        const search = document.querySelector("[data-search]");
        if (search) search.focus();
        else location.href = "/search";
      },
    }[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
