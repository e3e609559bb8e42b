import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as identity from '../background/identity.js';
import { normalizePhone } from '../background/phone.js';
import { PUBLIC_DOMAINS } from '../background/public-domains.js';
import { file } from './support.js';

const golden = JSON.parse(file('../tests/contract/identity.json'));

describe('identity, as the golden file says', () => {
  for (const { input, expected } of golden.emails) {
    it(`address ${JSON.stringify(input)}`, () => assert.equal(identity.normalizeEmail(input), expected));
  }
  for (const { email, expected } of golden.domains) {
    it(`domain of ${email}`, () => assert.equal(identity.domainOf(email), expected));
  }
  for (const { domain, expected } of golden.public_domains) {
    it(`${domain} is ${expected ? '' : 'not '}public`, () =>
      assert.equal(identity.isPublicDomain(domain), expected));
  }
  for (const { input, region, expected } of golden.phones) {
    it(`number ${JSON.stringify(input)} in ${region}`, () =>
      assert.equal(normalizePhone(input, region), expected));
  }
  for (const { input, expected } of golden.companies) {
    it(`company ${input}`, () => assert.equal(identity.normalizeCompany(input), expected));
  }
});

it('knows the same public domains as the agent', () => {
  const agents = file('../agent/rules/public_domains.txt').trim().split(/\s+/);
  assert.deepEqual([...PUBLIC_DOMAINS].sort(), [...new Set(agents)].sort());
});

it('leaves a number of an unknown country plan alone but whole', () => {
  assert.equal(normalizePhone('+7 495 123 45 67'), '+74951234567');
  assert.equal(normalizePhone('13800138000', 'ZZ'), null);
});
