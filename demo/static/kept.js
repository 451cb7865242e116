// @ts-check
// Masks that modes made: the picture that is shown, and the masks in the photo's size that go into files.
// The latter stay as Python sent them: decoded, a mask of 50 megapixels would take 200 MB.

import { isCleaned } from './answers.js';
import { hasSteps } from './history.js';
import { asPng, loadPicture, union } from './pictures.js';

/** @import { KeptMask, PhotoObject, SentMask } from './types' */

/** A mask as Python sent it, with its picture loaded. @param {SentMask} sent @returns {Promise<KeptMask>} */
export async function keptMask({ png, full, ...about }) {
  const { name = '', model = null, predicted_iou = null, stability_score = null, score = null } = about;
  const picture = await loadPicture(png);
  return { picture, pngs: [full || png], name, model, predicted_iou, stability_score, score };
}

/** Several masks as one object: their scores are not those of the union. @param {KeptMask[]} masks @returns {KeptMask} */
export function merged(masks) {
  const models = new Set(masks.map(mask => mask.model));
  return {
    picture: union(masks.map(mask => mask.picture)),
    pngs: masks.flatMap(mask => mask.pngs),
    name: '', model: models.size === 1 ? masks[0].model : null,
    predicted_iou: null, stability_score: null, score: null,
  };
}

/** What export sends of a mask. @param {KeptMask} mask */
export function payloadOfMask({ picture, pngs, model, predicted_iou, stability_score, score }) {
  // A mask that only the browser knows goes as its picture; Python says then which size it had.
  return { pngs: pngs.length ? pngs : [asPng(picture)], model, predicted_iou, stability_score, score };
}

/** What Python needs to make an object's mask of its steps. @param {PhotoObject} object */
export function promptOf({ model, subtract, prompt, steps, cleanup, look, mask }) {
  const base = mask ? { pngs: payloadOfMask(mask).pngs } : {};
  return { model, subtract, prompt, steps, cleanup, look_again: look, ...base };
}

/** What export sends of an object: its mask if a mode made it, else its steps. @param {PhotoObject} object */
export function payloadOf(object) {
  const { choice, mask, name, named } = object, about = { name: named ? name : '' };
  if (mask && !hasSteps(object) && !isCleaned(object)) return { ...about, ...payloadOfMask(mask) };
  return { ...about, ...promptOf(object), choice };
}
