/** How we stand with the server; the one place that turns an answer into a lasting state. */

import { Trouble } from '../lib/trouble.js';

/** @import { Access } from '../lib/api.js' */
/** @import { Pairing, Store } from '../lib/store.js' */
/** @import { TroubleCode } from '../lib/trouble.js' */

/**
 * @typedef {object} Standings
 * @property {<T>(ask: (access: Access) => Promise<T>) => Promise<T>} during
 *   runs one request of the present pairing and keeps its outcome; throws `Trouble`
 */

/**
 * @param {{ store: Store, now: () => number, onRevoked: () => void }} parts
 * @returns {Standings}
 */
export function createStandings({ store, now, onRevoked }) {
  /**
   * A browser that was unpaired or paired anew meanwhile has nothing to do with the old answer.
   * @param {Pairing} asked
   */
  async function assertStill(asked) {
    if ((await store.get('pairing'))?.token !== asked.token) throw new Trouble('unpaired');
  }

  /** @param {TroubleCode} code */
  const inTrouble = (code) =>
    store.update('standing', (held) => ({
      ...held,
      state: 'down',
      code,
      since: held.state === 'down' ? held.since : now(),
    }));

  return {
    async during(ask) {
      const pairing = await store.get('pairing');
      if (!pairing) throw new Trouble('unpaired');
      try {
        const answer = await ask(pairing);
        await assertStill(pairing);
        await store.update('standing', (held) => ({
          ...held,
          state: 'ok',
          okAt: now(),
          since: null,
          code: null,
        }));
        return answer;
      } catch (error) {
        await assertStill(pairing);
        if (!(error instanceof Trouble)) throw error;
        if (error.code === 'unauthorized') await revoked(pairing);
        else if (error.code !== 'not_found') await inTrouble(error.code);
        throw error;
      }
    },
  };

  /** @param {Pairing} pairing */
  async function revoked(pairing) {
    await store.forgetTeam();
    await store.set('standing', {
      state: 'revoked',
      okAt: null,
      since: now(),
      code: 'unauthorized',
      server: pairing.server,
    });
    onRevoked();
  }
}
