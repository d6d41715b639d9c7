/** What a part in fewer bits is measured against, and what becomes of memory that does not suffice. */

import { describe, expect, it } from 'vitest';
import { fail, ok, type Result } from '../../base/result.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { Drift, DriftRequest } from '../../protocol/drift.ts';
import { driftOf, type DriftOrder } from './diffusion-drift.ts';

function file(name: string): readonly NamedBlob[] {
  return [{ name, blob: new Blob([]) }];
}

/** An engine in which the named files are too large. */
function engine(tooLarge: readonly string[]): {
  readonly asked: string[];
  readonly drift: (request: DriftRequest) => Promise<Result<Drift>>;
} {
  const asked: string[] = [];
  return {
    asked,
    drift: async ({ original: [of], variant: [made] }) => {
      asked.push(`${of?.name} ${made?.name}`);
      return tooLarge.includes(of?.name ?? '')
        ? fail('out-of-memory', 'No memory.')
        : ok({ relative: 0.03, backend: 'webgpu' });
    },
  };
}

const order: DriftOrder = {
  part: 'unet',
  original: file('whole'),
  eight: file('eight'),
  variant: file('four'),
  begin: () => true,
};

describe('the drift of a part', () => {
  it('is measured against the original', async () => {
    const { asked, drift } = engine([]);
    expect(await driftOf({ drift }, order)).toEqual(
      ok({ drift: 0.03, against: 'original', backend: 'webgpu' }),
    );
    expect(asked).toEqual(['whole four']);
  });

  it('is measured against 8 bits where the original does not fit, or is known not to', async () => {
    const { asked, drift } = engine(['whole']);
    const expected = ok({ drift: 0.03, against: 'q8', backend: 'webgpu' });
    expect(await driftOf({ drift }, order)).toEqual(expected);
    expect(await driftOf({ drift }, { ...order, original: null })).toEqual(expected);
    expect(asked).toEqual(['whole four', 'eight four', 'eight four']);
  });

  it('is not known where nothing fits', async () => {
    const { drift } = engine(['whole', 'eight']);
    const none = ok({ drift: null, against: 'original', backend: null });
    expect(await driftOf({ drift }, order)).toEqual(none);
    expect(await driftOf({ drift }, { ...order, eight: null })).toEqual(none);
  });

  it('is a failure where it was ended, or something else went wrong', async () => {
    const { asked, drift } = engine([]);
    expect(await driftOf({ drift }, { ...order, begin: () => false })).toMatchObject({
      error: { code: 'cancelled' },
    });
    expect(asked).toEqual([]);
    const broken = async (): Promise<Result<Drift>> => fail('gpu-lost', 'Gone.');
    expect(await driftOf({ drift: broken }, order)).toMatchObject({ error: { code: 'gpu-lost' } });
  });
});
