/** The words of the library screen: lists, badges, downloads, storage, and trying models on a part of a picture. */

import type { EntryGroup } from '../state/library-entries.ts';
import type { ModelUse } from '../../models/uses.ts';
import type { Formats } from './format.ts';

export function libraryWords({ bytes, duration, number, percent, plural, roughly }: Formats) {
  return {
    title: 'Models',
    close: 'Close',
    back: 'Back to the models',
    find: 'Find',
    findHint: 'Name, use or family',
    show: 'Show',
    groups: {
      shipped: 'Shipped with Enlarger',
      own: 'Yours',
      available: 'Available to download',
    } satisfies Record<EntryGroup, string>,
    groupsShort: { shipped: 'Shipped', own: 'Yours', available: 'Available' } satisfies Record<
      EntryGroup,
      string
    >,
    all: 'All',
    use: 'Use',
    anyUse: 'Any use',
    uses: {
      general: 'Anything',
      photo: 'Photos',
      faces: 'Faces',
      anime: 'Anime',
      'line-art': 'Line art',
      text: 'Text',
      compression: 'JPEG blocks',
      noise: 'Noise',
      paintings: 'Paintings',
    } satisfies Record<ModelUse, string>,
    goodFor: 'Good for',
    scale: 'Scale',
    anyScale: 'Any scale',
    scaleOf: (scale: number) => (scale === 1 ? '1×, restores' : `${number(scale)}×`),
    found: (count: number) => plural(count, { one: '# model', other: '# models' }),
    none: 'No model fits these words and filters.',
    clear: 'Show all models',
    ownNone: 'Drop a weights file on this page (.pth, .safetensors, ncnn, .onnx), or download a model below.',
    offersLoading: 'Reading the list of available models…',
    offersFailed: (why: string) => `The list of available models could not be read. ${why}`,
    commercial: (allowed: boolean | null) =>
      allowed === null
        ? 'Commercial use: not stated'
        : allowed
          ? 'Commercial use: yes'
          : 'Commercial use: no',
    licence: (id: string) => `Licence: ${id}`,
    noLicence: 'Licence: see where you got the file',
    unverified: 'Unverified',
    unverifiedHint:
      'No checksum of this file is published: what arrives cannot be compared with the original.',
    source: 'Source',
    sourceOf: (name: string) => `Source of ${name} (opens a new tab)`,
    here: (size: string) => `${size} on this device`,
    toFetch: (size: string) => `${size} to download`,
    speed: (speed: string) => `${speed} measured here`,
    forPicture: (seconds: number) => `about ${roughly(seconds)} for this picture`,
    speedUnknown: 'Speed not measured yet',
    copyOf: (name: string, { psnr }: { readonly psnr: number | null }) =>
      psnr === null
        ? `A smaller copy of ${name}; no difference was measured.`
        : `A smaller copy of ${name}, ${number(psnr, 1)} dB PSNR from it.`,
    chosen: 'In use',
    choose: 'Use',
    try: 'Try',
    download: 'Download',
    pause: 'Pause',
    resume: 'Resume',
    discard: 'Discard',
    retry: 'Try again',
    update: 'Update',
    updateHint: 'A newer version can be had.',
    export: 'Save a copy',
    rename: 'Rename',
    newName: 'New name',
    keepName: 'Keep the name',
    delete: 'Delete',
    of: (name: string) => ` ${name}`,
    progress: (got: number, all: number) => `${bytes(got)} of ${bytes(all)}`,
    rate: (perSecond: number) => `${bytes(perSecond)} a second`,
    left: (seconds: number) => `${duration(seconds)} left`,
    paused: 'Paused',
    downloading: (name: string) => `Downloading ${name}`,
    percent,
    storage: 'Storage',
    used: (used: number, quota: number) =>
      `${bytes(used)} used by this app, about ${bytes(Math.max(0, quota - used))} left.`,
    modelsTake: (total: number, count: number) =>
      `${plural(count, { one: '# model takes', other: '# models take' })} ${bytes(total)}.`,
    storageUnknown: 'The browser does not say how much room there is.',
    persisted: 'The browser keeps the models until you delete them.',
    notPersisted: 'The browser may clear the models away when the disk is full.',
    persist: 'Ask the browser to keep them',
    refused: 'The browser did not agree. It may when you use the app more often, bookmark it or install it.',
    leftover: (id: string, size: number) => `${id}, ${bytes(size)}: of an earlier version of the app.`,
    deleteTitle: (name: string) => `Delete ${name}?`,
    deleteWhy:
      'It came from a file of yours and cannot be downloaded again. Save a copy first if you have no other.',
    keep: 'Keep',
    fetched: (name: string) => `${name} is up to date.`,
    trial: {
      title: 'Try on a part of your picture',
      noPicture: 'Open a picture first: models are tried on a part of it.',
      openPicture: 'Open a picture',
      opening: 'Opening the picture…',
      part: 'Part',
      partAt: (side: string, x: number, y: number) => `Part of ${side} pixels at ${x}, ${y}`,
      partHint: 'Drag the frame or use the arrow keys, with Shift in large steps.',
      side: 'Size of the part',
      sideOf: (side: number) => `${side}`,
      models: 'Models to try',
      fetches: (size: string) => `downloads ${size}, once`,
      takes: (seconds: number) => `about ${roughly(seconds)}`,
      run: (count: number) => plural(count, { one: 'Try # model', other: 'Try # models' }),
      none: 'Choose at least one model.',
      safe: 'Your settings stay as they are until you choose one.',
      busy: 'A picture is being enlarged. Models can be tried when it is done.',
      stop: 'Stop',
      moved: 'The part has changed: try again to see it.',
      compare: 'Before and after',
      compareValue: (share: number) => `${percent(share)} before, ${percent(1 - share)} after`,
      results: 'Results',
      waiting: 'Waiting for its turn',
      fetching: (share: number) => `Downloading: ${percent(share)}`,
      running: 'At work…',
      took: (seconds: number) =>
        seconds < 0.1
          ? 'under 0.1 s for this part'
          : `${number(seconds, seconds < 10 ? 1 : 0)} s for this part`,
      useThis: 'Use this one',
      alt: (name: string) => `The part, before on the left and enlarged with ${name} on the right`,
      stopped: 'Stopped',
    },
  };
}
