/** Pairing this browser with a server, and undoing it. */

import { serverAddress } from '../lib/address.js';
import { Trouble } from '../lib/trouble.js';

/** @import { Api } from '../lib/api.js' */
/** @import { Store } from '../lib/store.js' */

/**
 * @typedef {object} PairingDesk
 * @property {(typed: string, code: string) => Promise<void>} pair throws `Trouble`
 * @property {() => Promise<void>} unpair
 */

/**
 * @param {{ api: Api, store: Store, now: () => number, device: string }} parts
 * @returns {PairingDesk}
 */
export function createPairingDesk({ api, store, now, device }) {
  return {
    async pair(typed, code) {
      const { server, paired } = await firstThatAnswers(candidates(typed), code.trim());
      const { locale, ...person } = paired;
      await store.forgetTeam();
      await store.set('locale', locale);
      await store.set('pairing', { server, ...person });
      await store.set('standing', { state: 'ok', okAt: now(), since: null, code: null, server });
    },
    async unpair() {
      await store.forgetTeam();
      await store.set('standing', {
        state: 'unpaired',
        okAt: null,
        since: null,
        code: null,
        server: (await store.get('standing')).server,
      });
    },
  };

  /**
   * @param {string[]} servers
   * @param {string} code
   */
  async function firstThatAnswers(servers, code) {
    let trouble = new Trouble('not_genjin');
    for (const server of servers) {
      try {
        return { server, paired: await api.pair(server, code, device) };
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        if (error.code !== 'not_genjin') throw error;
        trouble = error;
      }
    }
    throw trouble;
  }
}

/**
 * The address as typed, then its root: people copy the address of whatever page they are on.
 * @param {string} typed
 */
function candidates(typed) {
  const server = serverAddress(typed);
  return [...new Set([server, new URL(server).origin])];
}
