// Shows the state of phone, till and trace. Nothing is drawn anew that did not change, so that focus stays where it is and
// screen readers read only what is new. No text becomes markup.

import { isOpen, state } from './trade.js';
import { left, money, tag, time, word } from './words.js';

export const at = (id) => document.getElementById(id);

/** Makes an element. */
export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

export function text(id, content) {
  const found = at(id);
  if (found.textContent !== content) found.textContent = content;
}

export function hidden(id, isHidden) {
  at(id).hidden = isHidden;
}

const drawn = new Map();

/** Draws a list anew, if what it is drawn from has changed. */
export function draw(id, data, make) {
  const print = JSON.stringify([tag(), data]);
  if (drawn.get(id) === print) return;
  drawn.set(id, print);
  at(id).replaceChildren(...data.map(make));
}

function chip(id, status, label) {
  text(id, label);
  at(id).dataset.status = status;
}

/** Who acts next, by when. */
function turn(side, next) {
  hidden(`${side}-turn`, !next);
  if (!next) return;
  text(`${side}-who`, word(`who.${next.who}`));
  text(`${side}-by`, time(next.by));
}

/** The time that is left, each second. */
export function tick() {
  for (const [side, trace] of [['payer', state.trace], ['shop', state.shopTrace]]) {
    const place = document.querySelector(`[data-left="${side}"]`);
    place.textContent = trace?.next ? left(trace.next.by) : '';
  }
}

function showPhone() {
  const { offer, payment, order, visit } = state;
  text('balance', state.balance ? money(state.balance) : '–');
  const isReady = Boolean(visit) && order?.status === 'created' && !offer;
  hidden('phone-wait', Boolean(offer) || Boolean(payment));
  hidden('phone-offer', !offer);
  hidden('phone-result', !payment || Boolean(offer));
  at('scan').disabled = !isReady;
  const preparing = state.waitsForBank ? 'phone.bank' : 'phone.preparing';
  const arriving = state.isAway ? 'phone.away' : preparing;
  const waits = isReady ? 'phone.ready' : 'phone.nothing';
  text('phone-waits-for', word(visit ? waits : arriving));
  if (offer) {
    text('offer-payee', offer.payee.display_name);
    text('offer-amount', money(offer.amount));
    text('offer-what', offer.description ?? '');
    text('pay', word('phone.pay', { amount: money(offer.amount) }));
  }
  showTaps();
  if (payment) showResult();
  hidden('earlier-box', state.earlier.length === 0);
  draw('earlier', state.earlier.map(({ id, amount, status }) => ({ id, amount, status })), (one) => {
    const status = element('span', 'chip', word(`payment.${one.status}`));
    status.dataset.status = one.status;
    return element('li', '', element('span', '', money(one.amount)), status);
  });
}

function showResult() {
  const { payment, trace, refund } = state;
  chip('result-status', payment.status, word(`payment.${payment.status}`));
  text('result-amount', money(payment.amount));
  text('payer-says', trace?.for_payer ?? payment.summary);
  turn('payer', trace?.next ?? null);
  const cameBack = isBack();
  hidden('came-back', !cameBack && !refund);
  const to = payment.source.type === 'bank_card' ? 'back.card' : 'back.balance';
  text('came-back', cameBack ? word(to, { amount: money(payment.amount) }) : refund?.summary ?? '');
  text('safe', isOpen(payment) ? word(payment.safe_to_pay_again ? 'safe.yes' : 'safe.no') : '');
  at('safe').dataset.safe = String(payment.safe_to_pay_again);
  hidden('safe', !isOpen(payment));
  hidden('pay-again', !isOpen(payment) || payment.safe_to_pay_again);
  hidden('again-says', !state.again);
  text('again-says', state.again ? problem(state.again) : '');
}

/** Whether the payer has the money again: it was refunded and has arrived, or came too late and was given back. */
export function isBack() {
  const { payment, trace, refund } = state;
  const returned = trace?.hops.some(({ hop, state: done }) => hop === 'return' && done === 'done');
  return Boolean(payment) && (Boolean(returned) || (payment.status === 'refunded' && refund?.status === 'succeeded'));
}

function showTaps() {
  // The taps are the same request: which of them came first is the network's choice.
  const rank = ({ answer }) => (!answer ? 2 : answer.replayed ? 1 : 0);
  const taps = state.taps.length > 1 ? state.taps.toSorted((one, other) => rank(one) - rank(other)) : [];
  draw('taps', taps.map(({ answer, payment }) => ({ answer, payment })), ({ answer, payment }) => {
    if (!answer) return element('li', '', word('tap.sent'));
    if (!payment) return element('li', '', word('tap.refused', { title: answer.body?.title ?? '' }));
    const key = answer.replayed ? 'tap.same' : 'tap.made';
    return element('li', '', word(key, { payment: payment.slice(-4) }));
  });
}

export function problem({ title, detail, remedies }) {
  const advice = (remedies ?? []).map((remedy) => remedy.text).join(' ');
  return [word('notice.problem', { title, detail }), advice].filter(Boolean).join(' ');
}

function showTill() {
  const { order, shopTrace } = state;
  text('till-balance', state.earned ? money(state.earned) : '–');
  hidden('till-empty', Boolean(order));
  hidden('order', !order);
  if (!order) return;
  const amount = money(order.amount);
  chip('order-status', order.status, word(`order.${order.status}`));
  text('order-amount', amount);
  text('order-what', order.description);
  text('order-no', order.merchant_order_no);
  const picture = at('qr');
  if (picture.getAttribute('src') !== order.qr_svg) picture.src = order.qr_svg;
  picture.alt = word('till.qr', { number: order.merchant_order_no, amount });
  picture.closest('.qr').dataset.status = order.status;
  const without = order.status === 'cancelled' ? word('till.cancelled') : word('till.shows');
  text('shop-says', shopTrace?.for_merchant ?? (order.payment ? '' : without));
  turn('shop', shopTrace?.next ?? null);
  hidden('cancel', order.status !== 'created' && order.status !== 'processing');
  const isPaid = order.status === 'paid' && !['refunded', 'returned'].includes(state.payment?.status ?? '');
  hidden('refund', !isPaid || !shopTrace || Boolean(state.refund));
}

const SIGNS = { done: '✓', waiting: '…', unknown: '?', refused: '×', not_reached: '' };

function showTrace() {
  const trace = state.trace;
  hidden('trace-empty', Boolean(trace));
  const link = trace && isOpen(state.payment) ? state.link : null;
  hidden('live', link !== 'live' && link !== 'lost');
  at('live').dataset.link = link ?? '';
  text('live', link === 'lost' ? word('trace.lost') : word('trace.live'));
  draw('hops', trace?.hops ?? [], (hop) => {
    const sign = element('span', 'sign', SIGNS[hop.state] ?? '');
    sign.setAttribute('aria-hidden', 'true');
    const place = element('span', 'place', word(`hop.${hop.hop}`));
    const how = element('span', 'how', word(`state.${hop.state}`));
    const when = element('time', 'when', hop.at ? time(hop.at) : '');
    const reference = element('span', 'reference', hop.reference ?? '');
    const item = element('li', '', sign, place, how, when, reference);
    item.dataset.state = hop.state;
    item.dataset.hop = hop.hop;
    return item;
  });
  hidden('trace-next', !trace);
  const next = trace?.next;
  const said = next ? word('trace.next', { text: next.text, time: time(next.by) }) : word('trace.final');
  text('trace-next', trace ? said : '');
  at('trace-next').dataset.open = String(Boolean(next));
}

/**
 * Where what has the focus goes away, the first control of the screen that comes has it next, so that nobody has to begin at
 * the top of the page again. Never the one that pays again: a key may still be down.
 */
function passFocus(from, isSeen) {
  const isThere = from.checkVisibility() && !from.disabled;
  const device = isThere ? null : from.closest('.device, .register');
  if (!device) return;
  const controls = [...device.querySelectorAll('input:checked, button:not(#pay-again)')];
  const next = controls.find((control) => control.checkVisibility() && !control.disabled) ?? device;
  // Whoever points sees no focus, and the page stays where it is under the finger.
  next.focus({ preventScroll: !isSeen });
}

/** Shows all of it. */
export function show() {
  const focused = document.activeElement ?? document.body;
  const isSeen = focused.matches(':focus-visible');
  showPhone();
  showTill();
  showTrace();
  passFocus(focused, isSeen);
  tick();
}
