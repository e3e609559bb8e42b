/** The cards of customers: kept, so that they open at once and without a network; renewed behind. */

import { Trouble } from '../lib/trouble.js';

/** @import { Api } from '../lib/api.js' */
/** @import { KeptCard, Store } from '../lib/store.js' */
/** @import { CardFacts } from '../cards/view.js' */
/** @import { Standings } from './standing.js' */

const FRESH_FOR = 30_000; // ms in which the server is not asked again
const MOST_KEPT = 300;

/**
 * @typedef {object} Cards
 * @property {(id: number, contact: number | null, fresh: boolean) => Promise<CardFacts | null>} open
 *   null for a customer who is not in the directory; never throws `Trouble`, the facts carry it
 */

/**
 * @param {{ api: Api, store: Store, standings: Standings, now: () => number }} parts
 * @returns {Cards}
 */
export function createCards({ api, store, standings, now }) {
  /** @type {Map<number, Promise<KeptCard>>} */
  const asking = new Map();

  return {
    async open(id, contact, fresh) {
      const pairing = await store.get('pairing');
      const entry = (await store.get('directory')).customers[id];
      if (!pairing || !entry) return null;
      let kept = (await store.get('cards'))[id] ?? null;
      /** @type {CardFacts['trouble']} */
      let trouble = null;
      if (fresh && (!kept || now() - kept.at > FRESH_FOR)) {
        try {
          kept = await renew(id);
        } catch (error) {
          if (!(error instanceof Trouble)) throw error;
          trouble = error.code;
          if (trouble === 'unauthorized') kept = null;
        }
      } else if (kept) {
        const standing = await store.get('standing');
        if (standing.state === 'down') trouble = standing.code;
      }
      return {
        entry,
        customer: kept?.customer ?? null,
        at: kept?.at ?? null,
        contact,
        trouble,
        server: pairing.server,
      };
    },
  };

  /** @param {number} id */
  function renew(id) {
    const pending = asking.get(id) ?? fetchAndKeep(id).finally(() => asking.delete(id));
    asking.set(id, pending);
    return pending;
  }

  /** @param {number} id */
  async function fetchAndKeep(id) {
    const customer = await standings.during((access) => api.customer(access, id));
    const card = { customer, at: now() };
    await store.update('cards', (cards) => newest({ ...cards, [id]: card }));
    return card;
  }
}

/** @param {Record<string, KeptCard>} cards */
function newest(cards) {
  const all = Object.entries(cards);
  if (all.length <= MOST_KEPT) return cards;
  return Object.fromEntries(all.sort(([, a], [, b]) => b.at - a.at).slice(0, MOST_KEPT));
}
