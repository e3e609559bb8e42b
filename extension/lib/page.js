/**
 * The content scripts' way to the worker. A classic script (content scripts cannot import): what
 * the parts of `sites/` share hangs on `genjin`, in a world that the page cannot see.
 */

globalThis.genjin = Object.assign(globalThis.genjin ?? {}, {
  worker: {
    /**
     * @param {import('../background/messages.js').SiteMessage} message
     * @returns {Promise<any>} null when the worker did not understand, or this script outlived it
     */
    async ask(message) {
      try {
        return await chrome.runtime.sendMessage(message);
      } catch {
        return null;
      }
    },

    /** False once the extension was updated or removed: then this script should leave. */
    alive() {
      return Boolean(globalThis.chrome?.runtime?.id);
    },

    /** @param {(type: 'open-card' | 'look-again') => void} told */
    onTold(told) {
      chrome.runtime.onMessage.addListener((message, sender) => {
        if (sender.id !== chrome.runtime.id || sender.tab) return;
        if (message?.type === 'open-card' || message?.type === 'look-again') told(message.type);
      });
    },
  },
});
