/**
 * Every sentence of the app, in English. A catalogue is a typed object: plain words, and functions
 * where numbers or names go in. Another language is another object of this type.
 */

import type { Family } from '../../architectures/family.ts';
import type { Failure } from '../../base/errors.ts';
import type { Size } from '../../picture/geometry.ts';
import type { BackendName, BackendReason } from '../../protocol/backend.ts';
import { formatsFor } from './format.ts';
import { combiningWords } from './en-combining.ts';
import { downloadWords } from './en-downloads.ts';
import { failureWords } from './en-failures.ts';

const format = formatsFor('en');
const { duration, plural } = format;
const size = ({ width, height }: Size): string => `${width} × ${height}`;
const filters = { nearest: 'Nearest', bilinear: 'Bilinear', bicubic: 'Bicubic', lanczos3: 'Lanczos' };
const combining = combiningWords(format, filters);

export const en = {
  locale: 'en',
  format,
  size,
  app: {
    name: 'Enlarger',
    promise: 'Nothing leaves this device.',
    toPicture: 'Skip to the picture',
  },
  top: {
    header: 'Enlarger',
    sizes: (from: Size, to: Size) => `${size(from)} to ${size(to)}`,
    offline: 'Offline ready',
    offlineShort: 'Offline ✓',
    offlineHint: 'Everything needed is kept on this device. Enlarger works without a network.',
    install: 'Install',
    help: 'Keyboard shortcuts',
    theme: (theme: string) => `Theme: ${theme}`,
    themes: { auto: 'as the system', light: 'light', dark: 'dark' },
    becomes: 'becomes',
  },
  device: {
    title: 'Device',
    starting: 'Starting…',
    failed: 'Cannot compute',
    open: (badge: string) => `Device: ${badge}`,
    names: { webgpu: 'WebGPU', wasm: 'CPU' } satisfies Record<BackendName, string>,
    measured: (megapixels: number) => `measured ${speed(megapixels)}`,
    short: speed,
    speed: (model: string, megapixels: number) => `${speed(megapixels)} of result with ${model}`,
    measuring: 'Measuring…',
    choose: 'Compute with',
    choices: { auto: 'The faster one', webgpu: 'WebGPU', wasm: 'CPU (WASM)' },
    precision: (precision: string, threads: number, backend: BackendName) =>
      backend === 'webgpu'
        ? `Computes in ${precision}.`
        : `Computes in ${precision} on ${plural(threads, { one: '# thread', other: '# threads' })}.`,
    adapter: (words: string) => `Graphics: ${words}`,
    software: 'a software adapter, computed by the CPU',
    reasons: {
      chosen: 'You chose it.',
      'gpu-faster': 'Measured here: the GPU is faster, and its results are right.',
      'cpu-faster': 'Measured here: the CPU is faster than this GPU.',
      'no-runtime': 'The part for WebGPU could not be loaded here, so the CPU does the work.',
      'no-webgpu': 'This browser offers no WebGPU here, so the CPU does the work.',
      'software-adapter': 'WebGPU would be computed by the CPU here, so it is used only when you choose it.',
      'gpu-untrusted': 'The GPU gave wrong numbers in the check, so the CPU does the work.',
      'gpu-lost': 'The GPU was lost again and again, so the CPU does the work.',
    } satisfies Record<BackendReason, string>,
    oneThread: 'This page is not isolated, so the CPU works with one thread only.',
    wait: 'This can be changed when no picture is being enlarged.',
  },
  strip: {
    label: 'Pictures',
    add: 'Add pictures',
    remove: (name: string) => `Remove ${name}`,
    frame: (name: string, state: string) => `${name}, ${state}`,
    state: {
      reading: 'reading',
      idle: 'not enlarged yet',
      queued: 'waiting',
      preparing: 'getting ready',
      running: 'being enlarged',
      paused: 'paused',
      done: 'done',
      saved: 'saved',
      failed: 'failed',
      cancelled: 'cancelled',
    },
  },
  empty: {
    title: 'Make a small picture large and sharp',
    how: 'Drop pictures anywhere on this page.',
    open: 'Open pictures',
    promise: 'The work is done on this device. Nothing is uploaded, and it works offline.',
    formats: 'PNG, JPEG, WebP, AVIF, GIF and BMP. Upscaler models too: .pth, .safetensors, .onnx, ncnn.',
    before: 'Before',
    after: 'After, 4 times larger',
    exampleBefore: 'A small part of a photo, enlarged plainly: soft and blurred',
    exampleAfter: 'The same part, enlarged by Enlarger: sharp',
    drop: 'Drop to open',
  },
  removing: {
    title: (name: string) => `Remove ${name}?`,
    why: 'Its result has not been saved and would be lost.',
    remove: 'Remove',
    keep: 'Keep',
  },
  viewer: {
    label: 'Picture',
    hint: 'Drag or use the arrow keys to move, plus and minus to zoom, L for the loupe.',
    hintLoupe: 'The arrow keys move the loupe, with Shift the picture.',
    canvas: (name: string, from: Size, to: Size) => `${name}, ${size(from)} to ${size(to)}`,
    before: 'Before',
    after: (model: string) => `After · ${model}`,
    planned: 'Not enlarged yet',
    slider: 'Before and after',
    sliderValue: (share: number) => `${format.percent(share)} before, ${format.percent(1 - share)} after`,
    loading: 'Opening the picture…',
    zoom: 'Zoom',
    fit: 'Fit',
    actual: '100 %',
    double: '200 %',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    zoomValue: (share: number) => format.percent(share),
    loupe: 'Loupe',
    swap: 'Before / after',
  },
  progress: {
    label: 'Progress',
    tile: (tile: number, tiles: number) => `tile ${tile} of ${tiles}`,
    left: (seconds: number) => `${duration(seconds)} left`,
    reading: 'Reading the picture…',
    waiting: 'Waiting for its turn',
    model: (got: string, all: string) => `Getting the model: ${got} of ${all}`,
    modelStored: 'Opening the model…',
    session: 'Starting…',
    paused: 'Paused',
    said: (percent: string, left: string | null) =>
      left === null ? `${percent} done` : `${percent} done, ${left}`,
    other: (name: string) => `Enlarging ${name}`,
    done: (seconds: number, backend: string) => `Done in ${duration(seconds)} on ${backend}`,
    doneAloud: (name: string) => `${name} is done.`,
    cancelled: 'Cancelled',
    finishing: 'Cancelled. Finishing the tile at work…',
    title: (percent: string, name: string) => `${percent} · ${name}`,
    notificationTitle: 'Your picture is ready',
    notificationBody: (name: string, to: Size) => `${name}, ${size(to)}`,
  },
  panel: {
    label: 'What to do',
    show: 'Change settings',
    hide: 'Close settings',
    summary: (model: string, redraws: boolean, target: string, as: string) =>
      `${model}${redraws ? ', redrawn' : ''} · ${target} · ${as}`,
    model: 'Model',
    modelsLoading: 'Reading the catalogue…',
    about: (time: string) => `about ${time}`,
    measuring: 'measuring…',
    passes: {
      times: (scale: number, ldsr = false) => `${format.number(scale)}×${ldsr ? ' by LDSR' : ''}`,
      to: {
        down: (to: Size) => `down to ${size(to)}`,
        up: (to: Size) => `up to ${size(to)}`,
        stretched: (to: Size) => `stretched to ${size(to)}`,
        same: (to: Size) => `to ${size(to)}`,
      },
      chain: (words: readonly string[]) => words.join(', then '),
      redrawn: (strength: number) => `redrawn at ${strength}`,
      unchanged: 'unchanged',
      ...combining.passes,
    },
    extra: { title: 'More' },
    redraw: { title: 'Redraw details', known: '(SD Upscale)', isOn: '(on)' },
    classic: 'Classic',
    classicUse: 'Exact filters, no AI',
    filter: 'Filter',
    filters,
    download: (bytes: string) => `Downloads ${bytes}, once.`,
    details: 'About this model',
    facts: {
      weights: 'Weights',
      licence: 'Licence',
      scale: 'Makes',
      times: (scale: number) => `${scale} times per pass`,
      stored: 'Size',
    },
    yourModels: 'Your models',
    imported: (family: string, scale: number, bytes: string) => `${family}, ${timesOf(scale)}, ${bytes}`,
    exportModel: 'Save a copy',
    removeModel: (name: string) => `Remove the model ${name}`,
    size: 'Size',
    times: (by: number) => `${format.number(by, 3)}×`,
    toSize: 'To size…',
    custom: 'Custom…',
    factor: 'Factor',
    factorRange: '0.5 to 16, fractions too',
    sideRange: 'A side has 1 to 65,535 pixels.',
    width: 'Width',
    height: 'Height',
    pixels: 'pixels',
    preset: 'Preset',
    presetNone: 'Own size',
    fit: 'When the shape differs',
    fits: { crop: 'Crop', pad: 'Pad', stretch: 'Stretch' },
    background: 'Colour around it',
    plan: 'Plan',
    saveAs: 'Save as',
    formats: { png: 'PNG', jpeg: 'JPEG', webp: 'WebP' },
    lossless: 'Every pixel is kept.',
    quality: 'Quality',
  },
  go: {
    enlarge: (count: number) => plural(count, { one: 'Enlarge', other: 'Enlarge # pictures' }),
    enlargeOther: (name: string) => `Enlarge ${name}`,
    again: 'Enlarge again',
    save: 'Save',
    saving: 'Saving…',
    saveAll: (count: number) => plural(count, { one: 'Save # picture', other: 'Save all #' }),
    busy: (count: number) => plural(count, { one: 'Enlarging…', other: 'Enlarging # pictures…' }),
    time: (seconds: number) => `About ${duration(seconds)}.`,
    timeUnknown: 'The time is being measured.',
    instant: 'Takes a moment.',
    copy: 'Copy',
  },
  commands: {
    groups: { file: 'Pictures', work: 'Work', view: 'View', app: 'App' },
    open: 'Open pictures',
    paste: 'Paste a picture',
    enlarge: 'Enlarge',
    enlargeOne: 'Enlarge only this picture',
    pause: 'Pause or go on',
    pauseNow: 'Pause',
    resumeNow: 'Resume',
    cancel: 'Cancel',
    retry: 'Try again',
    save: 'Save the result',
    saveAll: 'Save all results',
    copy: 'Copy the result',
    remove: 'Remove the picture',
    next: 'Next picture',
    previous: 'Previous picture',
    fit: 'Fit the window',
    actual: 'Zoom to 100 %',
    double: 'Zoom to 200 %',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    loupe: 'Loupe',
    swap: 'Swap before and after',
    theme: 'Change the theme',
    models: 'All models',
    help: 'Keyboard shortcuts',
  },
  help: {
    title: 'Keyboard shortcuts',
    close: 'Close',
    or: 'or',
    letters: 'Single-key shortcuts',
    lettersHint: 'Turn these off if you speak to your computer or often hit keys by accident.',
    stage: 'On the picture: arrow keys move it, on the line they move the line.',
  },
  notices: {
    label: 'Messages',
    dismiss: 'Dismiss',
    skipped: (name: string, why: string) => `${name} was not opened. ${why}`,
    unreadable: (name: string) =>
      `${name} could not be read. Look whether it is still there and whether you may read it, and drop it again.`,
    lost: (names: readonly string[]) =>
      `The engine stopped, and the result of ${names.join(', ')} is lost with it. Enlarge again.`,
    about: (name: string, why: string) => `${name}: ${why}`,
    startsAnew: 'The engine stopped unexpectedly. This picture is started anew.',
    copied: 'The result is on the clipboard.',
    copyFailed: 'The browser did not allow copying. Save the picture instead.',
    nothingToPaste: 'There is no picture on the clipboard. Copy one first.',
    pasteFailed: 'The browser did not allow reading the clipboard. Press Ctrl+V, or Command+V on a Mac.',
    modelRemoved: (model: string) => `${model} was removed from your models.`,
    notKept: (model: string, why: string) => `${model} works now, but could not be kept. ${why}`,
    repaired: (model: string) => `The stored copy of ${model} was damaged and has been fetched anew.`,
    backendChanged: (name: string, why: string) => `Now computing with ${name}. ${why}`,
    savedAll: (count: number) => plural(count, { one: '# picture saved.', other: '# pictures saved.' }),
    rounded:
      'This browser rounds the colours of almost transparent pixels in this format (WebGL is off). Open the picture as PNG to keep them exact.',
    notSaved: {
      full: 'It was not saved: the disk is full. Free some space, or choose another folder, and save again.',
      forbidden:
        'It was not saved: writing to this folder is not allowed. Choose another folder, and save again.',
      other: 'It was not saved: the folder cannot be written to. Choose another folder, and save again.',
    },
    startFailed: (why: string) => `Enlarger could not start its workers. ${why}`,
    update: 'A new version is ready.',
    updateNow: 'Restart now',
    updateBusy: 'Work is still under way. Restart when it is done.',
    updateUnsaved: 'A result was not saved yet. Save it, or remove its picture, and then restart.',
  },
  models: {
    family: (family: Family) => familyNames[family] ?? family.toUpperCase(),
    importedModel: (name: string, family: string, scale: number, known: boolean) =>
      `${name} (${family}, ${timesOf(scale)}) ${known ? 'was here already and' : 'is one of your models now and'} is chosen.`,
    reading: (name: string, share: number | null) =>
      share === null ? `Reading ${name}…` : `Reading ${name}: ${format.percent(share)}`,
  },
  library: {
    open: 'All models…',
    openFailed:
      'This part of the app could not be loaded. Connect to the network and reload the page, then open it again.',
    renamed: (name: string) => `The model is called ${name} now.`,
    deletedCopy: (name: string) =>
      `${name} was deleted from this device. It is downloaded again when it is used.`,
  },
  downloads: downloadWords(),
  failures: failureWords(format, size),
  failureTitle: 'This picture was not enlarged',
  failureOpening: (name: string) => `${name} cannot be opened`,
  leaving: 'A picture is being enlarged.',
  pasted: (count: number) => (count === 1 ? 'pasted.png' : `pasted-${count}.png`),
};

/** Of those that are not their letters in capitals. */
const familyNames: Partial<Record<Family, string>> = {
  srvgg: 'Compact',
  plksr: 'PLKSR',
  omnisr: 'OmniSR',
  swinir: 'SwinIR',
  swin2sr: 'Swin2SR',
};

function timesOf(scale: number): string {
  return scale === 1 ? 'restores at the same size' : `${scale}×`;
}

function speed(megapixels: number): string {
  const digits = megapixels < 0.1 ? 2 : megapixels < 10 ? 1 : 0;
  return `${format.number(megapixels, digits)} MP/s`;
}

export type Text = typeof en;

/** The words for a failure: by its code where the numbers are there, else its own message. */
export function wordsOf(text: Text, failure: Failure): string {
  return text.failures[failure.code]?.(failure.detail ?? {}) ?? failure.message;
}
