// @ts-check
// A dialog that takes a photo with the camera.

import { button, h } from './dom.js';
import { newCanvas, pen } from './pictures.js';

/** @import { Texts } from './types' */

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/**
 * Show what the camera sees until a photo is taken or the dialog is closed.
 * @param {Texts} texts
 * @param {HTMLElement} parent the dialog is put here
 * @returns {Promise<File | null>} rejects where the camera cannot be used
 */
export async function takePhoto(texts, parent) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const video = h('video', { autoplay: true, playsinline: true, muted: true });
  video.srcObject = stream;
  return new Promise(resolve => {
    const shoot = button({
      class: 'es-button es-primary', icon: 'camera', disabled: true,
      onclick: async () => { resolve(await frameOf(video)); dialog.close(); },
    }, texts.take_photo);
    const cancel = button({ class: 'es-button', onclick: () => dialog.close() }, texts.cancel);
    const dialog = h('dialog', { class: 'es-dialog', 'aria-label': texts.camera },
      video, h('div', { class: 'es-exports' }, cancel, shoot));
    video.addEventListener('loadeddata', () => { shoot.disabled = false; });  // before, it is 0 pixels wide
    dialog.addEventListener('close', () => {
      for (const track of stream.getTracks()) track.stop();
      dialog.remove();
      resolve(null);
    });
    parent.append(dialog);
    dialog.showModal();
  });
}

/** @param {HTMLVideoElement} video @returns {Promise<File | null>} */
function frameOf(video) {
  const shot = newCanvas(video.videoWidth, video.videoHeight);
  pen(shot).drawImage(video, 0, 0);
  return new Promise(resolve => {
    shot.toBlob(blob => resolve(blob && new File([blob], 'camera.png', { type: 'image/png' })));
  });
}
