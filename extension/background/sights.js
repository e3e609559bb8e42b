/** From what a content script saw to the customers of its page; remembers them for each tab. */

import { daysAgo } from '../cards/days.js';
import { buildKeys } from './keys.js';
import { match } from './match.js';
import { dueNow } from './badge.js';

/** @import { Store } from '../lib/store.js' */
/** @import { Keys } from './keys.js' */
/** @import { Match } from './match.js' */
/** @import { OwnSights, PageAnswer } from './messages.js' */

/**
 * @typedef {object} Sights
 * @property {(tab: number, host: string, origin: string, seen: OwnSights) => Promise<Match[]>} look
 * @property {(matches: Match[], language: string) => Promise<PageAnswer['customers']>} marks
 * @property {(tab: number) => Promise<Match[]>} ofTab
 * @property {(tab: number) => Promise<void>} forgetTab
 * @property {() => void} directoryChanged
 */

/**
 * @param {{ store: Store, now: () => number }} parts
 * @returns {Sights}
 */
export function createSights({ store, now }) {
  /** @type {Promise<Keys> | null} built once for each life of the worker */
  let keys = null;

  /** @param {number} tab */
  const ofTab = async (tab) => (await store.get('tabs'))[tab]?.customers ?? [];

  return {
    async look(tab, host, origin, seen) {
      const pairing = await store.get('pairing');
      const own = !pairing || new URL(pairing.server).origin === origin;
      keys ??= store.get('directory').then(({ customers }) => buildKeys(Object.values(customers)));
      const customers = own ? [] : match({ ...seen, host }, await keys);
      await store.update('tabs', (tabs) => ({ ...tabs, [tab]: { customers, host } }));
      const hidden = (await store.get('hiddenSites')).includes(host);
      return hidden ? [] : customers;
    },

    async marks(matches, language) {
      const [{ customers }, cards, reminders] = await Promise.all([
        store.get('directory'),
        store.get('cards'),
        store.get('reminders'),
      ]);
      const due = new Set(dueNow(reminders, now()).map((reminder) => reminder.customer_id));
      return matches.flatMap(({ id }) => {
        const entry = customers[id];
        if (!entry) return [];
        const at = cards[id]?.customer.last_contacted_at ?? null;
        const last = at === null ? '' : daysAgo(at, now(), language);
        return [{ id, name: entry.name, last, due: due.has(id) }];
      });
    },

    ofTab,

    forgetTab: (tab) =>
      store.update('tabs', (tabs) => {
        const { [tab]: _closed, ...others } = tabs;
        return others;
      }),

    directoryChanged() {
      keys = null;
    },
  };
}
