/**
 * What a page shows that could tell whose it is: addresses, numbers, headings, text. Read in slices
 * between the page's own work, and never more than the limits below; nothing is sent anywhere, it
 * goes to the worker of this same browser.
 */

globalThis.genjin = Object.assign(globalThis.genjin ?? {}, {
  /**
   * @param {Document} page
   * @param {() => Promise<void>} pause resolves when the page has nothing better to do
   * @returns {Promise<import('../background/messages.js').OwnSights>}
   */
  async collect(page, pause) {
    const MOST_NODES = 60_000;
    const NODES_A_SLICE = 2_000;
    const MOST_TEXT = 100_000;
    const MOST_ITEMS = 400;
    const LONGEST_ITEM = 320;
    const EMAIL = /[A-Z0-9._%+'-]{1,64}@(?:[A-Z0-9-]{1,63}\.)+[A-Z0-9-]{2,63}/gi;
    const PHONE = /(?:\+|\b00)?[(（]?\d[\d ()（）.\u2010-\u2015-]{5,20}\d\b/g;
    const SKIP = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'TEXTAREA', 'SELECT', 'SVG', 'CANVAS']);
    const INLINE = new Set(['A', 'ABBR', 'B', 'BDI', 'EM', 'FONT', 'I', 'MARK', 'SMALL', 'SPAN', 'STRONG', 'U', 'WBR']);

    /** @type {Set<string>} */
    const emails = new Set();
    /** @type {Set<string>} */
    const phones = new Set();
    /** @type {string[]} */
    const headings = [page.title.slice(0, 1_000)];
    /** @type {string[]} */
    const texts = [];
    let length = 0;
    let seen = 0;

    /** @type {(ParentNode & Node)[]} */
    const roots = page.body ? [page.body] : [];
    for (let root = roots.shift(); root; root = roots.shift()) {
      const walker = page.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
        node instanceof Element && SKIP.has(node.tagName.toUpperCase())
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_ACCEPT,
      );
      for (let node = walker.nextNode(); node && seen < MOST_NODES; node = walker.nextNode()) {
        seen += 1;
        if (seen % NODES_A_SLICE === 0) await pause();
        if (node instanceof Element) element(node);
        else words(node.nodeValue ?? '');
      }
    }
    find(page.title);
    return {
      heading: headings.join('\n').slice(0, 20_000),
      emails: [...emails],
      phones: [...phones],
      text: texts.join(''),
    };

    /** @param {Element} node */
    function element(node) {
      if (!INLINE.has(node.tagName)) add('\n');
      if (node.shadowRoot) roots.push(node.shadowRoot);
      if (/^H[1-3]$/.test(node.tagName)) headings.push((node.textContent ?? '').slice(0, 300));
      for (const name of ['aria-label', 'title']) find(node.getAttribute(name) ?? '');
      const href = node.tagName === 'A' ? (node.getAttribute('href') ?? '') : '';
      if (/^mailto:/i.test(href)) find(decoded(href.slice(7)));
      if (/^tel:/i.test(href)) keep(phones, decoded(href.slice(4)));
    }

    /** @param {string} value */
    function words(value) {
      find(value);
      add(value);
    }

    /** @param {string} value */
    function add(value) {
      if (length >= MOST_TEXT) return;
      const part = value.slice(0, MOST_TEXT - length);
      texts.push(part);
      length += part.length;
    }

    /** @param {string} value */
    function find(value) {
      const read = value.slice(0, MOST_TEXT);
      if (read.includes('@')) for (const [email] of read.matchAll(EMAIL)) keep(emails, email);
      if (read.length > 6) for (const [phone] of read.matchAll(PHONE)) keep(phones, phone);
    }

    /**
     * @param {Set<string>} set
     * @param {string} value
     */
    function keep(set, value) {
      if (set.size < MOST_ITEMS && value.length <= LONGEST_ITEM) set.add(value);
    }

    /** @param {string} value */
    function decoded(value) {
      try {
        return decodeURIComponent(value);
      } catch {
        return value;
      }
    }
  },
});
