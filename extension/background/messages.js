/**
 * What may be said to the worker. A content script lives in a stranger's page: it may only speak of
 * its own page and ask for customers that were found there; everything else is for our own pages.
 */

/** @typedef {{ heading: string, emails: string[], phones: string[], text: string }} OwnSights */

/**
 * @typedef {{ type: 'page' } & OwnSights
 *   | { type: 'card', id: number, fresh: boolean }
 *   | { type: 'hide-site' }
 *   | { type: 'panel' }} SiteMessage
 */

/**
 * @typedef {{ type: 'status' } | { type: 'unpair' } | { type: 'sync' }
 *   | { type: 'pair', server: string, code: string }
 *   | { type: 'tab', tab: number } | { type: 'show-site', host: string }
 *   | { type: 'card', id: number, fresh: boolean }} OwnPageMessage
 */

/** The answer to `page`. `css` is empty without a customer, `words.panel` without a side panel.
 * @typedef {object} PageAnswer
 * @property {{ id: number, name: string, last: string, due: boolean }[]} customers
 * @property {string} css
 * @property {{ mark: string, hide: string, close: string, panel: string }} words
 */

/** Longest text a page may hand over, in characters. */
export const MOST_TEXT = 150_000;
const MOST_ITEMS = 1_000;
const LONGEST_ITEM = 400;

/**
 * @param {unknown} message
 * @returns {SiteMessage | null}
 */
export function readSiteMessage(message) {
  const said = object(message);
  switch (said?.type) {
    case 'page':
      if (!isText(said.heading, MOST_TEXT) || !isText(said.text, MOST_TEXT)) return null;
      if (!areTexts(said.emails) || !areTexts(said.phones)) return null;
      return { type: 'page', heading: said.heading, emails: said.emails, phones: said.phones, text: said.text };
    case 'card':
      return readCardMessage(said);
    case 'hide-site':
    case 'panel':
      return { type: said.type };
    default:
      return null;
  }
}

/**
 * @param {unknown} message
 * @returns {OwnPageMessage | null}
 */
export function readOwnPageMessage(message) {
  const said = object(message);
  switch (said?.type) {
    case 'status':
    case 'unpair':
    case 'sync':
      return { type: said.type };
    case 'pair':
      if (!isText(said.server, 2_000) || !isText(said.code, 64)) return null;
      return { type: 'pair', server: said.server, code: said.code };
    case 'tab':
      return Number.isSafeInteger(said.tab) ? { type: 'tab', tab: Number(said.tab) } : null;
    case 'show-site':
      return isText(said.host, 253) ? { type: 'show-site', host: said.host } : null;
    case 'card':
      return readCardMessage(said);
    default:
      return null;
  }
}

/**
 * @param {Record<string, unknown>} said
 * @returns {{ type: 'card', id: number, fresh: boolean } | null}
 */
function readCardMessage(said) {
  if (!Number.isSafeInteger(said.id) || typeof said.fresh !== 'boolean') return null;
  return { type: 'card', id: Number(said.id), fresh: said.fresh };
}

/** @param {unknown} value @returns {Record<string, unknown> | null} */
function object(value) {
  return typeof value === 'object' && value !== null
    ? /** @type {Record<string, unknown>} */ (value)
    : null;
}

/** @param {unknown} value @param {number} longest @returns {value is string} */
function isText(value, longest) {
  return typeof value === 'string' && value.length <= longest;
}

/** @param {unknown} value @returns {value is string[]} */
function areTexts(value) {
  return (
    Array.isArray(value) && value.length <= MOST_ITEMS && value.every((item) => isText(item, LONGEST_ITEM))
  );
}
