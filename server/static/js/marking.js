// Words selected in a timeline fill in the form that marks what was missed.
(() => {
  "use strict";

  const chosen = () => {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
    const range = selection.getRangeAt(0);
    const node = range.commonAncestorContainer;
    const line = (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".item .text p");
    const words = selection.toString().trim();
    if (!line || !words) return null;
    // How often the same words stand before: which of several was meant.
    const before = document.createRange();
    before.selectNodeContents(line.closest(".text"));
    before.setEnd(range.startContainer, range.startOffset);
    const nth = before.toString().split(words).length - 1;
    return { item: line.closest(".item"), words, nth };
  };

  document.addEventListener("selectionchange", () => {
    const found = chosen();
    const form = found?.item.querySelector("form[data-mark]");
    if (!form) return;
    form.elements.words.value = found.words;
    form.elements.nth.value = found.nth;
  });

  // Typed by hand, the words mean their first place.
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (event.target.name === "words" && form?.matches("[data-mark]")) form.elements.nth.value = 0;
  });
})();
