// @ts-check
// Requests to Python through one gr.HTML: an event `kind` is sent, the reply is the prop `kind_reply`.

import { Connection, isAlive } from './connection.js';

/** @import { Gradio, PageHost, Reply, Texts } from './types' */

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
  let seq = 0, back = () => {};
  const connection = new Connection(() => back());

  /** End a request, if it is still waiting. @param {string} kind @param {number} number @param {string} message */
  const refuse = (kind, number, message) => {
    const wait = waiting.get(kind);
    if (wait?.seq === number) wait.reject(new Error(message));
  };

  /** End a request when the server is gone. @param {string} kind @param {number} number */
  const watchOver = async (kind, number) => {
    while (waiting.get(kind)?.seq === number) {
      await new Promise(resolve => { setTimeout(resolve, ALIVE_MS); });
      if (waiting.get(kind)?.seq !== number || await isAlive()) continue;
      connection.wait();
      refuse(kind, number, props.texts.no_answer);
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
    return reply.then(answer => { connection.answered(); return answer; }).finally(() => {
      if (waiting.get(kind)?.seq === number) waiting.delete(kind);
      clearTimeout(timer);
    });
  };

  /** One request of a kind at a time: a prop holds one reply. @param {string} kind @param {(number: number) => void} start */
  const inTurn = (kind, start) => {
    const turn = async () => {
      if (!await connection.reaches()) throw new Error(props.texts.no_answer);
      return expect(kind, start);
    };
    const reply = (tails.get(kind) || Promise.resolve()).then(turn, turn);
    tails.set(kind, reply.catch(() => null));
    return reply;
  };

  /** @param {string} kind @param {object} payload */
  const ask = (kind, payload) => inTurn(kind, number => trigger(kind, { ...payload, seq: number }));

  /** Send a file, then have it opened: demo/ui.py reads the attribute. @type {PageHost['upload']} */
  const upload = async (file, progress, signal) => {
    const sent = JSON.stringify(await sendFile(file, props.texts, progress, signal));
    return inTurn('upload', number => {
      /** @type {HTMLElement} */ (element.querySelector('.es-page')).dataset.upload = sent;
      trigger('upload', { seq: number });
    });
  };

  // Gradio runs the `failure` listeners of demo/canvas.py when it refuses a request.
  // Handlers reply with their errors, so a failure means that the queue is full or the server is gone.
  element.addEventListener('es-refused', async event => {
    const kind = /** @type {CustomEvent<string>} */ (event).detail, number = waiting.get(kind)?.seq;
    const alive = await isAlive(), message = alive ? props.texts.queue_full : props.texts.no_answer;
    if (!alive) connection.wait();
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
    ask, upload, notify: trigger, whenBack: act => { back = act; }, keys: document, wheelZooms: true, previews: true,
    texts: plain(props.texts), palette: plain(props.palette), heat: plain(props.heat),
  };
}

/** A plain copy of one of Gradio's live proxies. @template T @param {T} value @returns {T} */
export const plain = value => JSON.parse(JSON.stringify(value));

/**
 * Send a file to where Gradio keeps uploads; Gradio checks its size now, and its path when it is opened.
 * @param {File} file
 * @param {Texts} texts
 * @param {(share: number) => void} [progress]
 * @param {AbortSignal} [signal]
 * @returns {Promise<object>} the file as Gradio knows it
 */
function sendFile(file, texts, progress, signal) {
  const { root, api_prefix } = /** @type {any} */ (window).gradio_config;
  const request = new XMLHttpRequest(), form = new FormData();
  form.append('files', file, file.name);
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(request.status === 413 ? texts.file_too_large : texts.no_upload));
    signal?.addEventListener('abort', () => { request.abort(); fail(); });
    request.upload.onprogress = ({ loaded, total }) => progress?.(total ? loaded / total : 0);
    request.onerror = fail;
    request.onload = () => {
      const path = request.status === 200 && request.response?.[0];
      if (path) resolve({ path, orig_name: file.name, size: file.size, meta: { _type: 'gradio.FileData' } }); else fail();
    };
    request.open('POST', `${root}${api_prefix}/upload`);
    request.responseType = 'json';
    request.send(form);
  });
}
