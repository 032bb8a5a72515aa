// What payer and shop do, and what they are told of it. Phone and till are two clients that know nothing of each other: the
// phone has the payer's session, the till the shop's key.

import { ask, call, follow, newKey, pause } from './api.js';
import { keep } from './visit.js';
import { word } from './words.js';

export const ITEMS = [
  { id: 'oolong', amount: '38.00' },
  { id: 'cakes', amount: '88.00' },
  { id: 'set', amount: '168.00' },
];
const CURRENCY = 'CNY';
const EARLIER_MAX = 4;
// How long after the last tap the phone still shows its button, for whoever is in a hurry.
const HURRY_MS = 700;

/** What the screens show. */
export const state = {
  visit: null,
  isAway: false,
  waitsForBank: false,
  // The till's.
  order: null,
  shopTrace: null,
  earned: null,
  // The phone's.
  offer: null,
  payment: null,
  trace: null,
  taps: [],
  again: null,
  refund: null,
  balance: null,
  earlier: [],
  link: null,
};

let changed = () => {};
let endings = [];

/** Whom to tell that something is another now. */
export function onChange(listener) {
  changed = listener;
}

export const isOpen = (payment) => Boolean(payment) && (payment.final_at === null || payment.next !== null);

function stopFollowing() {
  for (const end of endings) end();
  endings = [];
}

function kept() {
  state.visit.order = state.order?.id ?? null;
  state.visit.payment = state.payment?.id ?? null;
  keep(state.visit);
}

export async function readBalances() {
  const { payer, till, shop } = state.visit;
  const [own, earned] = await Promise.all([
    call('/v1/me/balances', { token: payer }),
    call(`/v1/merchants/${shop}/balances`, { token: till }),
  ]);
  const inCurrency = (answer) => answer.body?.data?.filter((row) => row.currency === CURRENCY) ?? [];
  state.balance = { amount: inCurrency(own)[0]?.available ?? '0.00', currency: CURRENCY };
  const cents = inCurrency(earned).reduce((sum, row) => sum + Math.round(Number(row.available) * 100), 0);
  state.earned = { amount: (cents / 100).toFixed(2), currency: CURRENCY };
  changed();
}

/** The shop makes an order. */
export async function ringUp(item) {
  const { visit } = state;
  visit.orders += 1;
  const body = {
    merchant_order_no: newKey('T').slice(0, 10).toUpperCase(),
    amount: { amount: item.amount, currency: CURRENCY },
    description: word(`item.${item.id}`),
  };
  const answer = await call('/v1/orders', { token: visit.till, body, key: newKey('order') });
  if (!answer.ok) return answer.body;
  putAway();
  stopFollowing();
  Object.assign(state, { order: answer.body, shopTrace: null, offer: null, link: null });
  kept();
  watchOrder();
  changed();
  return null;
}

/** The till waits for each change of its order, and follows the payment that pays it. */
async function watchOrder() {
  const { id } = state.order;
  const ending = new AbortController();
  endings.push(() => ending.abort());
  const { signal } = ending;
  let followed = null;
  for (;;) {
    const wait = state.order.status === 'created' || state.order.status === 'processing' ? '?wait=20' : '';
    const answer = await call(`/v1/orders/${id}${wait}`, { token: state.visit.till, signal }).catch(() => null);
    if (signal.aborted || !answer?.ok) return;
    state.order = answer.body;
    if (answer.body.payment && answer.body.payment !== followed) {
      followed = answer.body.payment;
      followAs('shop', followed);
    }
    changed();
    if (!wait) return;
  }
}

/** The payer scans the code. */
export async function scan() {
  const answer = await call('/v1/resolve', {
    token: state.visit.payer,
    body: { qr: state.order.qr },
    key: newKey('scan'),
  });
  if (!answer.ok) return answer.body;
  putAway();
  // One key for what the payer is about to pay: however often they tap.
  Object.assign(state, { offer: { ...answer.body, key: newKey('pay') } });
  changed();
  return null;
}

function request(offer, source) {
  const from = source === 'card' ? { type: 'bank_card', id: state.visit.card } : { type: 'balance' };
  return { order: offer.order, source: from, expect: { amount: offer.amount, payee: offer.payee.id } };
}

/** A tap on the button. Each sends the same request under the same key. */
export async function tap(source) {
  const { offer } = state;
  // What a second tap finds is what the first one chose.
  offer.source ??= source;
  const tapped = { answer: null };
  state.taps.push(tapped);
  changed();
  tapped.answer = await call('/v1/payments', {
    token: state.visit.payer,
    body: request(offer, offer.source),
    key: offer.key,
  });
  offer.tappedAt = Date.now();
  const payment = tapped.answer.ok ? tapped.answer.body : tapped.answer.body?.payment;
  tapped.payment = payment?.id ?? null;
  if (!payment) {
    // It was refused before there was a payment: what is tapped next is another request.
    state.taps = [];
    Object.assign(offer, { key: newKey('pay'), source: null });
    changed();
    return tapped.answer.body;
  }
  if (!state.payment) {
    state.payment = payment;
    state.paid = offer;
    kept();
    followAs('payer', payment.id);
  }
  changed();
  await pause(HURRY_MS);
  if (state.offer === offer && Date.now() - offer.tappedAt >= HURRY_MS - 20) {
    state.offer = null;
    changed();
  }
  return null;
}

/** The payer does not believe it, and pays once more: another key, as another app would. */
export async function payAgain() {
  const answer = await call('/v1/payments', {
    token: state.visit.payer,
    body: request(state.paid, 'balance'),
    key: newKey('again'),
  });
  state.again = answer.ok ? null : answer.body;
  if (answer.ok) {
    state.payment = answer.body;
    kept();
    followAs('payer', answer.body.id);
  }
  changed();
}

/** Follows a payment as the payer, or as the shop. */
function followAs(side, id) {
  const token = side === 'payer' ? state.visit.payer : state.visit.till;
  const end = follow(`/v1/payments/${id}/events`, token, {
    onEvent({ payment, trace }) {
      if (side === 'shop') {
        state.shopTrace = trace;
      } else if (state.payment?.id === id) {
        state.payment = payment;
        state.trace = trace;
        if (!isOpen(payment)) state.again = null;
      }
      if (payment.final_at !== null) readBalances();
      changed();
    },
    onLink(link) {
      if (side === 'payer' && state.payment?.id === id) state.link = isOpen(state.payment) ? link : 'over';
      changed();
    },
  });
  endings.push(end);
}

/** The way out at the till. */
export async function cancel() {
  const { id } = state.order;
  const answer = await call(`/v1/orders/${id}/cancel`, {
    token: state.visit.till,
    body: {},
    key: `cancel-${id}`,
  });
  if (!answer.ok) return answer.body;
  if (state.order?.id === id) state.order = answer.body;
  changed();
  return null;
}

/** The shop gives all of it back. */
export async function refund() {
  const { payment } = state.order;
  const answer = await call(`/v1/payments/${payment}/refunds`, {
    token: state.visit.till,
    body: { reason: word('till.reason') },
    key: `refund-${payment}`,
  });
  if (!answer.ok) return answer.body;
  // The payment was at its end, and is not what it was.
  refollow();
  watchRefund(answer.body);
  return null;
}

async function watchRefund(first) {
  state.refund = first;
  while (state.refund?.id === first.id && !['succeeded', 'needs_action'].includes(state.refund.status)) {
    const answer = await call(`/v1/refunds/${first.id}?wait=20`, { token: state.visit.payer });
    // A wallet that does not know it, or not this payer any more, will not know either the next time.
    if (!answer.ok) break;
    if (state.refund?.id === first.id) state.refund = answer.body;
    changed();
  }
  refollow();
  readBalances();
}

/**
 * Reads everything anew: in another language, or because what was final has changed, or because somebody looks again. While
 * nobody looks nothing is followed: a browser has six connections for all its tabs, and each that follows takes three.
 */
export function refollow() {
  stopFollowing();
  if (document.hidden) return;
  if (state.payment) followAs('payer', state.payment.id);
  if (state.order) watchOrder();
}

/** The phone's screen is free again; what was on it stands among the earlier ones. */
export function putAway() {
  if (state.payment) {
    const others = state.earlier.filter((payment) => payment.id !== state.payment.id);
    state.earlier = [state.payment, ...others].slice(0, EARLIER_MAX);
  }
  Object.assign(state, { payment: null, trace: null, taps: [], again: null, refund: null, offer: null });
}

/** Looks at the earlier payments that are not over. */
export async function readEarlier() {
  for (const payment of state.earlier.filter(isOpen)) {
    const answer = await ask(`/v1/payments/${payment.id}`, { token: state.visit.payer });
    if (answer?.ok) {
      state.earlier = state.earlier.map((one) => (one.id === payment.id ? answer.body : one));
      if (answer.body.final_at !== null) readBalances();
    }
  }
}

/** Goes on with a visit: what was on the screens is there again. */
export async function goOn(visit) {
  state.visit = visit;
  if (visit.order) {
    const order = await call(`/v1/orders/${visit.order}`, { token: visit.till });
    if (order.ok) state.order = order.body;
  }
  if (visit.payment) {
    const payment = await call(`/v1/payments/${visit.payment}`, { token: visit.payer });
    if (payment.ok) {
      const { order, amount, payee } = payment.body;
      Object.assign(state, { payment: payment.body, paid: { order, amount, payee } });
    }
  }
  refollow();
  await readBalances();
}
