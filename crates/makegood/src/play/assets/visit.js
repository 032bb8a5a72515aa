// A visit: a payer with a card and a balance, and a shop. All of it is made through the public API, and kept for as long
// as the tab is open.

import { ask, call, newKey, pause } from './api.js';

const KEPT = 'makegood.play.visit';
const CARD_NUMBER = '6222000000001114';
// What says that the bank is not there yet: the wallet tries it again by itself, some time after an outage.
const BANK_IS_AWAY = new Set(['bank.unavailable', 'source.unavailable']);
const BANK_ASKED_EVERY_MS = 2000;
const TOP_UP = { amount: '500.00', currency: 'CNY' };

/** What is kept of the visit beside its people: what was last on the screens, and which steps were taken. */
export function keep(visit) {
  sessionStorage.setItem(KEPT, JSON.stringify(visit));
}

/** The steps that were taken in this tab. */
export function stepsTaken() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null')?.steps ?? [];
}

/** The visit of this tab, where the wallet still knows it. */
export async function resume() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (!kept?.payer) return null;
  const me = await call('/v1/me', { token: kept.payer });
  const shop = await call(`/v1/merchants/${kept.shop}/balances`, { token: kept.till });
  return me.ok && shop.ok ? kept : null;
}

/** Thrown where a step of the preparation is refused. */
export class Refused extends Error {
  constructor(problem) {
    super(problem?.title ?? 'refused');
    this.problem = problem;
  }
}

async function make(path, token, body) {
  const answer = await call(path, { token, body, key: newKey('play') });
  if (!answer.ok) throw new Refused(answer.body);
  return answer.body;
}

/** The same, for what needs the bank: waits until it is there again, and says that it waits. */
async function makeAtBank(path, token, body, onWait) {
  for (;;) {
    try {
      const made = await make(path, token, body);
      onWait(false);
      return made;
    } catch (error) {
      if (!BANK_IS_AWAY.has(error.problem?.code)) throw error;
    }
    onWait(true);
    await pause(BANK_ASKED_EVERY_MS);
  }
}

async function register(name) {
  const login = `${newKey(name)}@example.com`;
  const password = newKey('pass');
  const display_name = name === 'payer' ? 'Li Wei' : 'Chen Yu';
  await make('/v1/users', null, { login, password, display_name });
  return (await make('/v1/sessions', null, { login, password })).token;
}

/** Opens a wallet, links a card, tops up, and opens a shop. `onWait` is told whether all of it waits for the bank. */
export async function begin(onWait) {
  const bank = (await call('/v1/banks')).body.data[0].id;
  const [payer, owner] = await Promise.all([register('payer'), register('shop')]);
  const merchant = await make('/v1/merchants', owner, { name: 'Corner Tea House' });
  const asked = { bank, number: CARD_NUMBER, holder_name: 'Li Wei' };
  const card = await makeAtBank('/v1/me/bank-cards', payer, asked, onWait);
  await makeAtBank(`/v1/me/bank-cards/${card.id}/confirm`, payer, { code: '123456' }, onWait);
  const topUp = await makeAtBank('/v1/top-ups', payer, { amount: TOP_UP, bank_card: card.id }, onWait);
  for (let status = topUp.status; !['succeeded', 'failed'].includes(status); ) {
    const answer = await call(`/v1/top-ups/${topUp.id}?wait=10`, { token: payer });
    if (!answer.ok) throw new Refused(answer.body);
    status = answer.body.status;
  }
  return { payer, card: card.id, till: merchant.api_key, shop: merchant.id, orders: 0, steps: [] };
}

/** A calm bank, where there is a dial: cards are linked at a bank that answers. */
export async function calm() {
  const stage = await ask('/play/api/stage');
  if (stage?.body?.bank && stage.body.bank.profile !== 'calm') {
    await call('/play/api/bank', { body: { profile: 'calm' } });
  }
}
