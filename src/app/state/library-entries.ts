/**
 * What the library screen lists: shipped, own and available models in one form, and which of them a search and
 * its filters leave. Pure.
 */

import type { Family } from '../../architectures/family.ts';
import type { AvailableModel } from '../../models/available.ts';
import type { ModelCard } from '../../models/card.ts';
import type { ModelUse } from '../../models/uses.ts';
import type { StoredBytes } from '../../protocol/library.ts';

export type EntryGroup = 'shipped' | 'own' | 'available';

export interface EntryLicence {
  readonly id: string;
  readonly url: string | null;
  /** Null where nobody has stated it. */
  readonly commercialUse: boolean | null;
}

export interface Entry {
  /** Unique in the list: a card and an offer may have the same id. */
  readonly key: string;
  readonly group: EntryGroup;
  readonly name: string;
  /** One plain sentence on when to use it, where somebody wrote one. */
  readonly sentence: string | null;
  readonly uses: readonly ModelUse[];
  readonly family: Family;
  readonly scale: number;
  /** Null for a file of one's own: nothing is known of it. */
  readonly licence: EntryLicence | null;
  /** Where its authors publish it. */
  readonly source: string | null;
  /** On this device, or to download. */
  readonly bytes: number;
  /** The bytes are on this device. */
  readonly here: boolean;
  /** Nobody has published a checksum of it. */
  readonly unverified: boolean;
  /** Another version than the one on this device can be had. */
  readonly update: boolean;
  readonly card: ModelCard | null;
  /** The catalogue's entry, of a model that is available or came from there. */
  readonly offer: AvailableModel | null;
}

export interface EntrySources {
  readonly cards: readonly ModelCard[];
  readonly offers: readonly AvailableModel[];
  readonly stored: readonly StoredBytes[];
  /** Address of a file that a card names relative to the catalogue. */
  readonly address: (path: string) => string;
}

/** Shipped models, then one's own, then those that can be downloaded and are not here. */
export function entriesOf({ cards, offers, stored, address }: EntrySources): readonly Entry[] {
  const here = new Map(stored.map((model) => [model.id, model]));
  // A smaller copy of a model does not stand for it.
  const taken = new Set(cards.filter(({ of }) => of === undefined).map(({ from }) => from?.available));
  return [
    ...cards.filter(({ origin }) => origin === 'shipped').map((card) => shippedEntry(card, here, address)),
    ...cards.filter(({ origin }) => origin === 'imported').map((card) => ownEntry(card, offers)),
    ...offers.filter(({ id }) => !taken.has(id)).map(availableEntry),
  ];
}

/** What is left on this device of models that no list names any more. */
export function leftovers(
  cards: readonly ModelCard[],
  stored: readonly StoredBytes[],
): readonly StoredBytes[] {
  const known = new Set(cards.map(({ id }) => id));
  return stored.filter(({ id }) => !known.has(id));
}

function shippedEntry(
  card: ModelCard,
  stored: ReadonlyMap<string, StoredBytes>,
  address: (path: string) => string,
): Entry {
  const kept = stored.get(card.id);
  return {
    key: card.id,
    group: 'shipped',
    name: card.name,
    sentence: card.use ?? null,
    uses: card.uses ?? [],
    family: card.family,
    scale: card.scale,
    licence: card.licence
      ? {
          id: card.licence.id,
          url: address(card.licence.notice),
          commercialUse: card.licence.commercialUse,
        }
      : null,
    source: card.source?.homepage ?? null,
    bytes: card.file.bytes,
    here: kept?.sha256 === card.file.sha256,
    unverified: false,
    update: kept !== undefined && kept.sha256 !== card.file.sha256,
    card,
    offer: null,
  };
}

function ownEntry(card: ModelCard, offers: readonly AvailableModel[]): Entry {
  const { from } = card;
  const offer = offers.find(({ id }) => id === from?.available) ?? null;
  return {
    key: card.id,
    group: 'own',
    name: card.name,
    sentence: card.use ?? offer?.use ?? null,
    uses: card.uses ?? offer?.uses ?? [],
    family: card.family,
    scale: card.scale,
    licence: from ? { ...from.licence, url: from.licence.url ?? null } : null,
    source: from?.homepage ?? null,
    bytes: card.file.bytes,
    here: true,
    unverified: from?.files?.some(({ verified }) => !verified) ?? false,
    update: card.of === undefined && from !== undefined && offer !== null && changed(from, offer),
    card,
    offer,
  };
}

/** The catalogue names other bytes than those that were downloaded; where it names none nothing can be said. */
function changed({ files = [] }: NonNullable<ModelCard['from']>, offer: AvailableModel): boolean {
  return offer.files.some(({ name, sha256 }) => {
    const had = files.find((file) => file.name === name);
    return had !== undefined && sha256 !== null && sha256 !== had.sha256;
  });
}

function availableEntry(offer: AvailableModel): Entry {
  return {
    key: `available ${offer.id}`,
    group: 'available',
    name: offer.name,
    sentence: offer.use,
    uses: offer.uses,
    family: offer.family,
    scale: offer.scale,
    licence: { ...offer.licence, url: offer.licence.url ?? null },
    source: offer.homepage,
    bytes: offer.files.reduce((sum, file) => sum + file.bytes, 0),
    here: false,
    unverified: offer.files.some(({ sha256 }) => sha256 === null),
    update: false,
    card: null,
    offer,
  };
}

export interface EntryFilter {
  /** Words that must all be found, in any order. */
  readonly words: string;
  readonly group: EntryGroup | null;
  readonly use: ModelUse | null;
  readonly scale: number | null;
}

export const everything: EntryFilter = { words: '', group: null, use: null, scale: null };

/** The entries that a filter leaves, in their order. */
export function found(
  entries: readonly Entry[],
  { words, group, use, scale }: EntryFilter,
): readonly Entry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(
    (entry) =>
      (group === null || entry.group === group) &&
      (use === null || entry.uses.includes(use)) &&
      (scale === null || entry.scale === scale) &&
      wanted.every((word) => textOf(entry).includes(word)),
  );
}

/** The scales that occur, smallest first. */
export function scalesOf(entries: readonly Entry[]): readonly number[] {
  return [...new Set(entries.map(({ scale }) => scale))].sort((one, other) => one - other);
}

function textOf({ name, sentence, uses, family, licence, card, offer, scale }: Entry): string {
  const parts = [name, sentence, family, licence?.id, card?.weights, offer?.author, `${scale}x`, ...uses];
  return parts.filter(Boolean).join(' ').toLowerCase();
}
