import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createApi } from '../lib/api.js';
import { originPattern, serverAddress } from '../lib/address.js';
import { Trouble } from '../lib/trouble.js';

const access = { server: 'https://genjin.example', token: 'secret' };
const error = (/** @type {string} */ code) => JSON.stringify({ error: { code, message: '', fields: {} } });

/**
 * @param {number} status
 * @param {string} body
 */
function answering(status, body) {
  /** @type {{ url: string, request: RequestInit }[]} */
  const sent = [];
  const api = createApi({
    async send(url, request) {
      sent.push({ url, request });
      return new Response(status === 204 ? null : body, { status });
    },
  });
  return { api, sent };
}

/** @param {Promise<unknown>} work */
const troubleOf = (work) =>
  work.then(
    () => 'none',
    (raised) => (raised instanceof Trouble ? raised.code : String(raised)),
  );

describe('a request', () => {
  it('carries the token and nothing of the browser', async () => {
    const { api, sent } = answering(200, '{"revision": 3}');
    assert.deepEqual(await api.directory(access, 2), {
      revision: 3,
      customers: [],
      removed: [],
      more: false,
      reset: false,
    });
    const { url, request } = /** @type {{ url: string, request: RequestInit }} */ (sent[0]);
    assert.equal(url, 'https://genjin.example/api/v1/directory?since=2');
    assert.equal(new Headers(request.headers).get('authorization'), 'Bearer secret');
    assert.equal(request.credentials, 'omit');
    assert.equal(request.redirect, 'error');
    assert.equal(request.referrerPolicy, 'no-referrer');
  });

  it('follows the pages of reminders', async () => {
    const bodies = [
      { items: [{ id: 1, customer_id: 1, customer: 'a', due_at: '2026-11-20T00:00:00Z', days_without_contact: 8 }], cursor: 'n x' },
      { items: [], cursor: null },
    ];
    /** @type {string[]} */
    const urls = [];
    const api = createApi({
      async send(url) {
        urls.push(url);
        return Response.json(bodies.shift());
      },
    });
    assert.equal((await api.reminders(access)).length, 1);
    assert.ok(urls[1]?.endsWith('&cursor=n%20x'));
  });
});

describe('trouble', () => {
  for (const [status, body, expected] of /** @type {[number, string, string][]} */ ([
    [401, error('unauthorized'), 'unauthorized'],
    [401, '<html>hotel wifi</html>', 'not_genjin'],
    [403, error('forbidden'), 'refused'],
    [404, error('not_found'), 'not_found'],
    [404, 'nothing here', 'not_genjin'],
    [429, error('busy'), 'too_many_attempts'],
    [500, error('internal'), 'server_error'],
    [502, '<html>bad gateway</html>', 'server_error'],
    [200, '<html>welcome</html>', 'not_genjin'],
    [200, '{"id": "seven"}', 'not_genjin'],
    [204, '', 'not_genjin'],
  ])) {
    it(`${status} ${body.slice(0, 30)} → ${expected}`, async () => {
      assert.equal(await troubleOf(answering(status, body).api.customer(access, 7)), expected);
    });
  }

  for (const [status, body, expected] of /** @type {[number, string, string][]} */ ([
    [400, error('code_unknown'), 'code_wrong'],
    [404, error('not_found'), 'code_wrong'],
    [400, error('code_expired'), 'code_expired'],
    [410, error('gone'), 'code_expired'],
    [429, error('busy'), 'too_many_attempts'],
    [404, '<html>', 'not_genjin'],
    [200, '{"token": ""}', 'not_genjin'],
    [200, '{"hello": "world"}', 'not_genjin'],
    [503, '', 'server_error'],
  ])) {
    it(`pairing: ${status} ${body.slice(0, 30)} → ${expected}`, async () => {
      assert.equal(await troubleOf(answering(status, body).api.pair(access.server, 'X', '')), expected);
    });
  }

  it('unreachable and late are told apart', async () => {
    const gone = createApi({ send: () => Promise.reject(new TypeError('Failed to fetch')) });
    assert.equal(await troubleOf(gone.customer(access, 1)), 'unreachable');
    const silent = createApi({
      patience: 5,
      send: (_, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    });
    // The signal's own timer does not keep the process alive.
    const awake = setInterval(() => undefined, 1_000);
    assert.equal(await troubleOf(silent.customer(access, 1)), 'timeout');
    clearInterval(awake);
  });
});

describe('a server address', () => {
  for (const [typed, expected] of [
    ['genjin.example.com', 'https://genjin.example.com'],
    [' https://genjin.example.com/ ', 'https://genjin.example.com'],
    ['https://example.com/genjin/', 'https://example.com/genjin'],
    ['https://genjin.example.com:8443/x?y#z', 'https://genjin.example.com:8443/x'],
    ['localhost:8765', 'http://localhost:8765'],
    ['http://127.0.0.1:8765/', 'http://127.0.0.1:8765'],
  ]) {
    it(`${typed} → ${expected}`, () => assert.equal(serverAddress(String(typed)), expected));
  }
  for (const [typed, code] of [
    ['', 'address_invalid'],
    ['not an address', 'address_invalid'],
    ['ftp://example.com', 'address_invalid'],
    ['javascript://example.com', 'address_invalid'],
    ['https://me:secret@example.com', 'address_invalid'],
    ['http://genjin.example.com', 'address_not_https'],
    ['http://localhost.evil.test', 'address_not_https'],
    ['http://192.168.1.5:8765', 'address_not_https'],
  ]) {
    it(`${typed} is refused: ${code}`, () =>
      assert.throws(() => serverAddress(String(typed)), { code }));
  }
  it('asks the browser for that host only', () => {
    assert.equal(originPattern('https://genjin.example.com:8443/x'), 'https://genjin.example.com/*');
  });
});
