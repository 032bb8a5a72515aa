// Calls the API as any client does: with a key that is kept until there is an answer, and with events as they come.

import { tag } from './words.js';

const PAUSES_MS = [200, 400, 800, 1500];
// What says that nothing was decided, or that it is being decided now: the same request with the same key later. A bank that
// is not there is a decision: another source is.
const UNDECIDED = new Set(['service.unavailable', 'service.busy', 'rate.limited', 'idempotency.in_progress']);
// The same, where the body is not read.
const AGAIN = new Set([429, 502, 503, 504]);

let away = () => {};

/** Whom to tell whether the wallet can be reached. */
export function onAway(listener) {
  away = listener;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A key that nobody has used before. */
export function newKey(what) {
  const random = crypto.getRandomValues(new Uint8Array(12));
  return `${what}-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

function headers(token, more) {
  const all = { 'Accept-Language': tag(), ...more };
  if (token) all.Authorization = `Bearer ${token}`;
  return all;
}

async function once(path, { token, body, key, signal }) {
  const more = {};
  if (body !== undefined) more['Content-Type'] = 'application/json';
  if (key) more['Idempotency-Key'] = key;
  const response = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: headers(token, more),
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: 'no-store',
    signal,
  });
  const text = await response.text();
  return {
    ok: response.ok,
    status: response.status,
    replayed: response.headers.get('Idempotency-Replayed') === 'true',
    body: text ? JSON.parse(text) : null,
  };
}

/**
 * Calls the API until it has decided. A POST has a key, so that the same request again is the same thing: while the wallet
 * is away it is sent until the wallet is there. What moves no money can be given up after so many tries: then the last answer
 * is returned, or null.
 */
export async function call(path, options = {}) {
  for (let tries = 0; ; tries += 1) {
    options.signal?.throwIfAborted();
    let answer = null;
    try {
      answer = await once(path, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
    }
    away(answer === null || answer.body?.code === 'service.unavailable');
    if (answer !== null && !UNDECIDED.has(answer.body?.code)) return answer;
    if (tries + 1 >= (options.triesMax ?? Infinity)) {
      away(false);
      return answer;
    }
    await pause(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
  }
}

/** Calls once, whatever comes of it; null where nobody is there. */
export async function ask(path, options = {}) {
  try {
    return await once(path, options);
  } catch {
    return null;
  }
}

/**
 * Follows a payment's events until nothing more is to come; comes back with the last one that was seen wherever the
 * connection breaks. EventSource cannot show a token, so that the stream is read here. Returns what ends it.
 */
export function follow(path, token, { onEvent, onLink }) {
  const ending = new AbortController();
  run(path, token, ending.signal, onEvent, onLink);
  return () => ending.abort();
}

async function run(path, token, signal, onEvent, onLink) {
  let seen = null;
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      const more = { Accept: 'text/event-stream', ...(seen ? { 'Last-Event-ID': seen } : {}) };
      const response = await fetch(path, { headers: headers(token, more), cache: 'no-store', signal });
      if (response.status === 204) return onLink('over');
      if (response.ok) {
        tries = 0;
        onLink('live');
        for await (const event of events(response.body)) {
          seen = event.id ?? seen;
          if (event.name === 'payment') onEvent(JSON.parse(event.data));
        }
      } else if (!AGAIN.has(response.status)) {
        return onLink('over');
      }
    } catch {
      if (signal.aborted) return;
    }
    if (signal.aborted) return;
    // A stream that ended may have said all: the next answer is 204 then.
    onLink('lost');
    await pause(PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]);
  }
}

/** The events of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let event = { name: 'message', data: [] };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const lines = text.split(/\r\n|\n|\r/);
    text = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data.length > 0) yield { ...event, data: event.data.join('\n') };
        event = { name: 'message', data: [] };
        continue;
      }
      const [, field, content] = /^([^:]*):? ?(.*)$/.exec(line);
      if (field === 'event') event.name = content;
      else if (field === 'data') event.data.push(content);
      else if (field === 'id') event.id = content;
    }
  }
}
