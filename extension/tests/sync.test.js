import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { badge } from '../background/badge.js';
import { createCards } from '../background/cards.js';
import { createPairingDesk } from '../background/pairing.js';
import { createStandings } from '../background/standing.js';
import { createSync, merged } from '../background/sync.js';
import { Trouble } from '../lib/trouble.js';
import { customer, entry, memoryStore, pairing, reminder, say } from './support.js';

/** @import { Api } from '../lib/api.js' */

/**
 * A server in memory; `over` replaces what a test is about.
 * @param {Partial<Api>} [over]
 */
async function team(over = {}) {
  const store = memoryStore();
  await store.set('pairing', pairing());
  let clock = 1_000_000;
  let changes = 0;
  let revocations = 0;
  /** @type {Api} */
  const api = {
    pair: () => Promise.reject(new Trouble('not_genjin')),
    directory: async (_access, since) => ({
      revision: 5,
      customers: since < 5 ? [entry(1), entry(2)] : [],
      removed: [],
      more: false,
      reset: false,
    }),
    reminders: async () => [reminder()],
    customer: async (_access, id) => customer({ id }),
    ...over,
  };
  const now = () => clock;
  const standings = createStandings({ store, now, onRevoked: () => (revocations += 1) });
  const sync = createSync({ api, store, standings, directoryChanged: () => (changes += 1) });
  const cards = createCards({ api, store, standings, now });
  return {
    api,
    store,
    sync,
    cards,
    pass: (/** @type {number} */ ms) => (clock += ms),
    changes: () => changes,
    revocations: () => revocations,
  };
}

/** @param {import('../lib/trouble.js').TroubleCode} code */
const raise = (code) => () => Promise.reject(new Trouble(code));

describe('a pass', () => {
  it('keeps directory and reminders, and tells of a change once', async () => {
    const { sync, store, changes } = await team();
    await sync.run();
    await sync.run();
    assert.deepEqual(Object.keys((await store.get('directory')).customers), ['1', '2']);
    assert.equal((await store.get('reminders')).length, 1);
    assert.equal((await store.get('standing')).state, 'ok');
    assert.equal(changes(), 1);
  });

  it('asks for page after page, each from where the last one ended', async () => {
    /** @type {number[]} */
    const since = [];
    const { sync, store } = await team({
      directory: async (_access, from) => {
        since.push(from);
        return { revision: from + 1, customers: [entry(from)], removed: [], more: from < 2, reset: false };
      },
    });
    await sync.run();
    assert.deepEqual(since, [0, 1, 2]);
    assert.equal(Object.keys((await store.get('directory')).customers).length, 3);
  });

  it('ends when a server says "more" without moving', async () => {
    let asked = 0;
    const { sync } = await team({
      directory: async () => {
        asked += 1;
        return { revision: 0, customers: [], removed: [], more: true, reset: false };
      },
    });
    await sync.run();
    assert.equal(asked, 1);
  });

  it('keeps what is known while the server is down, and since when', async () => {
    const { sync, store, api, pass } = await team();
    await sync.run();
    api.directory = raise('unreachable');
    pass(60_000);
    await sync.run();
    pass(60_000);
    await sync.run();
    const standing = await store.get('standing');
    assert.deepEqual(
      [standing.state, standing.okAt, standing.since, standing.code],
      ['down', 1_000_000, 1_060_000, 'unreachable'],
    );
    assert.equal((await store.get('reminders')).length, 1);
  });

  it('forgets everything of the team when the token is revoked, and asks no more', async () => {
    const { sync, store, api, revocations } = await team();
    await sync.run();
    let asked = 0;
    api.directory = () => {
      asked += 1;
      return raise('unauthorized')();
    };
    await sync.run();
    await sync.run();
    assert.equal(asked, 1);
    assert.equal(revocations(), 1);
    assert.equal(await store.get('pairing'), null);
    assert.deepEqual((await store.get('directory')).customers, {});
    assert.deepEqual(await store.get('reminders'), []);
    const standing = await store.get('standing');
    assert.equal(standing.state, 'revoked');
    assert.equal(standing.server, 'https://genjin.example');
  });

  it('drops an answer that arrives after unpairing', async () => {
    const { sync, store, api } = await team();
    const answer = api.directory;
    api.directory = async (access, since) => {
      const delta = await answer(access, since);
      await store.forgetTeam();
      return delta;
    };
    await sync.run();
    assert.deepEqual((await store.get('directory')).customers, {});
    assert.equal((await store.get('standing')).okAt, null);
  });

  it('two at a time are one', async () => {
    let asked = 0;
    const { sync } = await team({
      reminders: async () => {
        asked += 1;
        return [];
      },
    });
    await Promise.all([sync.run(), sync.run()]);
    assert.equal(asked, 1);
  });
});

it('a delta removes, replaces, and starts over on reset', () => {
  const held = { revision: 1, customers: { 1: entry(1), 2: entry(2) } };
  const delta = { revision: 2, customers: [entry(2, { name: 'new' })], removed: [1], more: false, reset: false };
  assert.deepEqual(Object.keys(merged(held, delta).customers), ['2']);
  assert.equal(merged(held, delta).customers[2]?.name, 'new');
  const reset = { ...delta, removed: [], reset: true };
  assert.deepEqual(Object.keys(merged(held, reset).customers), ['2']);
});

describe('a card', () => {
  it('opens from the store, is renewed behind, and stands when that fails', async () => {
    const { sync, cards, api, pass } = await team();
    await sync.run();
    assert.equal((await cards.open(1, null, false))?.customer, null);
    assert.equal((await cards.open(1, null, true))?.customer?.id, 1);
    api.customer = raise('timeout');
    assert.equal((await cards.open(1, null, true))?.trouble, null, 'fresh enough not to ask');
    pass(31_000);
    const late = await cards.open(1, null, true);
    assert.equal(late?.trouble, 'timeout');
    assert.equal(late?.customer?.id, 1);
    assert.equal((await cards.open(1, null, false))?.trouble, 'timeout', 'known to be down');
  });

  it('is asked for once when wanted twice', async () => {
    let asked = 0;
    const { sync, cards } = await team({
      customer: async (_access, id) => {
        asked += 1;
        return customer({ id });
      },
    });
    await sync.run();
    await Promise.all([cards.open(1, null, true), cards.open(1, null, true)]);
    assert.equal(asked, 1);
  });

  it('of nobody we know is none', async () => {
    const { cards } = await team();
    assert.equal(await cards.open(77, null, true), null);
  });
});

describe('pairing', () => {
  const paired = { token: 't', user: 'A', email: '', role: 'rep', locale: 'en' };

  it('tries the root when a page’s address was copied', async () => {
    /** @type {string[]} */
    const tried = [];
    const { api, store } = await team({
      pair: async (server) => {
        tried.push(server);
        if (server.endsWith('/x')) throw new Trouble('not_genjin');
        return paired;
      },
    });
    await createPairingDesk({ api, store, now: () => 7, device: 'Chrome' }).pair('genjin.example/x', ' C ');
    assert.deepEqual(tried, ['https://genjin.example/x', 'https://genjin.example']);
    assert.equal((await store.get('pairing'))?.server, 'https://genjin.example');
    assert.equal(await store.get('locale'), 'en');
  });

  it('leaves the old pairing alone when the new one fails', async () => {
    const { api, store } = await team({ pair: raise('code_wrong') });
    const desk = createPairingDesk({ api, store, now: () => 7, device: 'Chrome' });
    await assert.rejects(desk.pair('genjin.example', 'x'), { code: 'code_wrong' });
    assert.equal((await store.get('pairing'))?.token, 'secret');
  });
});

describe('the badge', () => {
  /** @type {import('../lib/store.js').Standing} */
  const ok = { state: 'ok', okAt: 0, since: null, code: null, server: '' };

  it('counts what is due, not what will be', () => {
    const list = [reminder({ due_at: 5 }), reminder({ due_at: 50 })];
    assert.equal(badge(ok, list, say('en'), 10).text, '1');
    assert.match(badge(ok, list, say('en'), 10).title, /1 customer waits/);
    assert.match(badge(ok, list, say('zh_CN'), 90).title, /2 位客户等你跟进/);
  });

  it('is empty for none, short for many, and calls for help when revoked', () => {
    assert.equal(badge(ok, [], say('en'), 10).text, '');
    assert.equal(badge(ok, Array.from({ length: 120 }, () => reminder()), say('en'), 10).text, '99+');
    assert.equal(badge({ ...ok, state: 'revoked' }, [], say('en'), 10).text, '!');
  });
});
