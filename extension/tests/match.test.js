import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildKeys } from '../background/keys.js';
import { match, withParents } from '../background/match.js';
import { entry } from './support.js';

const keys = buildKeys([
  entry(1, {
    name: '苏州华锐智能装备有限公司',
    aliases: ['华锐'],
    domains: ['huarui.example', 'qq.com'],
    phones: ['+8651267891234'],
    contacts: [
      { id: 31, name: '王敏', title: '', emails: ['wangmin@huarui.example', 'wm@qq.com'], phones: ['+8613800138000'] },
    ],
  }),
  entry(2, { name: 'Acme', domains: ['acme.example'] }),
  entry(3, { name: 'North Star Trading', domains: ['acme.example'] }),
]);

/** @param {Partial<import('../background/match.js').Page>} page */
const found = (page) =>
  match({ host: 'news.example', heading: '', emails: [], phones: [], text: '', ...page }, keys).map(
    ({ id, why, contact }) => [id, why, contact],
  );

describe('a page is a customer’s', () => {
  it('by a contact’s address, and knows the person', () => {
    assert.deepEqual(found({ emails: ['WangMin@HuaRui.example'] }), [[1, 'email', 31]]);
    assert.deepEqual(found({ emails: ['wm@qq.com'] }), [[1, 'email', 31]]);
  });

  it('by its own site and its sub-domains, not by a lookalike', () => {
    assert.deepEqual(found({ host: 'shop.huarui.example' }), [[1, 'site', null]]);
    assert.deepEqual(found({ host: 'nothuarui.example' }), []);
    assert.deepEqual(found({ host: 'huarui.example.evil.test' }), []);
  });

  it('by the domain of an unknown address; both customers when two share it', () => {
    assert.deepEqual(found({ emails: ['new@mail.huarui.example'] }), [[1, 'domain', null]]);
    assert.deepEqual(found({ emails: ['new@acme.example'] }).map(([id]) => id), [2, 3]);
  });

  it('never by a public mail domain, even when the directory names it', () => {
    assert.deepEqual(found({ emails: ['someone@qq.com'] }), []);
    assert.deepEqual(found({ host: 'mail.qq.com' }), []);
  });

  it('by a telephone number, however written', () => {
    assert.deepEqual(found({ phones: ['0512-6789 1234'] }), [[1, 'phone', null]]);
    assert.deepEqual(found({ phones: ['138 0013 8000'] }), [[1, 'phone', 31]]);
  });

  it('by its name: short ones in title and headings only', () => {
    assert.deepEqual(found({ heading: '华锐 - 百科' }), [[1, 'heading', null]]);
    assert.deepEqual(found({ text: '中华锐步' }), []);
    assert.deepEqual(found({ text: '与苏州华锐智能装备签约' }), [[1, 'text', null]]);
    assert.deepEqual(found({ heading: 'ACME news' }), [[2, 'heading', null]]);
    assert.deepEqual(found({ text: 'Acme' }), []);
    assert.deepEqual(found({ text: 'with NORTH\n  star trading today' }), [[3, 'text', null]]);
    assert.deepEqual(found({ text: 'North Star Tradings' }), []);
    assert.deepEqual(found({ text: '选择North Star Trading公司' }), [[3, 'text', null]]);
  });

  it('strongest evidence first, one line for each customer', () => {
    const all = found({
      host: 'acme.example',
      emails: ['wangmin@huarui.example'],
      heading: 'Acme 华锐',
      text: 'North Star Trading',
    });
    assert.deepEqual(all, [
      [1, 'email', 31],
      [2, 'site', null],
      [3, 'site', null],
    ]);
  });
});

it('walks up a host name, never to the bare end', () => {
  assert.deepEqual(withParents('A.b.Example.'), ['a.b.example', 'b.example']);
  assert.deepEqual(withParents('localhost'), []);
});

it('compares a text with few names, however many customers sit in one city', () => {
  const character = (/** @type {number} */ at) => String.fromCodePoint(0x4e00 + at);
  const name = (/** @type {number} */ at) => `苏州${character(at % 70)}${character(Math.floor(at / 70))}精密机械有限公司`;
  const many = buildKeys(Array.from({ length: 4_900 }, (_, at) => entry(at, { name: name(at) })));
  const longest = Math.max(...[...many.names.values()].map((list) => list.length));
  assert.ok(longest <= 2, `${longest} names begin alike`);
  const page = { host: 'x.example', heading: '', emails: [], phones: [], text: `由${name(4_242)}承办` };
  assert.deepEqual(match(page, many).map(({ id }) => id), [4_242]);
});
