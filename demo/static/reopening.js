// @ts-check
// Requests about a photo that the server may have dropped: it is sent again, and the request after it.

/** @import { Photo, Reply } from './types' */

const TRIES = 3;  // how often a dropped photo is sent again for one request

/**
 * @typedef {object} Surroundings
 * @property {() => Photo | null} photo
 * @property {(kind: string, payload: object) => Promise<Reply>} ask never rejects; errors are replies
 * @property {() => Promise<boolean>} reopen send the photo again under a new token; false if that failed
 */

/**
 * Ask about the photo on the stage; stops when another one takes its place.
 * @param {Surroundings} around @param {string} kind @param {object} payload without the token
 */
export async function askAbout(around, kind, payload) {
  const url = around.photo()?.url, ask = () => around.ask(kind, { ...payload, token: around.photo()?.token });
  let reply = await ask();
  for (let tries = 0; tries < TRIES && reply.code === 'photo_gone' && around.photo()?.url === url; tries += 1) {
    if (!await around.reopen()) break;
    reply = await ask();
  }
  return reply;
}
