import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { invariant } from '../../base/assert.ts';
import { failure } from '../../base/result.ts';
import { parseAvailable } from '../../models/available.ts';
import { notHere } from './not-here.ts';

const list = parseAvailable(
  JSON.parse(readFileSync(new URL('../../../public/models/available.json', import.meta.url), 'utf8')),
);
invariant(list.ok, 'no list');
const [first] = list.value;
invariant(first, 'an empty list');

describe('notHere', () => {
  it('says where an available model can be had', () => {
    const told = notHere(failure('model-unknown', 'No.', { model: first.id }), list.value);
    expect(told).toMatchObject({ code: 'model-unknown', detail: { model: first.id, available: true } });
    expect(told.message).toContain(first.files[0]?.url);
    expect(told.message).toContain('--model FILE');
  });

  it('leaves other failures as they are', () => {
    const error = failure('model-unknown', 'No.', { model: 'nope' });
    expect(notHere(error, list.value)).toBe(error);
  });
});
