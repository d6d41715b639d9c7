/** What the line below the picture says about a job. */

import type { Text } from '../i18n/en.ts';
import type { Picture } from './picture.svelte.ts';
import type { Preparation } from './status.ts';

export interface ProgressWords {
  readonly main: string;
  /** The part that matters most, set apart. */
  readonly strong: string;
}

export function progressWords(
  text: Text,
  picture: Pick<Picture, 'status' | 'progress' | 'result'>,
  now: number,
): ProgressWords {
  const { status, progress, result } = picture;
  const words = text.progress;
  switch (status.kind) {
    case 'queued':
      return { main: words.waiting, strong: '' };
    case 'preparing':
      return { main: preparation(text, status.what), strong: '' };
    case 'running':
    case 'paused': {
      if (!progress) return { main: words.session, strong: '' };
      const main = words.tile(Math.min(progress.tile + 1, progress.tiles), progress.tiles);
      if (status.kind === 'paused') return { main, strong: words.paused };
      const left = progress.secondsLeft;
      const passed = Math.max(0, now - progress.at) / 1000;
      return { main, strong: left === null ? '' : words.left(Math.max(1, left - passed)) };
    }
    case 'done':
      return { main: result ? words.done(result.seconds, result.backend) : '', strong: '' };
    case 'cancelled':
      return { main: words.cancelled, strong: '' };
    case 'idle':
    case 'failed':
      return { main: '', strong: '' };
  }
}

function preparation(text: Text, what: Preparation): string {
  const { progress, format } = text;
  switch (what.kind) {
    case 'queue':
      return progress.waiting;
    case 'decode':
      return progress.reading;
    case 'model':
      return what.total > 0 && what.bytes < what.total
        ? progress.model(format.bytes(what.bytes), format.bytes(what.total))
        : progress.modelStored;
    case 'told':
      return what.words;
    case 'session':
      return progress.session;
  }
}
