/** One pass over what must be known before it is needed: the directory, then the open reminders. */

import { Trouble } from '../lib/trouble.js';

/** @import { Api } from '../lib/api.js' */
/** @import { Directory, Store } from '../lib/store.js' */
/** @import { DirectoryDelta } from '../lib/wire.js' */
/** @import { Standings } from './standing.js' */

const MOST_PAGES = 10_000;

/**
 * @typedef {object} Sync
 * @property {() => Promise<void>} run never throws `Trouble`: the standing tells; passes that
 *   overlap are one
 */

/**
 * @param {{ api: Api, store: Store, standings: Standings, directoryChanged: () => void }} parts
 * @returns {Sync}
 */
export function createSync({ api, store, standings, directoryChanged }) {
  /** @type {Promise<void> | null} */
  let running = null;
  return {
    run() {
      running ??= pass().finally(() => {
        running = null;
      });
      return running;
    },
  };

  async function pass() {
    try {
      await pullDirectory();
      await store.set('reminders', await standings.during((access) => api.reminders(access)));
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
    }
  }

  async function pullDirectory() {
    let changed = false;
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const held = await store.get('directory');
        const delta = await standings.during((access) => api.directory(access, held.revision));
        const still = delta.revision === held.revision && !delta.reset;
        if (!still || delta.customers.length || delta.removed.length) {
          await store.set('directory', merged(held, delta));
          changed = true;
        }
        if (!delta.more || (still && !delta.customers.length)) break;
      }
    } finally {
      if (changed) directoryChanged();
    }
  }
}

/**
 * @param {Directory} held
 * @param {DirectoryDelta} delta
 * @returns {Directory}
 */
export function merged(held, delta) {
  const customers = delta.reset ? {} : { ...held.customers };
  for (const customer of delta.customers) customers[customer.id] = customer;
  for (const id of delta.removed) delete customers[id];
  return { revision: delta.revision, customers };
}
