import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MOST_TEXT, readOwnPageMessage, readSiteMessage } from '../background/messages.js';

const page = { type: 'page', heading: '', emails: [], phones: [], text: '' };

describe('a content script', () => {
  it('may speak of its page and ask for a card', () => {
    assert.deepEqual(readSiteMessage({ ...page, host: 'forged.example', extra: 1 }), page);
    assert.deepEqual(readSiteMessage({ type: 'card', id: 3, fresh: true }), { type: 'card', id: 3, fresh: true });
  });

  for (const message of [
    null,
    undefined,
    7,
    'card',
    [],
    {},
    { type: 'status' },
    { type: 'unpair' },
    { type: 'pair', server: 'https://evil.example', code: 'x' },
    { type: 'show-site', host: 'x' },
    { type: 'card', id: '3', fresh: true },
    { type: 'card', id: 1.5, fresh: true },
    { type: 'card', id: 3 },
    { ...page, text: 'x'.repeat(MOST_TEXT + 1) },
    { ...page, emails: Array.from({ length: 1_001 }, () => 'x') },
    { ...page, emails: ['x'.repeat(401)] },
    { ...page, phones: [5] },
    { ...page, heading: undefined },
  ]) {
    it(`may not say ${JSON.stringify(message)?.slice(0, 60)}`, () =>
      assert.equal(readSiteMessage(message), null));
  }
});

describe('our own pages', () => {
  it('may pair, ask and tidy up', () => {
    assert.deepEqual(readOwnPageMessage({ type: 'pair', server: 's', code: 'c', more: 1 }), {
      type: 'pair',
      server: 's',
      code: 'c',
    });
    assert.deepEqual(readOwnPageMessage({ type: 'tab', tab: 4 }), { type: 'tab', tab: 4 });
  });

  for (const message of [null, { type: 'page' }, { type: 'pair', server: 1, code: '' }, { type: 'tab' }]) {
    it(`may not say ${JSON.stringify(message)}`, () => assert.equal(readOwnPageMessage(message), null));
  }
});
