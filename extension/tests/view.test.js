import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clockTime, daysAgo, daysBetween } from '../cards/days.js';
import { cardView } from '../cards/view.js';
import { customer, entry, reminder, say } from './support.js';

const NOW = new Date(2026, 10, 23, 9, 30).getTime();
const DAY = 86_400_000;
const reader = { say: say('en'), language: 'en', now: NOW };
const chinese = { say: say('zh_CN'), language: 'zh-CN', now: NOW };
/** @type {import('../cards/view.js').CardFacts} */
const facts = {
  entry: entry(1, {
    name: '华锐',
    owner: 'Li',
    contacts: [{ id: 31, name: '王敏', title: '采购经理', emails: [], phones: ['+8613800138000'] }],
  }),
  customer: null,
  at: null,
  contact: null,
  trouble: null,
  server: 'https://genjin.example',
};

describe('a card', () => {
  it('shows what the directory knows before the server answers', () => {
    const view = cardView(facts, reader);
    assert.equal(view.name, '华锐');
    assert.equal(view.stage, 'Lead');
    assert.equal(view.step, 0);
    assert.equal(view.known, false);
    assert.equal(view.last, null);
    assert.equal(view.link, 'https://genjin.example/customers/1');
  });

  it('says when, who, how and how strongly', () => {
    const called = customer({
      last_contacted_at: NOW - 9 * DAY,
      last_contacted: { kind: 'call', direction: 'outbound', by: '张磊', grade: 'connected' },
    });
    const view = cardView({ ...facts, customer: called, at: NOW }, chinese);
    assert.equal(view.last?.when, '9天前');
    assert.equal(view.last?.date, '11月14日周六');
    assert.equal(view.last?.how, '张磊 · 去电');
    assert.equal(view.last?.grade, '已接通');
    assert.equal(view.step, 4);
  });

  it('does not say of a meeting that somebody picked up', () => {
    const met = customer({
      last_contacted_at: NOW - DAY,
      last_contacted: { kind: 'meeting', direction: 'none', by: '张磊', grade: 'connected' },
    });
    const { last } = cardView({ ...facts, customer: met }, reader);
    assert.deepEqual([last?.when, last?.how, last?.grade], ['Yesterday', '张磊 · meeting', 'held']);
  });

  it('shows an unknown code of a newer server as it is', () => {
    const odd = customer({
      stage: 'constructor',
      last_contacted_at: NOW,
      last_contacted: { kind: 'fax', direction: 'inbound', by: 'A', grade: 'psychic' },
      tags: [{ category: 'toString', status: 'sung', text: 'x', speaker: 'parrot', at: null }],
    });
    const view = cardView({ ...facts, customer: odd }, reader);
    assert.equal(view.stage, 'constructor');
    assert.equal(view.step, null);
    assert.equal(view.last?.how, 'A · fax');
    assert.equal(view.last?.grade, '');
    assert.deepEqual(view.tags, [{ label: 'toString', status: '', quote: 'x', said: '' }]);
  });

  it('puts the customer’s words before ours and keeps to four', () => {
    const tags = ['rep', 'customer', 'customer', 'unknown', 'customer'].map((speaker, at) => ({
      category: 'budget',
      status: 'asserted',
      text: `${at}`,
      speaker,
      at: NOW,
    }));
    const view = cardView({ ...facts, customer: customer({ tags }) }, reader);
    assert.deepEqual(view.tags.map(({ quote }) => quote), ['1', '2', '3', '4']);
  });

  it('counts silent days again while the store grows old', () => {
    const waiting = reminder({
      days_without_contact: 9,
      last_contacted_at: NOW - 12 * DAY,
      due_at: NOW - 5 * DAY,
    });
    const asleep = reminder({ snoozed: true });
    const open_reminders = [asleep, waiting];
    const view = cardView({ ...facts, customer: customer({ open_reminders }) }, reader);
    assert.deepEqual(view.reminders, [
      { text: '12 days without contact', detail: 'due since Wed, Nov 18' },
    ]);
  });

  it('names the person of the page with a number to dial', () => {
    const view = cardView({ ...facts, contact: 31 }, reader);
    assert.deepEqual(view.person, {
      name: '王敏',
      title: '采购经理',
      phone: '138 0013 8000',
      dial: '+8613800138000',
    });
    assert.equal(cardView({ ...facts, contact: 99 }, reader).person, null);
  });

  it('says why it may be out of date', () => {
    const view = cardView({ ...facts, customer: customer(), at: NOW - DAY, trouble: 'unreachable' }, reader);
    assert.equal(view.notice, 'The server cannot be reached.');
    assert.equal(view.updated, 'As of Sun, Nov 22 09:30');
  });
});

describe('days', () => {
  it('are calendar days, not spans of 24 hours', () => {
    assert.equal(daysBetween(new Date(2026, 10, 22, 23, 59).getTime(), NOW), 1);
    assert.equal(daysBetween(new Date(2026, 10, 23, 0, 1).getTime(), NOW), 0);
  });

  for (const [days, english, mandarin] of /** @type {[number, string, string][]} */ ([
    [0, 'today', '今天'],
    [1, 'yesterday', '昨天'],
    [2, '2 days ago', '2天前'],
    [63, '63 days ago', '63天前'],
    [183, '6 months ago', '6个月前'],
    [800, '2 years ago', '2年前'],
  ])) {
    it(`${days} → ${english}, ${mandarin}`, () => {
      assert.equal(daysAgo(NOW - days * DAY, NOW, 'en'), english);
      assert.equal(daysAgo(NOW - days * DAY, NOW, 'zh-CN'), mandarin);
    });
  }

  it('tell the time of today without the date', () => {
    assert.equal(clockTime(NOW, NOW, 'zh-CN'), '09:30');
  });
});
