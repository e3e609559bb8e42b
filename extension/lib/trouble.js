/**
 * What can go wrong, by what the person can do about it. Each code has its text in the catalogue
 * under `trouble_<code>` (see `cards/words.js`).
 *
 *     address_invalid     no address at all
 *     address_not_https   a foreign server without TLS
 *     permission_denied   the person did not let the browser speak to that server
 *     code_wrong          no such pairing code (many servers do not tell it from the next one)
 *     code_expired        the code was good once
 *     too_many_attempts   wait a little
 *     unreachable         nobody answers: network, name, certificate
 *     timeout             somebody is there, but does not answer in time
 *     not_genjin          somebody answers, but it is no Genjin server
 *     unauthorized        the token is not valid any more: stop asking
 *     not_found           the customer is not (or no longer) yours
 *     refused             the server understood and said no
 *     server_error        the server is in trouble itself
 *     unpaired            this browser is not paired
 */

/**
 * @typedef {'address_invalid' | 'address_not_https' | 'permission_denied' | 'code_wrong'
 *   | 'code_expired' | 'too_many_attempts' | 'unreachable' | 'timeout' | 'not_genjin'
 *   | 'unauthorized' | 'not_found' | 'refused' | 'server_error' | 'unpaired'} TroubleCode
 */

export class Trouble extends Error {
  /** @param {TroubleCode} code */
  constructor(code) {
    super(code);
    this.name = 'Trouble';
    this.code = code;
  }
}
