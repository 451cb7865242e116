// @ts-check
// Requests to Python through one gr.HTML: an event `kind` is sent, the reply is the prop `kind_reply`.

/** @import { Gradio, PageHost, Reply } from './types' */

const REPLY_MS = 150_000;  // the first request may wait for a model that is still loading
const ALIVE_MS = 1_000;    // how often a waiting request checks that the server is alive

/** @typedef {{seq: number, resolve: (reply: Reply) => void, reject: (error: Error) => void}} Waiting */

/**
 * @param {Gradio} gradio
 * @returns {PageHost}
 */
export function gradioHost({ element, props, trigger, watch }) {
  /** @type {Map<string, Waiting>} by kind */
  const waiting = new Map();
  /** @type {Map<string, Promise<unknown>>} by kind: the end of its queue */
  const tails = new Map();
  let seq = 0;

  /** End a request, if it is still waiting. @param {string} kind @param {number} number @param {string} message */
  const refuse = (kind, number, message) => {
    const wait = waiting.get(kind);
    if (wait?.seq === number) wait.reject(new Error(message));
  };

  /** End a request when the server is gone. @param {string} kind @param {number} number */
  const watchOver = async (kind, number) => {
    while (waiting.get(kind)?.seq === number) {
      await new Promise(resolve => { setTimeout(resolve, ALIVE_MS); });
      if (waiting.get(kind)?.seq === number && !await isAlive()) refuse(kind, number, props.texts.no_answer);
    }
  };

  /** Start a request and wait for its reply. @param {string} kind @param {(number: number) => void} start */
  const expect = (kind, start) => {
    seq += 1;
    const number = seq, timer = setTimeout(() => refuse(kind, number, props.texts.no_answer), REPLY_MS);
    /** @type {Promise<Reply>} */
    const reply = new Promise((resolve, reject) => { waiting.set(kind, { seq, resolve, reject }); });
    watchOver(kind, number);
    start(number);
    return reply.finally(() => {
      if (waiting.get(kind)?.seq === number) waiting.delete(kind);
      clearTimeout(timer);
    });
  };

  /** One request of a kind at a time: a prop holds one reply. @param {string} kind @param {object} payload */
  const ask = (kind, payload) => {
    const turn = () => expect(kind, number => trigger(kind, { ...payload, seq: number }));
    const reply = (tails.get(kind) || Promise.resolve()).then(turn, turn);
    tails.set(kind, reply.catch(() => null));
    return reply;
  };

  // Gradio runs the `failure` listeners of demo/canvas.py when it refuses a request.
  // Handlers reply with their errors, so a failure means that the queue is full or the server is gone.
  element.addEventListener('es-refused', async event => {
    const kind = /** @type {CustomEvent<string>} */ (event).detail, number = waiting.get(kind)?.seq;
    const message = await isAlive() ? props.texts.queue_full : props.texts.no_answer;
    if (number) refuse(kind, number, message);
  });

  for (const kind of props.kinds) {
    watch(`${kind}_reply`, () => {
      const reply = props[`${kind}_reply`], wait = waiting.get(kind);
      if (!wait || !reply || (reply.seq != null && reply.seq !== wait.seq)) return;
      wait.resolve(plain(reply));
    });
  }
  return {
    ask, notify: trigger, keys: document, wheelZooms: true, previews: true, texts: plain(props.texts), palette: plain(props.palette),
    heat: plain(props.heat), upload: file => expect('upload', () => sendFile(file)),
  };
}

/** A plain copy of one of Gradio's live proxies. @template T @param {T} value @returns {T} */
export const plain = value => JSON.parse(JSON.stringify(value));

/** Upload a file through Gradio's upload button, which checks size and path. @param {File} file */
function sendFile(file) {
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#es-upload input[type=file]'));
  const files = new DataTransfer();
  files.items.add(file);
  input.files = files.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/**
 * Whether the server can be reached; Gradio does not report lost connections to components.
 * A reverse proxy before a server that is gone answers in its place, with a status of 500 and above.
 */
async function isAlive() {
  const { root, api_prefix } = /** @type {any} */ (window).gradio_config;
  try {
    return (await fetch(`${root}${api_prefix}/app_id`, { cache: 'no-store' })).status < 500;
  } catch {
    return false;
  }
}
