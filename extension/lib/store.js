/**
 * What this browser remembers, behind one small interface, so that tests hand in a map.
 *
 * Everything of the team's (customers, cards, reminders) is forgotten with the pairing: a browser
 * whose token was revoked holds no customer data.
 */

/** @import { Customer, DirectoryCustomer, Reminder } from './wire.js' */
/** @import { TroubleCode } from './trouble.js' */

/** @typedef {{ server: string, token: string, user: string, email: string, role: string }} Pairing */

/**
 * @typedef {object} Standing How we stand with the server.
 * @property {'unpaired' | 'ok' | 'down' | 'revoked'} state
 * @property {number | null} okAt the last time all was well
 * @property {number | null} since when the trouble began
 * @property {TroubleCode | null} code
 * @property {string} server of the pairing that was revoked, so that it can be renewed
 */

/** @typedef {{ revision: number, customers: Record<string, DirectoryCustomer> }} Directory */
/** @typedef {{ customer: Customer, at: number }} KeptCard `at`: when the server said so */
/** @typedef {{ customers: import('../background/match.js').Match[], host: string }} TabFinding */

/**
 * @typedef {object} Kept
 * @property {Pairing | null} pairing
 * @property {string} locale of the person who paired last; outlives the pairing
 * @property {Standing} standing
 * @property {Directory} directory
 * @property {Record<string, KeptCard>} cards
 * @property {Reminder[]} reminders
 * @property {string[]} hiddenSites hosts on which the person wants no mark
 * @property {Record<string, TabFinding>} tabs until the browser closes
 */

/** @type {Kept} */
const EMPTY = {
  pairing: null,
  locale: '',
  standing: { state: 'unpaired', okAt: null, since: null, code: null, server: '' },
  directory: { revision: 0, customers: {} },
  cards: {},
  reminders: [],
  hiddenSites: [],
  tabs: {},
};

/**
 * The part of `chrome.storage.StorageArea` that is used.
 * @typedef {object} Area
 * @property {(key: string) => Promise<Record<string, unknown>>} get
 * @property {(items: Record<string, unknown>) => Promise<void>} set
 * @property {(keys: string[]) => Promise<void>} remove
 */

/**
 * @typedef {object} Store
 * @property {<K extends keyof Kept>(key: K) => Promise<Kept[K]>} get
 * @property {<K extends keyof Kept>(key: K, value: Kept[K]) => Promise<void>} set
 * @property {<K extends keyof Kept>(key: K, change: (value: Kept[K]) => Kept[K]) => Promise<void>} update
 * @property {() => Promise<void>} forgetTeam pairing, customers, cards, reminders
 */

/**
 * @param {Area} local survives a restart
 * @param {Area} session forgotten with the browser
 * @returns {Store}
 */
export function createStore(local, session) {
  /** @param {keyof Kept} key */
  const area = (key) => (key === 'tabs' ? session : local);
  /** @type {Promise<unknown>} */
  let turn = Promise.resolve();

  /** @type {Store} */
  const store = {
    async get(key) {
      const held = await area(key).get(key);
      return /** @type {Kept[typeof key]} */ (held[key] ?? structuredClone(EMPTY[key]));
    },
    set: (key, value) => area(key).set({ [key]: value }),
    // One after the other: two changes of one value must not lose each other.
    update(key, change) {
      const done = turn.then(async () => store.set(key, change(await store.get(key))));
      turn = done.catch(() => undefined);
      return done;
    },
    async forgetTeam() {
      await local.remove(['pairing', 'directory', 'cards', 'reminders']);
      await session.remove(['tabs']);
    },
  };
  return store;
}
