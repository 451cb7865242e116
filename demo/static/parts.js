// @ts-check
// Connects the stage to its parts that are independent of it.

import { MaskRequests } from './requests.js';
import { Layers } from './layers.js';
import { loadPicture } from './pictures.js';

/** @import { Stage } from './stage.js' */
/** @import { Answer, Candidate, Reply } from './types' */

/** @param {Stage} stage */
export function maskRequestsFor(stage) {
  return new MaskRequests(stage.answers, {
    ask: (kind, payload) => stage.ask(kind, payload), doc: () => stage.doc, photo: () => stage.photo,
    reopen: () => stage.reopen(), read: readAnswer,
    answered: reply => stage.answered(reply), changed: () => stage.render(),
  });
}

/** @param {Stage} stage */
export function layersFor(stage) {
  const { palette, heat } = stage.host;
  return new Layers({
    palette, heat, mode: () => stage.mode.name, ask: (kind, payload) => stage.ask(kind, payload),
    keep: masks => stage.addMasks(masks), fail: text => stage.showMessage(text, 'error'),
    picked: ids => {
      if (stage.message.tone === 'note') stage.showMessage('');  // what is selected now is said instead
      stage.render();
      stage.emit('pick', ids);
    },
    changed: () => stage.render(),
  });
}

/** Load the pictures of a reply to `prompt`. @param {Reply} reply @returns {Promise<Answer>} */
async function readAnswer(reply) {
  /** @type {Candidate[]} */
  const candidates = await Promise.all(reply.candidates.map(async (/** @type {{png: string}} */ candidate) => (
    { ...candidate, picture: await loadPicture(candidate.png) })));
  return { candidates, note: reply.note, looked: reply.looked, decode_ms: reply.times?.decode_ms };
}
